/** One link of an ask's audit chain (Autonomy 19.10), as it is stored and exported. */
export interface AuditEntry {
  /** Position in the chain, from 0. */
  readonly index: number;
  /** The ask's `seq` after what is recorded; a refused attempt or a look records the `seq` that it left as it was. */
  readonly seq: number;
  /** e.g. `gate.answered`, `gate.viewed`, `attempt.redeem`. */
  readonly type: string;
  readonly at: string;
  readonly gate: string;
  readonly by: string;
  readonly role?: string;
  readonly realization?: "person" | "sim";
  readonly via?: string;
  readonly channel?: string;
  readonly grant?: string;
  readonly level?: number;
  readonly loop?: number;
  readonly body_digest?: string;
  /** What else answers a question about it without inference. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly prev: string;
  readonly hash: string;
}
