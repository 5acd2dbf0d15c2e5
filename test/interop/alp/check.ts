/**
 * One requirement of the Assembly Line Protocol and how to see from outside whether a program meets it. `Line N` in
 * these files is section N of the published protocol.
 *
 * 1. Nothing here, or in any file below this folder, is shared with the programs under test: a second reading of the
 *    protocol must be able to disagree with the first.
 * 2. A check throws `CheckFailure` when the requirement is not met; anything else that it throws is reported as a
 *    failure too, with its message.
 */

/** The word that the protocol uses; `behaviour` is stated without one and counts as MUST; `pick` is our choice. */
export type Level = "MUST" | "behaviour" | "SHOULD" | "MAY" | "pick";

export interface Check<Bench> {
  /** Stable, unique; `--only` takes it or its beginning. */
  readonly id: string;
  /** Section of the protocol, with its row or rule. */
  readonly section: string;
  readonly level: Level;
  /** What must be true, as a sentence. */
  readonly says: string;
  /** Needed from who is tested before the check applies; absent: applies to all. */
  readonly claim?: string;
  /** Waits for real timeouts: runs with `--slow` only. */
  readonly isSlow?: boolean;
  run(bench: Bench): Promise<void>;
}

/** A requirement that is not met: what was expected, and what came. */
export class CheckFailure extends Error {
  constructor(readonly expected: string, readonly came: string) {
    super(`expected ${expected}; came ${came}`);
  }
}

export function fail(expected: string, came: unknown): never {
  throw new CheckFailure(expected, shown(came));
}

/** `isTrue` must hold. */
export function holds(isTrue: boolean, expected: string, came: unknown): asserts isTrue {
  if (!isTrue) fail(expected, came);
}

/** Equal as JSON. */
export function same(what: string, came: unknown, expected: unknown): void {
  if (JSON.stringify(came) !== JSON.stringify(expected)) fail(`${what} to be ${shown(expected)}`, came);
}

/** At most this much of a value is shown. */
const SHOWN_MAX_CHARS = 400;

export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_MAX_CHARS ? `${text.slice(0, SHOWN_MAX_CHARS)}...` : text;
}

/** Looks every `everyMs` until `look` gives something; gives null after `withinMs`. */
export async function eventually<T>(
  look: () => T | null | Promise<T | null>,
  withinMs: number,
  everyMs = 40,
): Promise<T | null> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > endMs) return null;
    await sleep(everyMs);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
