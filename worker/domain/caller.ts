/** Who is calling, as the middleware established it: proven for the admin, still to be looked up for a token. */
import type { RunId } from "../../protocol/ids.ts";
import type { RunTokenKind } from "./run_token.ts";

/** A request that must take effect once: the client's key, and what the request was. */
export interface Once {
  readonly key: string;
  /** Hex of SHA-256 of method, path and body. */
  readonly fingerprint: string;
}

export type Caller = Identity & { readonly once?: Once };

type Identity =
  /** The admin token, or a signed-in browser session. Counts as a user token. */
  | { readonly kind: "admin"; readonly via: "token" | "session" }
  /** A bearer whose SHA-256 the project's queue must know. `isOtherProject`: its text names another project. */
  | { readonly kind: "token"; readonly hash: string; readonly isOtherProject: boolean }
  /** A token of a run, proven to be ours (`run_token.ts`); the queue knows whether the run is still active. */
  | { readonly kind: "run_token"; readonly token: RunTokenKind; readonly runId: RunId }
  | { readonly kind: "nobody" };
