/**
 * Every number that both programs must agree on: its unit is in its name, its reason beside it. What only one
 * program needs is in that program's `limits.ts`.
 */

/** A runner says that it is alive this often while it holds a job (Line 5: every 20-30 s). */
export const HEARTBEAT_MS = 20_000;
/** A lease ends this long after the last sign of life (Line 5: 90-120 s); four heartbeats may be lost. */
export const LEASE_MS = 90_000;
/** How long a poll without `Prefer: wait` sleeps between two tries (Line 5: default 10 s). */
export const POLL_INTERVAL_MS = 10_000;
/** The longest `Prefer: wait=N` that the control plane honours: below the 30 s of common proxies. */
export const POLL_WAIT_MAX_MS = 25_000;
/** Jobs that one runner may hold at once, if it asks for more than one (Line 12): a machine's worth, with room. */
export const RUNNER_JOBS_MAX = 100;
/** Jobs of one task at one station, by rules or by retries, before the task fails (design Q4). */
export const ATTEMPTS_MAX = 5;
/** Lost runs of one job before it ends as `cancelled` with reason `lost_runner` (design Q4). */
export const RUNS_PER_JOB_MAX = 3;
/** Silence of the agent after which the runner ends its run, when the station says nothing (Line 2.2). */
export const IDLE_TIMEOUT_DEFAULT_MINUTES = 2;
/** Wall clock of one run, when the station says nothing (Line 2.2). */
export const MAX_TIMEOUT_DEFAULT_MINUTES = 60;
/** No station may ask for a longer run: a week, so that every job ends (design Q3). */
export const MAX_TIMEOUT_CEILING_MINUTES = 10_080;

/** A task card is a page of text, not a data set; larger inputs go into the repository. */
export const TITLE_MAX_CHARS = 300;
export const DESCRIPTION_MAX_BYTES = 256 * 1024;
export const LABELS_MAX = 64;
export const LABEL_MAX_CHARS = 100;
/** Rows in one page of a list. */
export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;
export const STATIONS_MAX = 100;
export const RULES_MAX = 500;
export const GATES_MAX = 100;
export const PROMPT_MAX_BYTES = 256 * 1024;
/** Uses of the task's title and description in one prompt: each may be a whole description long. */
export const PROMPT_VARIABLES_MAX = 20;
/** Files that travel with a line to every job: a container's description and some specifications. */
export const LINE_FILES_MAX = 200;
export const LINE_FILES_MAX_BYTES = 512 * 1024;
/** Plugins that a line names: each is a clone for every job that has it. */
export const LINE_PLUGINS_MAX = 50;
/** Sub-agents, marketplaces and ignored paths that a station names for its runner: a screenful to write, each. */
export const STATION_LIST_MAX = 50;
/** With `.agentics/` before it, it fits the header of a tar archive, which an export may be. */
export const FILE_PATH_MAX_BYTES = 140;
export const FILE_PATH_PART_MAX_BYTES = 100;
/** A reason or an error text shown to people; longer ones are cut by the sender. */
export const REASON_MAX_CHARS = 4_000;
/** One JSON request body; the largest is a line with a hundred prompts. */
export const JSON_BODY_MAX_BYTES = 1024 * 1024;
/** Levels of any JSON that somebody sends for us to keep: what walks over it calls itself. */
export const JSON_DEPTH_MAX = 100;
/** One piece of task output in one request (Line 4.2: up to 64 KiB). */
export const LOG_CHUNK_MAX_BYTES = 64 * 1024;
/** Secrets are 256 bits, so that guessing one is not a plan. */
export const TOKEN_BYTES = 32;

if (HEARTBEAT_MS * 3 > LEASE_MS) {
  throw new RangeError(
    `Cannot use limits as HEARTBEAT_MS * 3 must be <= LEASE_MS: current values are ${HEARTBEAT_MS} and ${LEASE_MS}`,
  );
}
