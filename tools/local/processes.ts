/**
 * Child processes that never outlive their parent.
 *
 * Model: each child runs below a keeper, a few lines of POSIX shell that lead a process group of their own. The
 * keeper's standard input is a pipe from us; the child's is empty.
 *
 * - P1: the pipe closes (we ended, even by SIGKILL, or asked for a stop): the keeper sends the child SIGTERM, and
 *   after its grace SIGKILL to what is left of the group.
 * - P2: the child ends: the keeper kills the rest of the group (such as workerd below its host), and itself.
 * - P3: `kill9` takes the whole group at once: a crash of everything in it.
 * - P4: a signal of the terminal (Ctrl-C) does not reach the group; we get it, and stop our children in order.
 * - P5: our own tokens are not inherited: each child has those that it is given and no other (S1).
 * - P6: a log does not grow without end (`log_rotation.ts`).
 */

import { LOG_LOOK_MS, LOG_MAX_BYTES, rotateLog } from "./log_rotation.ts";

/** How long a child may take to end by itself. */
const GRACE_SECONDS = 5;
const POLL_MS = 20;
/** How much of a log is shown when a child could not start. */
const LOG_TAIL_BYTES = 2_000;

/** What our own environment may hold and a child has only when it is given to it. */
const TOKEN_VARIABLES = ["SHOPFLOOR_ADMIN_TOKEN", "SHOPFLOOR_TOKEN", "HISTORY_AUTH_TOKEN"];

/** `$1` is the log file or empty, `$2` the grace in seconds; the rest is the command. */
const KEEPER = `
[ -z "$1" ] || exec >>"$1" 2>&1
grace=$2
shift 2
exec 3<&0
"$@" 3<&- </dev/null &
child=$!
(
  trap '' TERM
  while read -r _ <&3; do :; done
  kill -TERM $child
  sleep "$grace"
  kill -KILL 0
) 2>/dev/null &
wait $child
kill -KILL 0
`;

export interface ChildOptions {
  /** For messages: `sqld`, `control plane`. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Added to our own environment without its tokens (P5). Secrets go here, never into `argv` (S1). */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that gets the child's output, appended; absent: the child writes to our own output. */
  readonly logPath?: string;
  /** How long the child may take to end when it is asked to; absent: `GRACE_SECONDS`. */
  readonly graceSeconds?: number;
  /** How large a log gets, and how often that is looked at; absent: `LOG_MAX_BYTES`, `LOG_LOOK_MS`. */
  readonly log?: { readonly maxBytes: number; readonly lookMs: number };
}

export interface Child {
  readonly name: string;
  /** The keeper's pid, which is also the process group's. */
  readonly pid: number;
  readonly logPath: string | null;
  /** The log's length before this start. */
  readonly logStartBytes: number;
  /** Resolves when the child and its group are gone. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** Asks the child to end (SIGTERM), and makes sure of it. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL to the whole group. Idempotent. */
  kill9(): Promise<void>;
}

/** Starts a child below a keeper. It is running, not yet ready: see {@link waitUntilReady}. */
export function startChild(options: ChildOptions): Child {
  const { graceSeconds = GRACE_SECONDS, log = { maxBytes: LOG_MAX_BYTES, lookMs: LOG_LOOK_MS }, logPath } =
    options;
  const logStartBytes = logPath === undefined ? 0 : openLog(logPath, log.maxBytes);
  const looking = logPath === undefined
    ? undefined
    : setInterval(() => rotateLog(logPath, log.maxBytes), log.lookMs);
  if (looking !== undefined) Deno.unrefTimer(looking);
  const keeper = new Deno.Command("sh", {
    args: ["-c", KEEPER, "keeper", options.logPath ?? "", String(graceSeconds), ...options.argv],
    detached: true,
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
    clearEnv: true,
    env: { ...inherited(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
  let hasEnded = false;
  let isStopping = false;
  const ended = keeper.status.then(() => {
    hasEnded = true;
    clearInterval(looking);
  });
  return {
    name: options.name,
    pid: keeper.pid,
    logPath: options.logPath ?? null,
    logStartBytes,
    ended,
    hasEnded: () => hasEnded,
    async stop() {
      if (!isStopping && !hasEnded) {
        isStopping = true;
        await keeper.stdin.close();
      }
      await ended;
    },
    async kill9() {
      if (!hasEnded) killGroup(keeper.pid);
      await ended;
    },
  };
}

function inherited(): Record<string, string> {
  const env = Deno.env.toObject();
  for (const name of TOKEN_VARIABLES) delete env[name];
  return env;
}

/** SIGKILL to a process group; a group that is already gone is fine. */
export function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: nobody is left.
    if (!(error instanceof Deno.errors.NotFound) && !/ESRCH/.test(String(error))) throw error;
  }
}

/**
 * Waits until `isReady` says so. Throws, with the end of the child's log, when the child ends first or `deadlineMs`
 * have passed.
 */
export async function waitUntilReady(
  child: Child,
  options: { readonly deadlineMs: number; readonly isReady: () => Promise<boolean> },
): Promise<void> {
  const endMs = performance.now() + options.deadlineMs;
  while (!child.hasEnded()) {
    if (await options.isReady()) return;
    if (performance.now() > endMs) {
      await child.kill9();
      throw new Error(
        `Cannot go on as ${child.name} must be ready in ${options.deadlineMs} ms${await logTail(child)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(
    `Cannot go on as ${child.name} must stay up: it ended while it started${await logTail(child)}`,
  );
}

/** Does a GET of `url` answer with a status of 200 to 299 within `timeoutMs`? */
export async function answers(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    // Not up yet: refused, reset or too slow. Anything else is a bug.
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

/** Resolves at the first Ctrl-C or SIGTERM; further ones do nothing, so that an orderly end is not cut short. */
export function untilInterrupted(): Promise<"SIGINT" | "SIGTERM"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => resolve(signal));
    }
  });
}

/** Makes sure that the log is there and not too large, and tells its length. */
function openLog(path: string, maxBytes: number): number {
  rotateLog(path, maxBytes);
  using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  return file.statSync().size;
}

async function logTail(child: Child): Promise<string> {
  if (child.logPath === null) return "";
  const log = await Deno.readFile(child.logPath);
  // It was rotated since the start: all that is in it is of this child.
  const bytes = log.subarray(log.length < child.logStartBytes ? 0 : child.logStartBytes);
  const text = new TextDecoder().decode(bytes.subarray(-LOG_TAIL_BYTES));
  return `. Its log, ${child.logPath}, ends with:\n${text}`;
}
