/**
 * Every number of the runner: its unit is in its name, its reason beside it. What both programs must agree on is
 * in `protocol/limits.ts`; those of agents, their sandboxes and templates are in `agent_limits.ts`.
 */
export * from "./agent_limits.ts";

// ---------------------------------------------------------------------------------------------- sandbox

/**
 * The one port on the sandbox's loopback behind which the runner answers (git, model, MCP); constant, so that
 * what is written into files of the sandbox stays true for every run.
 */
export const HUB_PORT = 7400;

/** The port on the sandbox's loopback that `HTTP_PROXY` names (Line 14: 3128). */
export const EGRESS_PROXY_PORT = 3128;
/** The head of a request to the proxy, and how long it may take to arrive. */
export const PROXY_HEAD_MAX_BYTES = 16 * 1024;
export const PROXY_HEAD_MAX_MS = 10_000;
/** Requests to it at once: each is a file of the runner's, and it answers at once. */
export const PROXY_CONNECTIONS_MAX = 64;
/** After a connection could not be accepted, as when the runner has no file left. */
export const PROXY_ACCEPT_AGAIN_MS = 1_000;

/**
 * Requests of one sandbox that are under way: an agent and its helpers ask a model a dozen things at a time; each may be a
 * git process and a connection of the runner's, which has a thousand files for all of its sandboxes.
 */
export const HUB_REQUESTS_MAX = 64;
/** After a hub's server ended by itself, as when this process has no file left: its sandbox may let go of some. */
export const HUB_AGAIN_MS = 500;

/** How often the tail of a sandbox's output is read while it speaks, and at most while it is silent. */
export const OUTPUT_POLL_MIN_MS = 10;
export const OUTPUT_POLL_MAX_MS = 200;
/** One read of a sandbox's output file. */
export const OUTPUT_READ_BYTES = 64 * 1024;
/** What one sandbox may keep of its output on our disk; the oldest goes first, after it was streamed. */
export const SANDBOX_LOG_MAX_BYTES = 256 * 1024 * 1024;
/** Podman looks for the end of a container this often: eager first, so that short commands cost no wait... */
export const WAIT_EAGER_INTERVAL_MS = 5;
export const WAIT_EAGER_MS = 3_000;
/** ...then calm, because an agent's run lasts minutes and each look costs Podman a lock. */
export const WAIT_CALM_INTERVAL_MS = 100;
/** Removing under a user namespace fails about one time in ten because a mount is still busy. */
export const REMOVE_TRIES_MAX = 20;
export const REMOVE_RETRY_MS = 100;
/** `/tmp` and the home of a sandbox when its spec does not say. */
export const TMPFS_DEFAULT_BYTES = 512 * 1024 * 1024;
/** The period of the CPU quota; the default of the kernel and of Podman. */
export const SANDBOX_CPU_PERIOD_US = 100_000;
/** A sandbox's use of this machine is looked at so soon after its start, and then so often: 6 looks for each message. */
export const USAGE_FIRST_MS = 1_000;
export const USAGE_EVERY_MS = 10_000;
export const USAGE_TELL_MS = 60_000;
/** One message of it; the clean-up of a run waits that long for its last one. */
export const USAGE_CALL_MAX_MS = 5_000;
/** Looks that wait for a control plane that is away: ten minutes of them. */
export const USAGE_POINTS_KEPT = 60;
/** What KILL gives as an exit code: 128 + 9. */
export const EXIT_CODE_KILLED = 137;

// --------------------------------------------------------------------------------------------- worktree

/** A git command that talks to another machine; the first fetch of a large repository takes minutes. */
export const GIT_REMOTE_TIMEOUT_MS = 600_000;
/** A git command on our own disk: checking out or packing a large tree. */
export const GIT_LOCAL_TIMEOUT_MS = 300_000;
/** What of git's stderr an error carries: the end of it, where git says why. */
export const GIT_STDERR_MAX_BYTES = 4_000;
/** What of git's stdout is read; the largest answer is the list of a repository's branches. */
export const GIT_STDOUT_MAX_BYTES = 8 * 1024 * 1024;
/** Changed but not committed paths that a report names. */
export const UNCOMMITTED_PATHS_MAX = 100;
/** A file of the agent's git directory that the host reads itself (HEAD, a ref, alternates). */
export const AGENT_GIT_FILE_MAX_BYTES = 4 * 1024;
/** `packed-refs` of the agent: tens of thousands of refs; longer is not ours. */
export const AGENT_PACKED_REFS_MAX_BYTES = 4 * 1024 * 1024;
/** Files that a job brings along, the length of their paths, and its plugins: a line's own, not a repository. */
export const JOB_FILES_MAX = 1_000;
export const JOB_FILE_PATH_MAX_CHARS = 400;
export const PLUGINS_MAX = 50;
/** Assets of a task, whatever its server lists: ours takes 20 of 10 MiB. Of one, unless the operator says otherwise; of all. */
export const ASSETS_MAX = 1_000;
export const ASSET_MAX_MIB = 100;
export const ASSET_MOST_MIB = 2_048;
export const ASSETS_TOTAL_MAX_BYTES = 2 * 1024 * 1024 * 1024;
/** One of them, and all together: an agent that waits for them holds its slot. */
export const ASSET_CALL_MAX_MS = 300_000;
export const ASSETS_MAX_MS = 900_000;
/** A download that failed is tried this often in all, with a pause in between; redirects to where a server keeps files. */
export const ASSET_TRIES_MAX = 3;
export const ASSET_TRY_AGAIN_MS = 1_000;
export const ASSET_REDIRECTS_MAX = 3;
/** One push of an agent to the project: a disk must not fill because of one. */
export const GATEWAY_PUSH_MAX_BYTES = 1024 * 1024 * 1024;
/** The header of a CGI answer; `git http-backend` writes a few hundred bytes. */
export const CGI_HEADER_MAX_BYTES = 16 * 1024;

