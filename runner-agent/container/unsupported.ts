/** A driver was asked for what it cannot do at all, on this host or by its nature. */

/** Its message is "Cannot X as Y"; whoever asked decides what to do without. */
export class UnsupportedByRuntimeError extends Error {
  override readonly name = "UnsupportedByRuntimeError";
}
