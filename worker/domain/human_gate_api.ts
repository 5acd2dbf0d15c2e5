/** What may be asked of a `HumanGate` object: one question to a person (Autonomy 19). Types only. */
import type { Result } from "../../protocol/result.ts";
import type { GateAsk } from "./event.ts";
import type { GateAction, PersonIdentity, Responder } from "./gate/action.ts";
import type { Ask } from "./gate/ask.ts";
import type { AuditContent, AuditEntry } from "./gate/audit_entry.ts";
import type { GateError } from "./gate/gate_error.ts";
import type { GateOutcome, GateStateView, GateView } from "./gate/gate_view.ts";

export type {
  Ask,
  AuditEntry,
  GateAction,
  GateError,
  GateOutcome,
  GateStateView,
  GateView,
  PersonIdentity,
  Responder,
};

/** What a link is good for; each includes those after it. */
export type GrantScope = "redeem" | "ack" | "view";

export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** RPC of `HumanGate`, whose name is the ask's id. */
export interface HumanGateApi {
  /** Arms, then opens and announces. Idempotent: the same ask again changes nothing; `isSame` false: another ask has this id. */
  arm(ask: Ask): Promise<{ readonly isNew: boolean; readonly isSame: boolean }>;
  /** From the queue's outbox: fetches the policy of the gate from `People`, then arms. Idempotent. */
  open(lineGate: GateAsk): Promise<void>;
  /** Retracts. Idempotent; a resolved ask stays resolved. May come before {@link open}. */
  cancel(reason: string, by?: string): Promise<void>;
  /** The subject has another revision: this ask is over, and who owns the subject arms another one. Idempotent. */
  supersede(rev: string): Promise<void>;
  /** Makes a fresh link for one holder and channel; the one before it is superseded. Only its hash is stored. */
  issueToken(input: {
    readonly holder: string;
    readonly channel: string;
    readonly scope: GrantScope;
  }): Promise<Result<IssuedToken, GateError>>;
  /** The same for whoever may take the ask: for themselves where `holder` is null; the admin, for anybody. */
  makeLink(responder: Responder, holder: string | null): Promise<Result<IssuedToken, GateError>>;
  /** Looks; never changes the ask (G1), but is on record. */
  view(responder: Responder): Promise<Result<GateView, GateError>>;
  /** The only road to anything. `once.key`: the caller's idempotency key. */
  act(
    responder: Responder,
    action: GateAction,
    once: { readonly key: string | null },
  ): Promise<Result<GateView, GateError>>;
  /** The chain, oldest first; empty for an ask that never was. */
  audit(): Promise<readonly AuditEntry[]>;
  /** Looks and refused attempts that are counted, as the links that they get before long. */
  unlinked(): Promise<readonly AuditContent[]>;
  /** What became of a notification; from `People`. Idempotent by event, channel, target and result. */
  noteDelivery(input: {
    readonly eventId: string;
    readonly channel: string;
    readonly target: string;
    readonly result: string;
  }): Promise<void>;
  /** Answers as soon as `seq` is above `afterSeq`, or after `waitMs` at the latest; null: there is no such ask. */
  wait(afterSeq: number, waitMs: number): Promise<GateView | null>;
  /** Does what time demands, as its alarm would: for an alarm that was lost. Safe early, late and twice. */
  wake(): Promise<void>;
  /** Where the ask belongs; null: there is no such ask. */
  place(): Promise<
    { readonly owner: string; readonly project: string; readonly taskId: string | null } | null
  >;
}
