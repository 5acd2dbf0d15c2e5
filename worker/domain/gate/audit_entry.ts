/** One link of an ask's audit chain (Autonomy 19.10), as it is stored and exported. Snake case: it is hashed as it is sent. */
export interface AuditContent {
  /** The ask's `seq` after what is recorded; a refused attempt and a look record the `seq` that they left as it was. */
  readonly seq: number;
  /** e.g. `gate.answered`, `gate.viewed`, `attempt.redeem`. */
  readonly type: string;
  readonly at: string;
  readonly gate: string;
  /** A principal; `system` for a clock. */
  readonly by: string;
  /** The role on which it was decided. */
  readonly role?: string;
  readonly realization?: "person" | "sim";
  readonly via?: string;
  readonly channel?: string;
  readonly grant?: string;
  readonly level?: number;
  readonly loop?: number;
  /** Of what was said: hex of SHA-256 of its canonical JSON. */
  readonly body_digest?: string;
  /** What else answers a question about it without inference. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends AuditContent {
  readonly prev: string;
  readonly hash: string;
}
