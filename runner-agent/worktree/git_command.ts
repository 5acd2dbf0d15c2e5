/**
 * Runs one git command on the host: clean environment, bounded time and output, redacted errors.
 *
 * The command leads its own process group; when its time is up the whole group is killed, so that no helper of
 * git (ssh, index-pack) outlives it.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import {
  GIT_LOCAL_TIMEOUT_MS,
  GIT_REMOTE_TIMEOUT_MS,
  GIT_STDERR_MAX_BYTES,
  GIT_STDOUT_MAX_BYTES,
} from "../limits.ts";
import type { WorktreeError } from "../ports.ts";
import {
  accessSecrets,
  type GitAccess,
  gitEnvironment,
  type GitHost,
  HOST_GIT_CONFIG,
} from "./git_environment.ts";
import { redactGitText } from "./git_text.ts";

export interface GitCall {
  /** What is being done, for an error: "fetch the project". */
  readonly action: string;
  /** Must never hold a secret. */
  readonly args: readonly string[];
  readonly gitDir?: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  readonly stdin?: string;
  /** Default: no access to anything but our own disk. */
  readonly access?: GitAccess;
  readonly config?: Readonly<Record<string, string>>;
}

export type GitFailure = Extract<WorktreeError, { readonly reason: "git_failed" }>;

/** Runs git; stdout as text, cut at `GIT_STDOUT_MAX_BYTES`. */
export interface Git {
  readonly host: GitHost;
  run(call: GitCall): Promise<Result<string, GitFailure>>;
}

/** The exit code that stands for "its time was up", as `timeout(1)` has it. */
const TIMED_OUT_EXIT_CODE = 124;

export interface GitTimeouts {
  readonly localMs: number;
  readonly remoteMs: number;
}

const TIMEOUTS: GitTimeouts = { localMs: GIT_LOCAL_TIMEOUT_MS, remoteMs: GIT_REMOTE_TIMEOUT_MS };

/**
 * Creates the runner of git commands.
 *
 * @param dataDir Gets the file `gitconfig`; made if missing.
 */
export function createGit(
  dataDir: string,
  env: Readonly<Record<string, string>>,
  timeouts: GitTimeouts = TIMEOUTS,
): Git {
  const host: GitHost = { env, configFile: join(dataDir, "gitconfig") };
  let ready: Promise<void> | null = null;
  async function writeConfig(): Promise<void> {
    await Deno.mkdir(dataDir, { recursive: true });
    await Deno.writeTextFile(host.configFile, HOST_GIT_CONFIG);
  }
  return {
    host,
    async run(call) {
      ready ??= writeConfig();
      await ready;
      return await runGit(host, timeouts, call);
    },
  };
}

async function runGit(
  host: GitHost,
  timeouts: GitTimeouts,
  call: GitCall,
): Promise<Result<string, GitFailure>> {
  const access = call.access ?? { kind: "none" };
  const timeoutMs = access.kind === "none" ? timeouts.localMs : timeouts.remoteMs;
  const env = gitEnvironment(host, access, call.config);
  if (call.gitDir !== undefined) env.GIT_DIR = call.gitDir;
  if (call.workTree !== undefined) env.GIT_WORK_TREE = call.workTree;
  if (call.indexFile !== undefined) env.GIT_INDEX_FILE = call.indexFile;

  const child = new Deno.Command("git", {
    args: [...call.args],
    cwd: call.workTree ?? "/",
    env,
    clearEnv: true,
    detached: true,
    stdin: call.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let hasTimedOut = false;
  const timer = setTimeout(() => {
    hasTimedOut = true;
    killGroup(child.pid);
  }, timeoutMs);
  try {
    const [stdout, stderr, status] = await Promise.all([
      readBounded(child.stdout, GIT_STDOUT_MAX_BYTES, "head"),
      readBounded(child.stderr, GIT_STDERR_MAX_BYTES * 4, "tail"),
      child.status,
      ...(call.stdin === undefined ? [] : [writeTo(child.stdin, call.stdin)]),
    ]);
    if (status.success) return ok(stdout);
    const text = hasTimedOut ? `${stderr}\ntimed out after ${timeoutMs} ms` : stderr;
    return err({
      reason: "git_failed",
      action: call.action,
      exitCode: hasTimedOut ? TIMED_OUT_EXIT_CODE : status.code,
      stderr: redactGitText(text, accessSecrets(access), GIT_STDERR_MAX_BYTES),
    });
  } finally {
    clearTimeout(timer);
  }
}

/** A git that ends before it has read all says why by its exit code. */
async function writeTo(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(new TextEncoder().encode(text)).then(() => writer.close()).catch(() => {});
}

/** Kills a process and everything it started; one that has ended is no fault. */
export function killGroup(leaderPid: number): void {
  try {
    Deno.kill(-leaderPid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Reads to the end but keeps only `maxBytes`, so that a chatty command costs no memory. */
async function readBounded(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  keep: "head" | "tail",
): Promise<string> {
  let kept: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of stream) {
    if (keep === "head" && size >= maxBytes) continue;
    kept.push(bytes);
    size += bytes.length;
    if (keep === "tail" && size > maxBytes * 2) {
      kept = [concat(kept).subarray(-maxBytes)];
      size = maxBytes;
    }
  }
  const all = concat(kept);
  return new TextDecoder().decode(keep === "head" ? all.subarray(0, maxBytes) : all.subarray(-maxBytes));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
