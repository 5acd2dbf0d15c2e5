/** Bounds of a pipeline in a station, each with its reason. */

/** The answers of one run: a hundred steps with as much output as anybody keeps. More, and the run fails. */
export const JOURNAL_MAX_BYTES = 256 * 1_048_576;
/** A model's answer in characters: ten times the longest that any writes. */
export const RESPONSE_MAX_CHARS = 4 * 1_048_576;
/** What a model thought, and all that its tools were given and gave back, in characters: what is more is left out. */
export const THINKING_MAX_CHARS = 256 * 1_024;
export const TOOL_EVENTS_MAX_CHARS = 4 * 1_048_576;
/** What one of them is at least: its record's own words. */
export const TOOL_EVENT_CHARS = 100;
/** The id of a session, the name of a model: some dozens, in truth. */
export const NAME_MAX_CHARS = 1_000;
/** Why a prompt failed, in a CLI's own words. */
export const FAULT_MAX_CHARS = 64 * 1_024;
/** A file that the engine reads, in bytes: a prompt or a pipeline. */
export const READ_MAX_BYTES = 4 * 1_048_576;
/** To read a file or the state of the tree: a network file system that hangs is noticed. */
export const READ_TIMEOUT_MS = 120_000;
/** A prompt or an answer on the timeline, in characters: what people read of it. */
export const TOLD_TEXT_MAX_CHARS = 64 * 1_024;
/** A shell step's output in the live output: its end is what people look for. */
export const SHOWN_OUTPUT_MAX_CHARS = 8 * 1_024;
/** A run that ends withdraws its questions; the control plane withdraws what this did not. */
export const WITHDRAW_MAX_MS = 5_000;
/** The first program is begun again so often: each try waits 2 minutes, a setup script has 30 and services come before. */
export const BEGIN_TRIES_MAX = 20;
