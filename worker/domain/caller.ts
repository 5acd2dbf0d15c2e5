/** Who is calling, as the middleware established it: proven for the admin and for people, to be looked up for a token. */
import type { RunId } from "../../protocol/ids.ts";
import type { Role } from "./role.ts";
import type { RunTokenKind } from "./run_token.ts";
import type { Workload } from "./workload.ts";

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
  /**
   * Somebody who signed in with a provider. `name` is the identity as documents of people have it, `github:LOGIN` or
   * `mail:ADDRESS`: it never looks like the name of a user token, nor like `admin`. `role` is that of this very moment.
   */
  | { readonly kind: "person"; readonly name: string; readonly role: Role }
  /** A bearer whose SHA-256 the project's queue must know. `isOtherProject`: its text names another project. */
  | { readonly kind: "token"; readonly hash: string; readonly isOtherProject: boolean }
  /** A token of a run, proven to be ours (`run_token.ts`); the queue knows whether the run is still active. */
  | { readonly kind: "run_token"; readonly token: RunTokenKind; readonly runId: RunId }
  /** A workflow for which its issuer vouches, with what it may do in the project of the path. */
  | ({ readonly kind: "workload" } & Workload)
  | { readonly kind: "nobody" };

/** Who sits at a browser that is signed in. */
export interface Viewer {
  /** As it is shown: `ada` of `github:ada`. */
  readonly displayName: string;
  /** As a principal: `user:admin`, `github:ada`, `mail:bob@example.org`. */
  readonly principal: string;
  readonly role: Role;
}

/** The signed-in person behind a request, or null: tokens of projects and of runs read no pages. */
export function viewerOf(caller: Caller): Viewer | null {
  if (caller.kind === "admin") return { displayName: "admin", principal: "user:admin", role: "admin" };
  if (caller.kind !== "person") return null;
  const { name, role } = caller;
  return { displayName: name.slice(name.indexOf(":") + 1), principal: name, role };
}
