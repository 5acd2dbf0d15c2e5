/** Bounds of prompt backends, each with its reason. */

/** A wish over the socket: the input of a tool with a large file in it. */
export const LINE_MAX_CHARS = 16 * 1_048_576;
/** A session that is read to be mended: a hundred times a long day's. */
export const SESSION_FILE_MAX_BYTES = 256 * 1_048_576;
/** The end of a program's standard error, for a fault. */
export const STDERR_KEPT_CHARS = 4_000;
/** A program that has answered and does not leave: its clean-up, and no more. */
export const LEAVE_GRACE_MS = 10_000;
/** What a program that has left still had in its pipe; another that it started may hold the pipe open. */
export const DRAIN_GRACE_MS = 2_000;
/** A plugin that was asked to shut down (Pipeline r10). */
export const SHUTDOWN_GRACE_MS = 5_000;
/** A plugin says who it is: an interpreter starts within that, also on a busy machine. */
export const INITIALIZE_TIMEOUT_MS = 30_000;
/** The answer of a model over HTTP: a hundred times the longest. */
export const REPLY_MAX_BYTES = 64 * 1_048_576;
/** Conversations with models over HTTP that a run keeps; the oldest is forgotten first. */
export const SESSIONS_MAX = 1_000;
/** A plugin's manifest: a hundred times the longest. */
export const MANIFEST_MAX_BYTES = 65_536;
