/** Waits for what a busy machine may take long to do; a quiet one takes milliseconds. */
const LONGEST_WAIT_MS = 120_000;
const LOOK_MS = 10;

export async function patiently(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  while (!await test()) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot go on as '${what}' must happen: it did not`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
