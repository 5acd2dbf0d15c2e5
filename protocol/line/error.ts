/**
 * The one JSON shape of every refusal: `{"error":{"code","message",...}}`. Codes are stable; messages say what was
 * expected, what came and where, and never hold a secret.
 */
export interface WireError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** For invalid input: one row per fault. */
    readonly issues?: readonly WireIssue[];
    readonly [detail: string]: unknown;
  };
}

export interface WireIssue {
  /** Where, as in `stations.0.id`; "" is the body itself. */
  readonly path: string;
  readonly message: string;
}
