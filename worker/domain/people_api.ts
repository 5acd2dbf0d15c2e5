/** What may be asked of a `People` object: who the people of a project are, and what is asked of them. Types only. */
import type { Result } from "../../protocol/result.ts";
import type { PersonIdentity } from "./gate/action.ts";
import type { AskType } from "./gate/ask.ts";
import type { GateStateView } from "./gate/gate_view.ts";
import type { GatePolicy } from "./gate/policy.ts";
import type { PeopleDocuments } from "./people/documents.ts";
import type {
  DeliveryQuery,
  DeliveryView,
  EndpointInput,
  EndpointView,
  EndpointWithSecret,
} from "./people/sending.ts";
import type { UrlRefusal } from "./public_url.ts";

export type { PeopleDocuments, PersonIdentity };

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
    readonly kind: "line_gate" | "approval_request" | "agent_wait" | "pipeline_gate" | "api";
    readonly taskId?: string;
    readonly runId?: string;
    readonly lineId?: string;
    readonly gateId?: string;
    readonly url?: string;
  };
  readonly candidates: { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** The role that its policy demands. */
  readonly requiredRole?: string | null;
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

/** Who is behind a target at an instant, and why. */
export interface ResolvedTarget {
  readonly principal: string;
  readonly because: string;
}

export type PolicyPlace =
  | { readonly lineId: string; readonly gateId: string }
  | {
    readonly kind: "approval_request" | "agent_wait" | "pipeline_gate" | "api";
    readonly policy?: string;
  };

/** Every way in which `People` says no; `routes/people_refusal.ts` maps each to a status and a code. */
export type PeopleError =
  | { readonly reason: "documents_invalid"; readonly issues: readonly { path: string; message: string }[] }
  | { readonly reason: "version_conflict"; readonly version: number }
  | { readonly reason: "not_found"; readonly what: "version" | "webhook" | "delivery"; readonly id: string }
  | { readonly reason: "url_refused"; readonly why: UrlRefusal["reason"] }
  | { readonly reason: "generation_conflict"; readonly generation: number }
  /** A request that was sent again: what it made is there, its secret is not. */
  | { readonly reason: "answer_not_kept"; readonly id: string }
  | { readonly reason: "too_many_webhooks"; readonly webhooksMax: number }
  | { readonly reason: "webhook_of_person"; readonly person: string }
  | { readonly reason: "webhook_disabled"; readonly id: string; readonly why: string }
  | { readonly reason: "not_replayable"; readonly id: string }
  | { readonly reason: "cursor_unreadable" };

/** One version of the documents: who put it, and when. Version 0 is that of a project into which nobody put any. */
export interface DocumentsVersion {
  readonly version: number;
  readonly by: string | null;
  readonly atMs: number | null;
}

/** Why an ask is on somebody's list. */
export type WorklistReason = "offered" | "assigned" | "claimed" | "delegated" | "owned" | "overdue";

export interface WorklistEntry extends WorklistItem {
  readonly reasons: readonly WorklistReason[];
}

export interface WorklistInput {
  /** Whose list; null: of everybody. */
  readonly principal: string | null;
  readonly groups: readonly string[];
  /** Their roles: what demands another one is not offered to them. Absent: any. */
  readonly roles?: readonly string[];
  /** May they answer what is offered to everybody? Absent: yes. */
  readonly canDecide?: boolean;
  /** Only asks of this line, for a token that is locked to one. */
  readonly lineId?: string | null;
  /** Only asks that demand this role, or are offered to the group of this name. */
  readonly role?: string;
  /** Only what is assigned to, claimed by, delegated to or owned by the principal. */
  readonly mine?: boolean;
  /** A {@link WorklistReason}, or a state of asks; absent: what is not over. */
  readonly state?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

type Answer<T> = Promise<Result<T, PeopleError>>;

/** RPC of `People`, whose name is `{owner}/{project}`. */
export interface PeopleApi {
  documents(): Promise<DocumentsVersion & { readonly documents: PeopleDocuments }>;
  /** The newest first. */
  documentVersions(): Promise<readonly DocumentsVersion[]>;
  documentVersion(version: number): Answer<DocumentsVersion & { readonly documents: PeopleDocuments }>;
  /**
   * Replaces all documents, checked once more by `protocol/autonomy/people.ts`.
   *
   * @param input.baseUrl Where people reach the control plane: links in notices begin with it, where `PUBLIC_URL` is
   * unset.
   */
  putDocuments(input: {
    readonly documents: PeopleDocuments;
    readonly expectedVersion?: number;
    readonly by: string;
    readonly baseUrl?: string;
  }): Answer<{ readonly version: number }>;
  /** Null: there is no policy of the name that was asked for. */
  policyFor(where: PolicyPlace): Promise<GatePolicy | null>;
  /**
   * Whom targets mean at an instant: `user:x`, `group:g`, `schedule:s`, `mail:ADDRESS`. Who is away is replaced; each
   * principal comes once; an unknown target is nobody.
   */
  resolve(targets: readonly string[], atMs: number): Promise<readonly ResolvedTarget[]>;
  /** `user:x` or an identity; null: nobody in the documents. */
  identify(identity: string): Promise<PersonIdentity | null>;
  /** From a `HumanGate`'s outbox: all or none. Idempotent by event id; the newest `seq` wins. */
  record(...events: readonly GateEvent[]): Promise<void>;
  /** A notice (`inform`): told, and nothing else. Idempotent by `noticeId`. */
  inform(notice: {
    readonly noticeId: string;
    readonly to: readonly string[];
    readonly title: string;
    readonly text: string;
    readonly by: string;
  }): Promise<{ readonly told: readonly string[] }>;
  worklist(
    input: WorklistInput,
  ): Answer<{ readonly items: readonly WorklistEntry[]; readonly nextCursor: string | null }>;

  /** Addresses that hear of asks, oldest first. */
  endpoints(): Answer<readonly EndpointView[]>;
  readEndpoint(endpointId: string): Answer<EndpointView>;
  /** The secret is in this answer and nowhere else. The same `onceKey` again makes no second one. */
  makeEndpoint(input: EndpointInput, onceKey: string | null): Answer<EndpointWithSecret>;
  changeEndpoint(endpointId: string, input: EndpointInput): Answer<EndpointView>;
  deleteEndpoint(endpointId: string): Answer<null>;
  /** A new key; the one before signs as well for `overlapMs`. */
  rotateEndpointKey(
    endpointId: string,
    input: { readonly overlapMs: number; readonly expectedGeneration?: number },
  ): Answer<EndpointWithSecret>;
  /** The newest first. */
  deliveries(
    query: DeliveryQuery,
  ): Answer<{ readonly deliveries: readonly DeliveryView[]; readonly nextCursor: string | null }>;
  replay(deliveryId: string): Answer<DeliveryView>;
  /** Everything that happened in between and the endpoint's types let through, also what it never got. */
  replayRange(
    endpointId: string,
    range: { readonly fromMs: number; readonly untilMs: number },
  ): Answer<{
    readonly queued: number;
    /** Not null: there is more from here on. */
    readonly nextFromMs: number | null;
  }>;
}
