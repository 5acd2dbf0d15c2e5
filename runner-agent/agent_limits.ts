/**
 * The numbers of sandboxes, of what runs beside an agent, and of agents in a terminal: part of `limits.ts`, which everybody
 * imports.
 */

// -------------------------------------------------------------------------------- sandboxes: streams and bounds

/** The head of Podman's answer before a stream; it writes a few hundred bytes. */
export const PODMAN_HEAD_MAX_BYTES = 16 * 1024;
/** Podman notes how a program ended a moment after its output has. */
export const EXEC_EXIT_POLL_MS = 5;

// ------------------------------------------------------------------------------------- services, templates, settings

/** Programs beside an agent: a database, a cache, a browser; each costs a few processes of the sandbox. */
export const SERVICES_MAX = 16;
/** A service that is not ready by then is broken; an image's database initialises within it. */
export const SERVICE_READY_DEFAULT_MS = 30_000;
export const SERVICE_READY_MAX_MS = 600_000;

// ------------------------------------------------------------------------------------- agents in a terminal

/** Without a hook or a call for so long an agent that should work is stalled (Runtime 2.2.4). */
export const STALLED_AFTER_MS = 300_000;
/**
 * A provider that refuses the key so often, with no answer in between, or for so long, refuses it for good: some CLIs try for
 * minutes, and nothing that happens inside of the sandbox can change the key.
 */
export const KEY_REFUSALS_MAX = 3;
export const KEY_REFUSED_MAX_MS = 15_000;
/** How often a CLI's own files are looked into for what no hook tells: failures, and receipts of messages. */
export const FILES_LOOK_MS = 3_000;
/** From the end of a turn to the end of the session: a person who sees it can still say something. */
export const TURN_END_GRACE_MS = 1_500;
/** Who typed by the board or by `keys` counts as attached for so long: a person thinks between two lines. */
export const KEYS_ATTACHED_MS = 120_000;
/** A turn is cut at so many times a limit at which it would have ended by itself. */
export const BUDGET_HARD_FACTOR = 1.25;
/** A message that no prompt hook confirmed by then may be lost; an idle CLI takes one in well below a second. */
export const RECEIPT_MS = 10_000;
/** A CLI draws a long paste before it takes it: on a busy machine OpenCode had not taken 200 KB in 10 s. */
export const RECEIPT_BYTES_PER_MS = 10;
/** An interrupted turn ends within this, or the message goes in all the same. */
export const INTERRUPT_WAIT_MS = 2_000;
/** One message to an agent: a station's prompt, the largest, with a heading. Pastes of 200 KB were measured (Runtime 0). */
export const MESSAGE_MAX_BYTES = 260 * 1024;
/** Messages that wait for one agent. */
export const MESSAGES_MAX = 100;
/** The four CLIs list their tools within seconds of their start; on a machine under load it may take so long. */
export const TOOLS_READY_MS = 60_000;
/** An agent that was told by a hook's answer to go on does so at once; after this it was not heard. */
export const REMINDER_HEARD_MS = 10_000;
/** One look at, or press of a key in, a terminal; an exec takes 60 ms and more. */
export const TERMINAL_CALL_MS = 15_000;
/** A screen of 200 by 50, with its attributes. */
export const SCREEN_MAX_BYTES = 256 * 1024;
/** From one key to the next. */
export const KEY_GAP_MS = 100;
/** Ending a harness: TERM, 5 s, KILL. */
export const FINISH_CALL_MS = 10_000;
/** A session that is finished ends within this; then it is told so again. */
export const FINISH_AGAIN_MS = 8_000;
/** A turn that is interrupted before a suspend ends within this, or is cut (Runtime 2.2.8). */
export const SUSPEND_TURN_MS = 5_000;
/** Events of one batch, and what they weigh together: the bounds of the protocol. */
export const AGENT_EVENT_BATCH_MAX_BYTES = 512 * 1024;
/** A text of an event is told in pieces of so many characters: with escapes they fit into one payload. */
export const AGENT_EVENT_TEXT_CHARS = 5_000;
/** An agent that talks much makes events; they travel together. */
export const AGENT_EVENTS_GATHER_MS = 500;
/** How long a run's end waits for its events to be taken. */
export const AGENT_EVENTS_FINISH_MS = 20_000;
/** What a hook could not tell while nobody listened. */
export const MISSED_HOOKS_MAX_BYTES = 8 * 1024 * 1024;
/** A terminal that did not answer is tried again after this. */
export const TERMINAL_AGAIN_MS = 1_000;
/** A screen with a clock on it never comes to rest, and another release may draw another box: then it is pasted all the same. */
export const BOX_REST_MAX_MS = 20_000;
/** From one look at it to the next: each is a program in the sandbox. */
export const BOX_LOOK_MIN_MS = 150;
/** Lines below the text in a box: its border, its model and a line or two of status; a dialog's question and answers are more. */
export const BOX_FOOT_MAX_LINES = 6;
/** A CLI redraws while it reads a paste: the wait before Enter grows by a second for 200 KB. */
export const PASTE_CHARS_PER_MS = 200;
/** So much of a message's end is looked for on the screen; a line of the box is longer. */
export const SCREEN_MATCH_CHARS = 24;
/** One look into a file in which a CLI counts its tokens. */
export const USAGE_FILE_LOOK_BYTES = 32 * 1024 * 1024;
/** A longer line of what a CLI tells is passed over: an answer's own words, with what it wrote to files. */
export const USAGE_LINE_MAX_CHARS = 4 * 1024 * 1024;
/** Answers of a model whose count may still be corrected: that happens within the same turn. */
export const USAGE_ANSWERS_KNOWN = 10_000;
/** A line of a pull's or build's progress, as shown to people. */
export const IMAGE_LINE_MAX_CHARS = 400;
/** Open files of one process in a sandbox: a bundler's watcher of a large tree fits. */
export const SANDBOX_OPEN_FILES = 65_536;
/** What one run may have on our disk (worktree, home, its git): dependencies and builds fit, a leak is stopped. */
export const DISK_MAX_BYTES = 20 * 1024 * 1024 * 1024;
/** One call of an agent's tool: a search of the web through a provider, with room; below what CLIs wait for a tool (60 s). */
export const TOOL_CALL_TIMEOUT_MS = 50_000;
/** What the activity log shows of a tool's parameters and answer; below the 32 KiB of an event in any script. */
export const TOOL_EVENT_TEXT_MAX_CHARS = 4_000;
/** An agent's word about itself: a few sentences. */
export const TOOL_STATUS_MAX_CHARS = 2_000;
/** Commands to an agent whose session is not up yet; what is more comes again with a heartbeat. */
export const COMMANDS_WAITING_MAX = 100;

