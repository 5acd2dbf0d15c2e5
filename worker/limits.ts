/** The numbers that only the control plane needs: units in the name, reason beside it. */

/** After a station's own limit, how long the runner has to report before the control plane ends the run itself. */
export const RUN_DEADLINE_GRACE_MS = 120_000;
/** A runner that was silent this long is shown as offline (Line 2.8). */
export const RUNNER_OFFLINE_MS = 60_000;
/** A runner's `lastSeen` is written at most this often: rows written are what the platform charges for. */
export const RUNNER_SEEN_WRITE_MS = 30_000;
/** Ended tasks leave the queue's memory after this; they are read back from storage when somebody asks. */
export const ENDED_TASK_IN_MEMORY_MS = 3_600_000;
/** Outbox rows handed to a receiver at once. */
export const OUTBOX_BATCH_ROWS = 100;
/** First and longest pause before an undelivered outbox is tried again. */
export const OUTBOX_RETRY_FIRST_MS = 250;
export const OUTBOX_RETRY_MAX_MS = 30_000;
/** One request to the history may take this long; it is never on a job's path (O5). */
export const HISTORY_TIMEOUT_MS = 5_000;
/** A gate's link works this long (Autonomy 19.2). */
export const GATE_TOKEN_LIFE_MS = 72 * 3_600_000;
/** Output kept per task; what comes after is counted, not kept. */
export const TASK_OUTPUT_MAX_BYTES = 10 * 1024 * 1024;
/** One artifact's JSON. */
export const ARTIFACT_MAX_BYTES = 1024 * 1024;
