/** What may be asked of a `People` object: who the people of a project are, and what is asked of them. Types only. */
import type { Result } from "../../protocol/result.ts";
import type { PersonIdentity } from "./gate/action.ts";
import type { AskType } from "./gate/ask.ts";
import type { GateStateView } from "./gate/gate_view.ts";
import type { GatePolicy } from "./gate/policy.ts";

export type { PersonIdentity };

/** The kinds of events of an ask; those that Autonomy 19.9 names are sent by webhook as `gate.{type}`. */
export type GateEventType =
  | "opened"
  | "notified"
  | "acked"
  | "unacked"
  | "claimed"
  | "unclaimed"
  | "delegated"
  | "returned"
  | "reassigned"
  | "advised"
  | "voted"
  | "escalated"
  | "answered"
  | "unverified"
  | "verified"
  | "cancelled"
  | "superseded"
  | "expired"
  | "escalation_exhausted"
  | "consumed"
  | "unconsumed"
  | "snoozed"
  | "paused"
  | "resumed";

/** One row of the worklist, whole. */
export interface WorklistItem {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly askType: AskType;
  readonly title: string;
  readonly state: GateStateView["kind"];
  /** Of a resolved ask. */
  readonly outcome: "approve" | "reject" | null;
  readonly subject: { readonly ref: string; readonly rev: string } | null;
  readonly origin: {
    readonly kind: "line_gate" | "approval_request" | "api";
    readonly taskId?: string;
    readonly lineId?: string;
    readonly gateId?: string;
    readonly url?: string;
  };
  readonly candidates: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** Whom the current level tells. */
  readonly assignedTo: string | null;
  readonly claimedBy: string | null;
  readonly ackedBy: string | null;
  readonly ownerPrincipal: string | null;
  readonly delegatedTo: string | null;
  readonly snoozedUntilMs: number | null;
  readonly nextDeadlineMs: number | null;
  readonly expiresAtMs: number | null;
  readonly isExhausted: boolean;
  readonly openedAtMs: number;
  readonly seq: number;
}

/** What happened to an ask. `eventId` is unique for ever; `item.seq` orders the snapshots of one ask. */
export interface GateEvent {
  readonly eventId: string;
  readonly type: GateEventType;
  readonly atMs: number;
  readonly seq: number;
  readonly askId: string;
  readonly item: WorklistItem;
  /** Who is to be told now, and why; nobody for most events. */
  readonly notify: readonly { readonly principal: string; readonly why: string }[];
}

/** The documents of a project; a missing part is empty. */
export interface PeopleDocuments {
  readonly people: readonly PersonDocument[];
  readonly schedules: readonly ScheduleDocument[];
  readonly policies: readonly ({ readonly name: string } & Partial<GatePolicy>)[];
  /** The first that fits decides; `*` fits every line and every gate. */
  readonly gates: readonly { readonly line: string; readonly gate: string; readonly policy: string }[];
  /** Private destinations that webhooks of this project may reach, by name. */
  readonly hosts: readonly string[];
}

export interface PersonDocument {
  readonly name: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** `github:x`, `slack:U1`, `mail:a@b`. */
  readonly identities: readonly string[];
  readonly isSimulator?: boolean;
  readonly channels: readonly {
    readonly kind: "webhook" | "mail" | "slack" | "github";
    readonly address: string;
  }[];
  readonly away?: { readonly untilMs: number; readonly to: string };
}

export interface ScheduleDocument {
  readonly name: string;
  readonly layers: readonly {
    readonly people: readonly string[];
    readonly startsAtMs: number;
    readonly turnMs: number;
    readonly days?: readonly number[];
    readonly fromMinute?: number;
    readonly toMinute?: number;
  }[];
  readonly overrides: readonly {
    readonly fromMs: number;
    readonly untilMs: number;
    readonly person: string;
  }[];
}

/** Who is behind a target at an instant, and why. */
export interface ResolvedTarget {
  readonly principal: string;
  readonly because: string;
}

export type PolicyPlace =
  | { readonly lineId: string; readonly gateId: string }
  | { readonly kind: "approval_request" | "api"; readonly policy?: string };

export type PeopleError =
  | { readonly reason: "documents_invalid"; readonly issues: readonly { path: string; message: string }[] }
  | { readonly reason: "version_conflict"; readonly version: number };

/** RPC of `People`, whose name is `{owner}/{project}`. */
export interface PeopleApi {
  documents(): Promise<{ readonly version: number; readonly documents: PeopleDocuments }>;
  putDocuments(input: {
    readonly documents: PeopleDocuments;
    readonly expectedVersion?: number;
    readonly by: string;
  }): Promise<Result<{ readonly version: number }, PeopleError>>;
  policyFor(where: PolicyPlace): Promise<GatePolicy>;
  resolve(targets: readonly string[], atMs: number): Promise<readonly ResolvedTarget[]>;
  /** `user:x` or an identity; null: nobody in the documents. */
  identify(identity: string): Promise<PersonIdentity | null>;
  /** From a `HumanGate`'s outbox. Idempotent by event id; the newest `seq` wins. */
  record(event: GateEvent): Promise<void>;
  worklist(input: {
    readonly principal: string | null;
    readonly groups: readonly string[];
    readonly role?: string;
    readonly mine?: boolean;
    readonly state?: string;
    readonly cursor?: string;
    readonly limit?: number;
  }): Promise<{ readonly items: readonly WorklistItem[]; readonly nextCursor: string | null }>;
}
