/** The bindings and variables of the Worker, and the one function that reads its configuration. */

/** What the platform hands to the Worker and to each object. Names as in `wrangler.toml`. */
export interface Env {
  readonly JOB_QUEUE: DurableObjectNamespace;
  readonly TASK_LOG: DurableObjectNamespace;
  readonly TASK_REPOSITORY: DurableObjectNamespace;
  readonly HUMAN_GATE: DurableObjectNamespace;
  readonly BLOBS: R2Bucket;
  readonly SHOPFLOOR_ADMIN_TOKEN?: string;
  readonly HISTORY_URL?: string;
  readonly HISTORY_AUTH_TOKEN?: string;
  readonly PUBLIC_URL?: string;
  /** Whole days after a task's end that its output is kept; "0": for ever. */
  readonly SHOPFLOOR_OUTPUT_RETENTION_DAYS?: string;
  /** Whole days after a task's end that the history keeps it; "0", the default: for ever. */
  readonly SHOPFLOOR_HISTORY_RETENTION_DAYS?: string;
  /** The same for the audit trail. */
  readonly SHOPFLOOR_AUDIT_RETENTION_DAYS?: string;
  /** "fake": objects keep a clock offset that tests move. Never set in production. */
  readonly SHOPFLOOR_CLOCK?: string;
}
