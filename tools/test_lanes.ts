/**
 * Files of a suite that share nothing (each its own ports, directories and sandboxes), each in a process of its own and some
 * at a time: what they do is mostly to wait for programs that start.
 */

/** Does `run` for each item, `lanes` at a time, and begins them in their order. The answers are in that order, too. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < items.length) {
      const at = next++;
      answers[at] = await run(items[at]!);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return answers;
}

/** The files with those in front that any of `slowFirst` is the end of, in its order: a long one that comes last is waited for alone. */
export function longestFirst(files: readonly string[], slowFirst: readonly string[]): readonly string[] {
  const rank = (file: string) => {
    const at = slowFirst.findIndex((end) => file.endsWith(end));
    return at === -1 ? slowFirst.length : at;
  };
  return [...files].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
