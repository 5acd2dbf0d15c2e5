/** The numbers that only the control plane needs: units in the name, reason beside it. */

/** After a station's own limit, how long the runner has to report before the control plane ends the run itself. */
export const RUN_DEADLINE_GRACE_MS = 120_000;
/** A runner that was silent this long is shown as offline (Line 2.8). */
export const RUNNER_OFFLINE_MS = 60_000;
/** A runner's `lastSeen` is written at most this often: rows written are what the platform charges for. */
export const RUNNER_SEEN_WRITE_MS = 30_000;
/**
 * Ended tasks leave the queue's memory after this; they are read back from storage when somebody asks. Long enough for
 * late and repeated reports, short enough that a thousand tasks a minute stay some megabytes.
 */
export const ENDED_TASK_IN_MEMORY_MS = 300_000;
/** Outbox rows handed to a receiver at once. */
export const OUTBOX_BATCH_ROWS = 100;
/** First and longest pause before an undelivered outbox is tried again. */
export const OUTBOX_RETRY_FIRST_MS = 250;
export const OUTBOX_RETRY_MAX_MS = 30_000;
/** While a delivery is under way its object's alarm need not look more often than a delivery to the history may take. */
export const OUTBOX_SENDING_LOOK_MS = 5_000;
/** One request to the history may take this long; it is never on a job's path (O5). */
export const HISTORY_TIMEOUT_MS = 5_000;
/** A gate's link works this long (Autonomy 19.2). */
export const GATE_TOKEN_LIFE_MS = 72 * 3_600_000;
/** Output kept per task; what comes after is counted, not kept. */
export const TASK_OUTPUT_MAX_BYTES = 10 * 1024 * 1024;
/** Chunks that arrive together share a row up to this size: rows written are what costs, and a row holds 2 MB. */
export const OUTPUT_ROW_MAX_BYTES = 256 * 1024;
/** Output in one frame to a viewer: as JSON it may grow sixfold, and a message of 1 MiB must hold it. */
export const VIEWER_FRAME_MAX_BYTES = 64 * 1024;
/** Output in one answer to a reader over HTTP or on a page; the rest is asked for from where it ended. */
export const OUTPUT_READ_MAX_BYTES = 1024 * 1024;
/** The end of a task's output that its page shows before the stream takes over. */
export const PAGE_OUTPUT_TAIL_BYTES = 128 * 1024;
/** A report shown on a page, and how many of them: pages are for people, the clone has the rest. */
export const PAGE_REPORT_MAX_BYTES = 64 * 1024;
export const PAGE_REPORTS_MAX = 20;
/** Ended tasks on the board: the newest. */
export const PAGE_ENDED_TASKS = 24;
/** A form or a gate answer: a reason, a token, and room to spare. */
export const FORM_MAX_BYTES = 64 * 1024;
/** A one-time sign-in link works this long, the session that it starts that long. */
export const SIGNIN_LINK_LIFE_MS = 15 * 60_000;
export const SESSION_LIFE_MS = 12 * 3_600_000;
/** Levels of one JSON body: ours have ten; what works on them level by level (a schema, a write) has a stack that ends. */
export const JSON_DEPTH_MAX = 100;
/** One artifact's JSON. */
export const ARTIFACT_MAX_BYTES = 1024 * 1024;
/** Rows in one page of a list of the history. */
export const LIST_PAGE_DEFAULT = 50;
export const LIST_PAGE_MAX = 200;
/** Words of a search text that are used; the rest is ignored. */
export const SEARCH_WORDS_MAX = 8;

/** One push's pack: an object has 128 MB of memory, and a pack is there twice while it is taken apart. */
export const PUSH_PACK_MAX_BYTES = 20 * 1000 * 1000;
/** A larger push is read to its end up to the platform's own request limit, so that git shows our answer. */
export const PUSH_DRAIN_MAX_BYTES = 100 * 1000 * 1000;
/** A fetch request is a list of ids: 20,000 haves. */
export const FETCH_REQUEST_MAX_BYTES = 1024 * 1024;
export const PACK_OBJECTS_MAX = 100_000;
/** One file, inflated: it must fit beside its pack while it is a delta's base. */
export const GIT_OBJECT_MAX_BYTES = 32 * 1000 * 1000;
/** Inflating and hashing for one push: some seconds of the platform's 30 s of CPU. */
export const PACK_WORK_MAX_BYTES = 512 * 1000 * 1000;
/** Objects that came as deltas, compressed again, in memory until the push's transaction. */
export const PACK_EXPANDED_MAX_BYTES = 32 * 1000 * 1000;
export const PACK_BASE_CACHE_BYTES = 16 * 1000 * 1000;
/** Large blobs that a thin pack's deltas are based on, loaded from R2 for one push. */
export const PACK_LARGE_BASES_MAX_BYTES = 24 * 1000 * 1000;
/** Compressed objects above this are in R2: a row of the platform holds 2 MB. */
export const GIT_ROW_MAX_BYTES = 1_500_000;
/** Bytes of a pack made at once while a client reads it. */
export const PACK_PIECE_BYTES = 256 * 1024;
/** A file shown or returned by RPC; the platform's limit for one call is 32 MiB. */
export const FILE_READ_MAX_BYTES = 10 * 1000 * 1000;
/** A diff is for people to read: more files than this are left out, and larger files have no patch. */
export const DIFF_FILES_MAX = 300;
export const DIFF_FILE_MAX_BYTES = 512 * 1024;
/** All patches of one diff; files after that have no patch. */
export const DIFF_TOTAL_MAX_BYTES = 2 * 1024 * 1024;
/** Line edits that the diff searches for before it shows a file as replaced: its time grows with the square. */
export const DIFF_EDITS_MAX = 2_000;
