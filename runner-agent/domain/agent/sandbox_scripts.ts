/**
 * The programs that run in a sandbox beside the agent (Runtime 3.2, managed scripts): what it has started and left running, its
 * services, its setup script. The sandbox's own process table is the record, so nothing that was started is missing from it. Pure:
 * the shell text that reads it and ends one of them, and what its output means.
 *
 * 1. A program is named by its pid and its start, so that none that came later in its place is ended for it.
 * 2. What the sandbox itself consists of is not listed, and cannot be ended: process 1, our own programs, the terminal, and the
 *    shells between them.
 */
export interface SandboxScript {
  /** `PID-START`. */
  readonly id: string;
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  readonly runsForMs: number;
}

export const SCRIPT_ID = /^[1-9]\d{0,9}-\d{1,20}$/;

/** A line for each: pid, parent, start and now in hundredths, then its words. Only POSIX sh and tr. */
export const LIST_SCRIPT = `read -r up _ </proc/uptime
for dir in /proc/[1-9]*; do
  [ "\${dir#/proc/}" != "$$" ] || continue
  { read -r stat <"$dir/stat"; } 2>/dev/null || continue
  words=$({ tr '\\000\\n\\r\\t' '    ' <"$dir/cmdline"; } 2>/dev/null)
  [ -n "$words" ] || continue
  set -- \${stat##*)}
  [ "$1" != Z ] || continue
  printf '%s %s %s %s %.400s\\n' "\${dir#/proc/}" "$2" "\${20}" "\${up%.*}\${up#*.}" "$words"
done`;

/** Its group gets TERM, and KILL if it is there after two seconds. Argument: the id. Exit status 3: it is not there. */
export const STOP_SCRIPT = `pid=\${1%-*} start=\${1#*-}
is_it() {
  stat=$(cat "/proc/$pid/stat" 2>/dev/null) || return 1
  set -- \${stat##*)}
  [ "\${20}" = "$start" ] && [ "$1" != Z ]
}
is_it || exit 3
set -- \${stat##*)}
group=$3
[ "$group" = "$pid" ] && target="-$pid" || target=$pid
kill -TERM "$target" 2>/dev/null
n=0
while is_it && [ "$n" -lt 20 ]; do sleep 0.1; n=$((n + 1)); done
! is_it || kill -KILL "$target"`;

const LINE = /^(\d+) (\d+) (\d+) (\d+) (.*)$/;
const TICK_MS = 10;
/** What a sandbox consists of, by its words. */
const OWN =
  /\/run\/alp\/|\binit\.sh\b|^tmux\b|^socat (?:.* )?(?:TCP-LISTEN|UNIX-CONNECT)|^cat \/|^tail -f \/dev\/null/;

/** The oldest first. @param harness The word by which the agent's own program begins; it is not one of them. */
export function readScripts(output: string, harness: string): readonly SandboxScript[] {
  const all = output.split("\n").flatMap((line): readonly SandboxScript[] => {
    const [, pid, parentPid, start, now, words] = LINE.exec(line) ?? [];
    if (pid === undefined) return [];
    const runsForMs = Math.max(0, Number(now) - Number(start)) * TICK_MS;
    const command = words!.trim();
    return [{ id: `${pid}-${start}`, pid: Number(pid), parentPid: Number(parentPid), command, runsForMs }];
  });
  const isHarness = (command: string) =>
    command.split(" ", 2).some((word) => word.split("/").at(-1) === harness);
  return all
    .filter(({ pid, parentPid, command }) =>
      pid !== 1 && parentPid !== 0 && !OWN.test(command) && !isHarness(command)
    )
    .sort((a, b) => b.runsForMs - a.runsForMs);
}
