/** Bounds of the pipeline command, each with its reason. */

/** Of each stream of a shell step: ten times the longest build log that anybody reads. */
export const OUTPUT_MAX_BYTES = 16 * 1_048_576;
/** From SIGTERM to SIGKILL: enough to flush a file. */
export const TERM_GRACE_MS = 2_000;
/** A person who was asked for a permission and is not there: the tool is refused (Pipeline 3.5). */
export const PERMISSION_WAIT_MS = 300_000;
/** A line of the controller: a message with a whole file in it. */
export const CONTROL_LINE_MAX_CHARS = 4_000_000;
/** Rows that wait for the mirror: more, and the run waits for its disk. */
export const MIRROR_QUEUE_MAX = 500;
/** From a row to its table: what comes meanwhile is written with it. Nobody who looks on notices. */
export const MIRROR_DELAY_MS = 50;
/** How often `log --follow` looks for more (Pipeline 3.7). */
export const FOLLOW_POLL_MS = 500;
/** How often `logs --tail` looks for more (Pipeline 3.7). */
export const TAIL_POLL_MS = 1_000;
/** A followed run that says nothing for so long may be dead: its reader is told once. */
export const STALL_WARNING_MS = 300_000;
/** Bytes of a template's manifest, of one of its files, and of all of them; and how many files (Pipeline 3.8). */
export const MANIFEST_MAX_BYTES = 1_048_576;
export const TEMPLATE_FILE_MAX_BYTES = 2 * 1_048_576;
export const TEMPLATE_TOTAL_MAX_BYTES = 16 * 1_048_576;
export const TEMPLATE_FILES_MAX = 128;
/** To connect to a template's server, and to read one file (Pipeline 3.8). */
export const FETCH_CONNECT_MS = 10_000;
export const FETCH_READ_MS = 30_000;
