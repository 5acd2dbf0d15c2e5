/** What an agent's tools, events and messages may weigh: bounds of both programs, units in the names, reasons beside them. */

/** One page of a tool's result when the caller says nothing: below what all four CLIs show whole (Runtime 3.5). */
export const TOOL_RESULT_DEFAULT_BYTES = 24 * 1024;
/** The largest page that a caller may ask for: an agent's context is the bound, not the wire. */
export const TOOL_RESULT_MAX_BYTES = 192 * 1024;
export const TOOL_RESULT_MIN_BYTES = 1_024;
/** A cursor is ours: an offset and a few hex digits. */
export const TOOL_CURSOR_MAX_CHARS = 200;
/** A search is a sentence, not a document. */
export const TOOL_QUERY_MAX_CHARS = 1_000;
export const TOOL_ITEMS_DEFAULT = 10;
export const TOOL_ITEMS_MAX = 50;
/** Rough tokens in recalled memory; four bytes each. */
export const MEMORY_TOKENS_MAX = 20_000;
export const SUBTASK_NOTE_MAX_CHARS = 4_000;
export const ISSUE_TITLE_MAX_CHARS = 256;
/** GitHub's own bound of a body and of a comment, in characters; ours is in bytes and no larger. */
export const ISSUE_BODY_MAX_BYTES = 65_536;
export const ISSUE_LABELS_MAX = 50;
export const CI_LOG_TAIL_MAX_LINES = 10_000;
export const WEB_URL_MAX_CHARS = 2_048;
export const WEB_RESULTS_MAX = 20;

/** Activity events in one request, and the JSON of one payload: larger ones are cut by the runner. */
export const AGENT_EVENTS_MAX = 200;
export const AGENT_EVENT_PAYLOAD_MAX_BYTES = 32 * 1024;

/** A message to an agent: a pasted prompt (Runtime 2.2.6 was measured to 200 KB). */
export const AGENT_MESSAGE_MAX_BYTES = 200 * 1024;
/** A message that waits for longer than a week, as for a suspended agent, is not meant any more. */
export const AGENT_MESSAGE_EXPIRES_MAX_S = 7 * 24 * 3_600;
/** Keys pressed in one command. */
export const AGENT_KEYS_MAX = 50;
export const AGENT_KEY_MAX_CHARS = 40;
/** Commands in one push or one answer to a heartbeat: the rest comes with the next. */
export const AGENT_COMMANDS_AT_ONCE_MAX = 20;
/** Bytes of message text in one answer; one message alone may be larger. */
export const AGENT_COMMANDS_AT_ONCE_MAX_BYTES = 512 * 1024;

/** A file of a worktree in a look from afar: what a page can show; the clone has the rest. */
export const WORKTREE_FILE_MAX_BYTES = 256 * 1024;
export const WORKTREE_DIFF_MAX_BYTES = 512 * 1024;
/** Changed files that a diff looks into: each is copied first, and a change of more is read in a clone. */
export const WORKTREE_DIFF_FILES_MAX = 300;
/** Entries of one folder: more are no list that a person reads. */
export const WORKTREE_ENTRIES_MAX = 2_000;
/** PATH_MAX of Linux. */
export const WORKTREE_PATH_MAX_CHARS = 4_096;
/** The whole answer as JSON, in which a character may be six: below what a request to the API may be. */
export const WORKTREE_ANSWER_MAX_BYTES = 900 * 1024;
/** How long a person waits for a look: longer than a diff of a large checkout takes on a busy machine. */
export const WORKTREE_WAIT_MS = 15_000;
/** Looks under way at once, of a project: each is an answer of up to a megabyte in memory. */
export const WORKTREE_LOOKS_MAX = 8;

/** Asked in the middle of a run: what people read before they answer, and what they answer. */
export const QUESTION_MESSAGE_MAX_CHARS = 4_000;
export const QUESTION_DETAIL_MAX_CHARS = 32_000;
export const QUESTION_TEXT_MAX_CHARS = 32_000;
/** A year: a gate of a pipeline that says more means as long as its run. */
export const QUESTION_EXPIRES_MAX_MS = 365 * 24 * 3_600_000;
/** What a step's event says of a fault: a line of a timeline. */
export const PIPELINE_FAULT_MAX_CHARS = 2_000;
