/** What `People` sends out: webhook endpoints, deliveries and their attempts (Autonomy 19.9). Types only. */

/** An address that hears of asks. Its secret is nowhere: it is derived again when it is needed (ADR 0027). */
export interface EndpointView {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** `gate.verified`, or with `*` at the end, `gate.*`; empty: all. */
  readonly types: readonly string[];
  /** Set: it is a channel of this person, made by the documents, and gets only what is for the person. */
  readonly person: string | null;
  readonly state: "enabled" | "disabled";
  readonly disabledWhy: DisabledWhy | null;
  /** Checks `v1a` signatures: `whpk_...`. */
  readonly publicKey: string;
  /** How often its key was rotated. */
  readonly generation: number;
  /** Until then the key before signs too; null: only the present one does. */
  readonly previousKeyUntilMs: number | null;
  readonly failingSinceMs: number | null;
  readonly throttledUntilMs: number | null;
  readonly createdAtMs: number;
  /** Deliveries that wait. */
  readonly pending: number;
}

/** `gone`: it answered 410. `failing`: for days. `backlog`: too much waited for it. */
export type DisabledWhy = "by_hand" | "gone" | "failing" | "backlog";

export interface EndpointInput {
  readonly url: string;
  readonly description: string;
  readonly types: readonly string[];
  readonly isEnabled: boolean;
}

export interface EndpointWithSecret {
  readonly endpoint: EndpointView;
  /** `whsec_...`, given out once. */
  readonly secret: string;
}

/** One try. Never a link or a secret; of a body only a short excerpt. */
export interface DeliveryAttempt {
  readonly atMs: number;
  readonly result: "delivered" | "failed" | "off" | "suppressed";
  /** The receiver's answer; null: there was none. */
  readonly status: number | null;
  readonly detail: string;
  readonly tookMs: number;
}

/** `off`: the channel has no configuration. `suppressed`: the ask was over before the person was told. */
export type DeliveryState = "pending" | "delivered" | "failed" | "off" | "suppressed";

export interface DeliveryView {
  readonly id: string;
  /** The `webhook-id`: the same in every try and every replay. */
  readonly messageId: string;
  readonly type: string;
  readonly askId: string | null;
  readonly seq: number | null;
  readonly target:
    | { readonly kind: "webhook"; readonly endpointId: string }
    | { readonly kind: "person"; readonly principal: string; readonly channel: string; readonly why: string };
  readonly state: DeliveryState;
  /** The newest last; bounded. */
  readonly attempts: readonly DeliveryAttempt[];
  readonly nextTryAtMs: number | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

export interface DeliveryQuery {
  readonly endpointId?: string;
  readonly askId?: string;
  readonly state?: DeliveryState;
  readonly cursor?: string;
  readonly limit?: number;
}