// ---------------------------------------------------------------------------------------------- control

/** One ordinary call of the control plane; a Worker answers in milliseconds, a cold one in a few seconds. */
export const CALL_TIMEOUT_MS = 30_000;
/** What a long poll may take beyond the wait that it asks for. */
export const POLL_GRACE_MS = 10_000;
/** A server that does not hold polls has answered one by then; only after it a poll under way may be cut. */
export const POLL_ANSWER_MS = 1_000;
/** While a socket says when a held request is decided, it is asked about this often all the same. */
export const APPROVAL_LOOK_MS = 30_000;
/** After news it is asked about so many times in short order. */
export const APPROVAL_QUICK_LOOKS = 4;
/** A question that nobody waits for any more is taken back for so long; then its run or its time ends it. */
export const APPROVAL_WITHDRAW_MAX_MS = 60_000;
/** How much of a held request's body is shown to the person; the decision is bound to all of it. */
export const APPROVAL_BODY_MAX_BYTES = 64 * 1024;
/** A poll that is answered sooner than this without work did not wait: the polling interval is slept. */
export const POLL_WAITED_MIN_MS = 1_000;
/** Waits after a call that failed and may be repeated: 0.5, 1, 2 ... 30 s. */
export const RETRY_FIRST_MS = 500;
export const RETRY_MAX_MS = 30_000;
/** What of an answer of the control plane is read; the largest is a claim with its prompt. */
export const ANSWER_MAX_BYTES = 2 * 1024 * 1024;
/** A socket opens within a call or not at all. */
export const SOCKET_OPEN_MAX_MS = 10_000;
/** A server that has sockets, of which none opens: after this many tries something in between does not let them through. */
export const SOCKET_BLOCKED_TRIES_MAX = 3;
/** No server makes a runner beat more often than this, whatever it says; the shortest that ours may be set to. */
export const HEARTBEAT_MIN_MS = 100;
/** Heartbeats of several runs that come this close to each other travel together: far below any lease. */
export const HEARTBEAT_GATHER_MS = 100;
/** An event stream says something every 15 s; one that is silent for four times that is dead. */
export const EVENT_SILENT_MAX_MS = 60_000;
/** One line of an event stream is an id and a few words. */
export const EVENT_MAX_CHARS = 64 * 1024;

// -------------------------------------------------------------------------------------------------- log

/** Output waits this long for more before it is sent: live enough for a person who watches. */
export const LOG_FLUSH_MS = 250;
/**
 * The same while nobody watches: each chunk costs a row, and at this pace the output of a million jobs of 10 minutes
 * costs $40 (P8). Below a heartbeat, so that a viewer of whom we hear nothing waits no longer than for one.
 */
export const OUTPUT_BATCH_MS = 10_000;
/**
 * After the word that somebody has begun to watch, answers that say otherwise are not believed for this long: the viewer
 * may not have reached the log yet, or ask for it every few seconds.
 */
export const OUTPUT_WATCH_HOLD_MS = 15_000;
/** Output that is sent without waiting; below the 64 KiB of a chunk, so that most chunks are sent whole. */
export const LOG_FLUSH_BYTES = 48 * 1024;
/** Output kept while the control plane does not take it; what comes beyond it is dropped and said so. */
export const LOG_BUFFER_MAX_BYTES = 8 * 1024 * 1024;
/** A line of output that is longer is printed in pieces: no terminal shows it whole, and memory is bounded. */
export const PRINTED_LINE_MAX_CHARS = 16 * 1024;
/** How long a run's end waits for its output to be taken before the report goes out without the rest. */
export const LOG_FINISH_MAX_MS = 120_000;

// -------------------------------------------------------------------------------------------------- job

