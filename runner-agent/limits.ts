/**
 * Every number of the runner: its unit is in its name, its reason beside it. What both programs must agree on is
 * in `protocol/limits.ts`.
 */

// ---------------------------------------------------------------------------------------------- sandbox

/**
 * The one port on the sandbox's loopback behind which the runner answers (git, model, MCP); constant, so that
 * what is written into files of the sandbox stays true for every run.
 */
export const HUB_PORT = 7400;

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
/** One push of an agent to the project: a disk must not fill because of one. */
export const GATEWAY_PUSH_MAX_BYTES = 1024 * 1024 * 1024;
/** The header of a CGI answer; `git http-backend` writes a few hundred bytes. */
export const CGI_HEADER_MAX_BYTES = 16 * 1024;
