/** Who a caller is to an ask, as the queue of the ask's project says. Types only. */

/** Somebody of the project, to an ask. */
export interface AskCaller {
  readonly kind: "user" | "runner";
  /** `user:NAME`, `connection:NAME`, `runner:NAME`, or the identity of who signed in. */
  readonly principal: string;
  readonly isAdmin: boolean;
  /** Roles by session. */
  readonly roles: readonly string[];
  /** A runner creates, reads and operates, and decides nothing. */
  readonly may: { readonly read: boolean; readonly decide: boolean; readonly operate: boolean };
}
