/**
 * `Result`: how a decision says yes or no inside the program. Exceptions are for our own bugs and broken
 * configuration; everything that a caller may have to handle is a value.
 *
 * @example
 * ```ts
 * const r: Result<number, { reason: "not_found" }> = ok(1);
 * if (r.ok) console.log(r.value); else console.log(r.error.reason);
 * ```
 */
export type Result<T, E> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly error: E;
};

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a tagged reason as a failure. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** Closes a `switch` over a union: a new arm that is not handled does not compile. */
export function assertNever(value: never): never {
  throw new TypeError(`Cannot handle value as no case covers it: current value is ${JSON.stringify(value)}`);
}
