/**
 * The setup script of a workspace (Runtime 2.3.5, 3.2): a shell script that runs inside the sandbox, in the worktree, before
 * the agent. Pure: this is the command that does it.
 *
 * 1. It runs as the agent would, with the agent's network and limits: it can do nothing that the agent could not.
 * 2. It runs once for a run: a sandbox that goes on with a run whose setup is done starts its command at once.
 * 3. Its output is output of the run. When it fails, or takes too long, the command is not started; status 125, and
 *    `setup/failed` below the run's `out` says with what status the script ended.
 * 4. TERM ends the script as it would end the command.
 * 5. Its begin and its end are told to the hub, for the activity log; a hub that does not answer holds it up for seconds at
 *    most.
 *
 * Only POSIX sh, and `setsid`, which every image with a shell of ours has (util-linux or busybox).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { SETUP_MAX_MS, SETUP_SCRIPT_MAX_BYTES } from "../limits.ts";

/** Below the run's `out`. */
export const SETUP_DIR = "setup";
export const SETUP_FAILED_FILE = "failed";

/** Arguments: the folder for its state, seconds, the script, then the command. */
const RUN_SETUP = `
state=$1; limit=$2; script=$3; shift 3
tell() {
  printf 'POST /service?script=setup&event=%s HTTP/1.0\\r\\nHost: hub\\r\\nContent-Length: %d\\r\\n\\r\\n%s' "$1" "\${#2}" "$2" |
    socat -T 5 -t 5 -,ignoreeof TCP:127.0.0.1:7400,connect-timeout=2 >/dev/null 2>&1
}
if [ ! -e "$state/done" ]; then
  mkdir -p "$state" || exit 125
  rm -f "$state/failed" "$state/late"
  echo "shopfloor setup: begins" >&2
  setsid sh -c "$script" </dev/null &
  pid=$!
  end() { kill "-$1" "-$pid" 2>/dev/null || kill "-$1" "$pid" 2>/dev/null; }
  trap 'end TERM; exit 143' TERM
  tell start "pid $pid"
  # Ends by itself within a second of the script.
  (
    while kill -0 "$pid" && [ "$limit" -gt 0 ]; do sleep 1; limit=$((limit - 1)); done
    if kill -0 "$pid"; then : >"$state/late"; end KILL; fi
  ) >/dev/null 2>&1 &
  wait "$pid"; status=$?
  trap - TERM
  if [ "$status" -ne 0 ]; then
    if [ -e "$state/late" ]; then why="took more than $limit s"; else why="ended with status $status"; fi
    printf '%s' "$why" >"$state/failed"
    echo "shopfloor setup: the script $why" >&2
    tell stop "$why"
    exit 125
  fi
  : >"$state/done"
  echo "shopfloor setup: done" >&2
  tell stop "ended with status 0"
fi
exec "$@"
`;

/** Says `notes` on the run's output, a line each, before the command: what a person or an agent would otherwise wonder about. */
export function notedCommand(notes: readonly string[], command: readonly string[]): readonly string[] {
  if (notes.length === 0) return command;
  const text = notes.map((note) => `shopfloor worktree: ${note}`).join("\n");
  return ["/bin/sh", "-c", 'printf "%s\\n" "$1" >&2; shift; exec "$@"', "worktree", text, ...command];
}

/** The command of a sandbox whose setup comes first; an error for a script that is no argument of a process. */
export function setupCommand(
  script: string,
  outDir: string,
  command: readonly string[],
  maxMs = SETUP_MAX_MS,
): Result<readonly string[], string> {
  const bytes = new TextEncoder().encode(script).length;
  if (bytes > SETUP_SCRIPT_MAX_BYTES || script.includes("\0")) {
    return err(
      `the setup script must be a text of at most ${SETUP_SCRIPT_MAX_BYTES} bytes: current value has ${bytes}`,
    );
  }
  const state = `${outDir}/${SETUP_DIR}`;
  const limit = String(Math.ceil(maxMs / 1_000));
  return ok(["/bin/sh", "-c", RUN_SETUP, "setup", state, limit, script, ...command]);
}
