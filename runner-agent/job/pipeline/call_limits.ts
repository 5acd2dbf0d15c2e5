/** Numbers of programs inside a station's sandbox, and why. */

const MEBIBYTE = 1024 * 1024;

/** Of a stream, unless a call says otherwise: a shell's output becomes a step's answer, and so a part of a prompt. */
export const STREAM_MAX_BYTES = 16 * MEBIBYTE;
/** A prompt's stream of events is decoded as it comes, and not kept. */
export const PROMPT_STREAM_MAX_BYTES = 64 * MEBIBYTE;
/** A program that has written so many times what is kept writes without end, and is ended. */
export const FLOOD_FACTOR = 4;
/** What is kept of all calls of a run together. */
export const KEPT_MAX_BYTES = 256 * MEBIBYTE;
/** Read of one stream in one look; the runner does something else between two. */
export const LOOK_MAX_BYTES = MEBIBYTE;
/** Between two looks: short after something came, longer in silence. */
export const LOOK_MIN_MS = 10;
export const LOOK_EVERY_MAX_MS = 250;
/** Looks in a row that this machine's disk refused, before a call is given up: some seconds. */
export const LOOK_FAULTS_MAX = 40;

/** From its files to its beginning: milliseconds, but a sandbox that has just been made is tested first, and may set up. */
export const BEGIN_MAX_MS = 120_000;
/** The same once the sandbox has begun another one: only a busy machine takes long then. */
export const BEGIN_AGAIN_MAX_MS = 30_000;
/** From a stop to its end: the station's grace is 5 s, and KILL may take some rounds. */
export const STOP_MAX_MS = 20_000;
/** The same where the sandbox's word for it cannot be read. */
export const STOP_BLIND_MS = 8_000;

/** Of what is printed as the run's live output, over all of its lives. */
export const CONSOLE_MAX_BYTES = 8 * MEBIBYTE;
/** Of it what waits for the disk; more is lost. */
export const CONSOLE_WAITING_MAX_BYTES = MEBIBYTE;

/** The word for the end is repeated while the disk refuses it. */
export const FINISH_AGAIN_MS = 1_000;

/** An agent's CLI that has answered: its clean-up, and no more. */
export const CLI_LEAVE_MS = 10_000;
/** The end of its standard error, for a fault. */
export const CLI_STDERR_MAX_CHARS = 4_000;

/** Of what a hook sends: the longest that a model writes at once, four times. All that a hub takes at a time may be wishes. */
export const WISH_MAX_BYTES = 2 * MEBIBYTE;
/** A hook asks again after so long: its connection is short, a person's time is not. */
export const WISH_WAIT_MS = 20_000;
/** Of one prompt: an agent uses a dozen tools at a time. */
export const WISHES_OPEN_MAX = 16;
/** Of one prompt: more is a program that asks without end. */
export const WISHES_MAX = 1_000;
/** As long as a timer of a CLI can be: a person may need days, and the run's own time ends it before. */
export const HOOK_MAX_S = 20 * 24 * 3_600;