// ---------------------------------------------------------------------------------- sandboxes: tests and guards

/** The self-test of a sandbox takes a fraction of a second; its report is some hundred lines. */
export const SELF_TEST_MAX_MS = 20_000;
export const SELF_TEST_MAX_BYTES = 256 * 1024;
/** How often the processes of sandboxes are counted where the kernel does not bound them. */
export const WATCHDOG_EVERY_MS = 1_000;
/** What is left of the disk is asked this often; files are measured less often, by what that costs. */
export const DISK_LOOK_MS = 2_000;
export const DISK_MEASURE_MS = 10_000;
export const DISK_MEASURE_COST_FACTOR = 20;
/** The first measure of a large tree with a cold cache; doubled when it was not enough, three times. */
export const DISK_MEASURE_BUDGET_MS = 10_000;
export const DISK_UNMEASURED_MAX = 3;
/** What a file counts for at least: a block of most file systems. Theirs is a number of files, too. */
export const DISK_FILE_MIN_BYTES = 4_096;
/** So much gone since the last measure: somebody writes in earnest. */
export const DISK_DROP_BYTES = 1024 * 1024 * 1024;
/** The runner's journal, the harvest and other runs still fit. */
export const DISK_FREE_FLOOR_BYTES = 512 * 1024 * 1024;
/** A run with less than this does not fill a disk. */
export const DISK_BLAME_BYTES = 256 * 1024 * 1024;
/** A build takes minutes; what is younger may be one that has no name yet. */
export const GC_IMAGE_MIN_AGE_MS = 60 * 60_000;
/** One directory that is to be removed: a size that takes longer to find out is not said. */
export const GC_MEASURE_BUDGET_MS = 20_000;
/** A checkout, its dependencies and a build; without it a run is not begun. */
export const DISK_SPAWN_MIN_BYTES = 2 * 1024 * 1024 * 1024;
/** A template is a few texts: its files, all of them together, one text in its document, and how far `extends` may lead. */
export const TEMPLATE_FILES_MAX = 200;
export const TEMPLATE_MAX_BYTES = 1024 * 1024;
export const TEMPLATE_TEXT_MAX_BYTES = 256 * 1024;
export const TEMPLATE_EXTENDS_MAX = 8;
/** An agent's tool that takes longer than this is of no use to it. */
export const TOOL_TIMEOUT_MAX_MS = 3_600_000;
/** Why a sandbox was ended for a service: one line. */
export const SERVICE_FAILURE_MAX_BYTES = 2_000;
/** What is read of a project's own folder of templates: a few dozen of them. */
export const COMMIT_FILES_MAX_BYTES = 4 * 1024 * 1024;
/** What `.worktreeinclude` may bring along: settings and small data, not a tree of dependencies. */
export const INCLUDE_FILES_MAX = 10_000;
export const INCLUDE_MAX_BYTES = 512 * 1024 * 1024;
/** The file itself: a few patterns. */
export const INCLUDE_PATTERNS_MAX_BYTES = 64 * 1024;
/** Each is a fetch at a run's start, and a mount. */
export const SUBMODULES_MAX = 50;
/** Large files that are placed from the project's own store on this machine; the rest stay pointers. */
export const LFS_FILES_MAX = 10_000;
export const LFS_MAX_BYTES = 4 * 1024 * 1024 * 1024;
/** A pointer has three short lines; git-lfs takes nothing longer for one. */
export const LFS_POINTER_MAX_BYTES = 1024;
/** A project that no run wanted for so long is fetched anew when one does. */
export const CACHE_UNUSED_MS = 30 * 24 * 3_600_000;
/** It is an argument of a process, of which Linux takes 128 KiB. */
export const SETUP_SCRIPT_MAX_BYTES = 64 * 1024;