/** Runs that a runner remembers having begun, in case a server gives one again; their ids are a few bytes each. */
export const RUNS_KNOWN_MAX = 10_000;
/** Pick A27: what a task's branch is called, in the spec's form. */
export const TASK_BRANCH_FORM = "task-{taskId}";
/** What the runtime and the harnesses answered is believed this long (Line 6). */
export const ABILITY_MEMO_MS = 60_000;
/** A sandbox that only looks for a program starts and ends in a fraction of a second. */
export const ABILITY_PROBE_MAX_MS = 30_000;
/** How long a runner that ends waits for a look that is under way, so that it leaves no sandbox behind. */
export const ABILITY_LEAVE_MS = 2_000;
/** A look at all of it that takes longer is one at a runtime that hangs: it can run nothing until it has answered. */
export const ABILITY_LOOK_MAX_MS = 60_000;
/** An answer to an agent that gives no sign for longer will not come: the agents' own clients give up then, too. */
export const ANSWER_AWAITED_MAX_MS = 600_000;
/** How long an agent has between TERM and KILL. */
export const STOP_GRACE_MS = 10_000;
/** An agent that has concluded says a sentence more and ends; what takes longer has nothing more to say. */
export const CONCLUDED_GRACE_MS = 30_000;
/** A call of an operator's tool, or of a stop hook, to which a CLI may tell the whole prompt, escaped. */
export const OPERATOR_CALL_MAX_BYTES = 2 * 1024 * 1024;
/** How often an agent that wants to end with uncommitted changes is asked to commit them first. */
export const STOP_REMINDERS_MAX = 2;
/** A conclusion is a sentence or a page; more is not one. */
export const CONCLUSION_FILE_MAX_BYTES = 64 * 1024;
/** A unix socket's path has 108 bytes with its closing zero on Linux (104 on macOS). */
export const SOCKET_PATH_MAX_BYTES = 100;
/** The sandbox of one run: a build and an agent fit, a leak does not take the host down. */
export const SANDBOX_MEMORY_BYTES = 4 * 1024 * 1024 * 1024;
/** Whatever a job asks for: a shell and git start with less, and nothing that is worth a job does. */
export const SANDBOX_MEMORY_MIN_BYTES = 16 * 1024 * 1024;
export const SANDBOX_PIDS = 1_024;
export const SANDBOX_CPUS = 2;
export const SANDBOX_TMP_BYTES = 1024 * 1024 * 1024;

// ---------------------------------------------------------------------------------------------- memory

/** An archive of agents' memory: notes, so far below the 50 MB that our control plane keeps. */
export const MEMORY_ARCHIVE_MAX_BYTES = 16 * 1024 * 1024;
/** All that is in it, unpacked: a bomb is given up before it is one. */
export const MEMORY_UNPACKED_MAX_BYTES = 64 * 1024 * 1024;
export const MEMORY_FILES_MAX = 2_000;
/** One file of memory that an agent has written. */
export const MEMORY_FILE_MAX_BYTES = 1024 * 1024;
/** Fetching or putting the archive. */
export const MEMORY_CALL_MAX_MS = 60_000;
/** Another runner puts its own in between; each time what both have added is brought together again. */
export const MEMORY_PUT_TRIES = 4;

// -------------------------------------------------------------------------------------------- shutdown

/** After the order to stop: the grace of the agent, its last output, and a few tries to report. */
export const SHUTDOWN_REPORT_MAX_MS = 60_000;

// -------------------------------------------------------------------------------------------- patience

/** How long a step waits for a control plane that is away: two leases, after which the job is somebody else's anyway. */
export const CONTROL_PLANE_AWAY_MAX_MS = 180_000;
export const HEALTH_EVERY_MS = 250;
/** A git step that failed is tried this often in all, this far apart. */
export const GIT_TRIES_MAX = 3;
export const GIT_TRY_AGAIN_MS = 1_000;
/** The home of an agent that was deleted without it: a month to look into it, as for caches. */
export const KEPT_HOME_MAX_MS = 30 * 24 * 3_600_000;
/** A rendered line is one of a terminal: some are wider than ours, none is a file. */
export const RENDERED_LINE_MAX_CHARS = 2_000;
/** Output of before is there at once; who does not want to follow is done when nothing came for so long. */
export const OUTPUT_QUIET_MS = 500;

// ---------------------------------------------------------------------------------- a goal in rounds (Runtime 3.8)

/** The document's own bound of Ralph's iterations. */
export const CHECK_ROUNDS = 30;
/** A station that wants more has its budget; a number is a mistake. */
export const CHECK_ROUNDS_MAX = 1_000;
/** Once may be an accident, twice an attempt; whoever gets the same answer five times does not get on. */
export const CHECK_SAME_FAILURE = 5;
/** A round may only look around. */
export const CHECK_NO_PROGRESS = 3;
/** A project's whole test suite. */
export const CHECK_TIMEOUT_MS = 600_000;
/** Of a check's output, the end: what a person would look at first. */
export const CHECK_OUTPUT_BYTES = 16 * 1024;
