/** The JSON of a `T`, as a text: what only passes a value on need not read it. */
export type JsonText<T> = string & { readonly __jsonOf: T };

/** Makes JSON of a value that is no `undefined`. */
export function jsonText<T>(value: T): JsonText<T> {
  return JSON.stringify(value) as JsonText<T>;
}
