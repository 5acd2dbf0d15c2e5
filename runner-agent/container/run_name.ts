/** A run's id as a file name and a container name: it comes over the wire, so it is checked before it is a path. */

const SAFE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Returns the id unchanged; throws for one that could name anything but the run's own file. */
export function safeRunName(runId: string): string {
  if (!SAFE.test(runId)) {
    throw new RangeError(
      `Cannot create container as runId must be a plain name: current value is ${
        JSON.stringify(runId.slice(0, 200))
      }`,
    );
  }
  return runId;
}