// ---------------------------------------------------------------------------------- the probe of agent CLIs

/** From the start of a large CLI on a busy machine to the list of its tools; a session waits as long. */
export const PROBE_BOOT_MS = TOOLS_READY_MS;
/** A turn against a model that answers at once, with a paste of 200 KB before it. */
export const PROBE_TURN_MS = 45_000;
/** An answer that has been coming for so long is on the screen, and can be broken into. */
export const PROBE_STREAMS_MS = 700;
/** What a CLI writes of a turn's tokens comes a moment after the turn's end. */
export const PROBE_USAGE_MS = 3_000;
/** Of a screen or an output, as a clue to what went wrong. */
export const PROBE_SEEN_MAX_CHARS = 600;
/** A program's word of its version: a line. */
export const PROBE_VERSION_MAX_BYTES = 4 * 1024;
/** How often another process's probe of this machine is looked at again. */
export const PROBE_LOCK_LOOK_MS = 250;
/** From the end of a program to the runner's knowledge of it. */
export const PROBE_ENDED_MS = 3_000;
/** What did not hold may have been the machine's doing: after this it is tried again. */
export const PROBE_LACK_MAX_AGE_MS = 24 * 3_600_000;
/** A probe that is broken off takes its sandbox away in a fraction of a second. */
export const PROBE_LEAVE_MS = 5_000;
/** Four agents one after the other, each with all that a probe waits for at most. */
export const PROBE_LOCK_MAX_MS = 20 * 60_000;
/** A setup script installs dependencies; one that takes longer hangs. */
export const SETUP_MAX_MS = 30 * 60_000;

// ------------------------------------------------------------------------------------ tokens of models

/** A command that mints a token asks one service; one that waits for a person at a browser is not for a runner. */
export const MODEL_TOKEN_COMMAND_MS = 30_000;
/** Of what it prints; a token of an identity provider has a few KiB. */
export const MODEL_TOKEN_MAX_BYTES = 64 * 1024;
/** Before its end a token is minted anew: clocks differ, and a request must arrive. */
export const MODEL_TOKEN_EARLY_MS = 60_000;
/** How long a token counts that does not say so: the shortest of those that clouds give are 15 minutes. */
export const MODEL_TOKEN_UNSAID_MS = 5 * 60_000;
/** After a command failed: an agent that tries again at once would start one process a second. */
export const MODEL_TOKEN_AGAIN_MS = 5_000;
/** What Anthropic's API wants named for a token of a subscription; of its API, not ours to choose. */
export const ANTHROPIC_OAUTH_BETA = "oauth-2025-04-20";

// ---------------------------------------------------------------------------------- the state after each turn

/** Turns whose state is kept; the oldest go first, a few at a time, as each removal looks through all that is left. */
export const TURNS_KEPT_MAX = 50;
export const TURNS_DROPPED_TOGETHER = 10;
/** A larger file is left as it is, in the copy and when it is put back: most are what a build has made. */
export const TURN_FILE_MAX_BYTES = 64 * 1024 * 1024;
/** Of all files that one turn has changed. */
export const TURN_MAX_BYTES = 512 * 1024 * 1024;
/** A list of changed paths that was cut off is no list. */
export const TURN_PATHS_MAX = 50_000;
/** A line of a list for people. */
export const TURN_PROMPT_MAX_CHARS = 100;
/** Of a branch or a path that a person at the machine names. */
export const CONTROL_FIELD_MAX_CHARS = 1_000;
/** From the end of an agent's session to the removal of its sandbox, whose output is kept first; and how often it is looked. */
export const REWIND_SUSPENDED_MS = 60_000;
export const REWIND_LOOK_MS = 20;
