/** Stops what was started, in reverse, once; and hears Ctrl-C and SIGTERM. */

export interface Teardown {
  /** To be called for each thing, right after it has started. */
  add(stop: () => Promise<void>): void;
  /** Resolves at the first Ctrl-C, SIGTERM or hang-up while somebody waits for it. */
  readonly interrupted: Promise<void>;
  /** True once a signal is ending the program: what fails from then on fails because of it. */
  isEnding(): boolean;
  run(): Promise<void>;
}

/** Before anybody waits on `interrupted`, a signal stops everything and ends the program with 130. */
export function createTeardown(say: (line: string) => void): Teardown {
  const stops: (() => Promise<void>)[] = [];
  let running: Promise<void> | null = null;
  let isWaitedFor = false;
  let isEnding = false;
  let isSaid = false;
  let interrupt: () => void = () => {};
  const interrupted = new Promise<void>((resolve) => interrupt = resolve);

  async function stopAll(): Promise<void> {
    for (const stop of stops.toReversed()) {
      try {
        await stop();
      } catch (error) {
        say(`could not stop cleanly: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  // The second caller waits too: a second Ctrl-C, or a step that fails because of the first, must not end the program
  // while things are being stopped.
  function run(): Promise<void> {
    return running ??= stopAll();
  }

  function onSignal(): void {
    if (!isSaid) say("\nstopping");
    isSaid = true;
    if (isWaitedFor) return interrupt();
    isEnding = true;
    run().then(() => Deno.exit(130));
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, onSignal);

  return {
    add: (stop) => stops.push(stop),
    get interrupted() {
      isWaitedFor = true;
      return interrupted;
    },
    isEnding: () => isEnding,
    run,
  };
}
