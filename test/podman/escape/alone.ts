/**
 * Attempts that take a sandbox down with them, or show only in a run's end: each is the command of a run of its own, with small
 * limits. What this host can bound differs; each says which bound it is.
 */
import type { Invariant } from "./attempt.ts";

/** How a run may have ended; `seen` is looked for in its output, `error` in what its report says. */
export interface LoneAttempt {
  readonly name: string;
  readonly invariant: Invariant;
  readonly script: string;
  readonly ending: Ending;
  /** Where the kernel does not bound sandboxes (rootless on cgroup version 1); the same where this is missing. */
  readonly watched?: Ending;
}

export interface Ending {
  readonly bound: string;
  readonly jobResult: "success" | "failed";
  readonly error?: RegExp;
  readonly seen?: RegExp;
  /** What the output's first group may be at most. */
  readonly atMost?: number;
  /** Nobody but the control plane ends it. */
  readonly isCancelled?: boolean;
}

export const MEBIBYTE = 1024 * 1024;
/** Of each of these runs. */
export const LIMITS = { memory: 256 * MEBIBYTE, pids: 64, cpus: 0.5, disk: 60 * MEBIBYTE };

const WAIT = (seconds: number) => `read -rt ${seconds} -u 7 || true`;
const conclusion = (name: string, script: string, error: RegExp): LoneAttempt => ({
  name,
  invariant: "run_dirs",
  script: `${script}; exit 0`,
  ending: { bound: "run_dirs 3: read without following links, bounded", jobResult: "failed", error },
});
const FILE = "$SHOPFLOOR_CONCLUSION_FILE";

export const ALONE: readonly LoneAttempt[] = [
  {
    name: "a fork bomb",
    invariant: "H4",
    script: `mkfifo /tmp/p; exec 7<>/tmp/p; set +e; bomb() { bomb | bomb & }; bomb 2>&1 | head -n 3 & ${
      WAIT(1.5)
    }; echo here; exit 0`,
    ending: {
      bound: "cgroup pids.max",
      jobResult: "success",
      seen: /(Resource temporarily unavailable|Cannot fork|can't fork)[\s\S]*here/i,
    },
    watched: {
      bound: "RLIMIT_NPROC",
      jobResult: "success",
      seen: /(Resource temporarily unavailable|Cannot fork|can't fork)[\s\S]*here/i,
    },
  },
  {
    name: "more memory than there is",
    invariant: "H4",
    script:
      // Over some seconds, as a watchdog looks every second.
      `exec deno eval --no-config 'const pause = (ms) => new Promise((done) => setTimeout(done, ms)); const all = []; for (let n = 0; n < 1200; n++) { all.push(new Uint8Array(1 << 20).fill(1)); if (n % 4 === 0) await pause(20); } console.log("ESCAPED", all.length); await pause(90_000)'`,
    ending: { bound: "cgroup memory", jobResult: "failed", error: /ran out of memory/ },
    watched: {
      bound: "watchdog: memory by label, every second",
      jobResult: "failed",
      error: /MiB of memory where 256 MiB are allowed/,
    },
  },
  {
    name: "files in memory, in place of memory",
    invariant: "H4",
    script:
      // Each below what one file may have.
      `code=0; for n in $(seq 22); do dd if=/dev/zero of=/tmp/big$n bs=1M count=50 2>&1 || code=$?; done; echo "ended $code"; rm -f /tmp/big*; for n in 1 2; do dd if=/dev/zero of=/dev/shm/big$n bs=1M count=50 2>&1 || true; done; exit 0`,
    ending: { bound: "cgroup memory", jobResult: "failed", error: /ran out of memory/ },
    watched: {
      bound: "sized tmpfs",
      jobResult: "success",
      seen: /No space left[\s\S]*ended 1[\s\S]*No space left/,
    },
  },
  {
    name: "a full disk",
    invariant: "H4",
    script:
      `for n in $(seq 100); do head -c 10000000 /dev/urandom >f$n; sleep 0.05; done; echo ESCAPED; sleep 90`,
    ending: {
      bound: "disk guard at limits.disk",
      jobResult: "failed",
      error: /files take \d+ MiB where 60 MiB are allowed/,
    },
  },
  {
    name: "a full disk by holes and by preallocation",
    invariant: "H4",
    script: `for n in 1 2 3 4; do fallocate -l 50M $HOME/big$n; done; sleep 90; echo ESCAPED`,
    ending: {
      bound: "disk guard at limits.disk",
      jobResult: "failed",
      error: /files take \d+ MiB where 60 MiB are allowed/,
    },
  },
  {
    name: "more inodes than a run has use for",
    invariant: "H4",
    script:
      `deno eval --no-config 'for (let d = 0; d < 16; d++) { Deno.mkdirSync("m" + d); for (let n = 0; n < 1000; n++) Deno.writeTextFileSync("m" + d + "/" + n, "") } console.log("made")'; sleep 90; echo ESCAPED`,
    ending: {
      bound: "disk guard: each file counts as a block at least",
      jobResult: "failed",
      error: /files take \d+ MiB where 60 MiB are allowed/,
    },
  },
  {
    name: "all of the processor",
    invariant: "H4",
    script:
      `read -r from _ </proc/uptime; for n in 1 2 3 4; do ( end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do :; done ) & done; wait; read -r to _ </proc/uptime; times >/tmp/times
      tail -n1 /tmp/times | awk -v from=$from -v to=$to '{ split($1, own, /[ms]/); split($2, kernel, /[ms]/); printf "percent: %d\\n", (own[1] * 60 + own[2] + kernel[1] * 60 + kernel[2]) * 100 / (to - from) }'; exit 0`,
    ending: { bound: "cgroup cpu quota", jobResult: "success", seen: /percent: (\d+)/, atMost: 75 },
    watched: {
      bound: "the run's own deadline: this host has no quota",
      jobResult: "failed",
      error: /cancelled by the control plane/,
      isCancelled: true,
    },
  },
  {
    name: "a flood of output",
    invariant: "H4",
    script:
      `set +o pipefail; yes 'a line of a flood of output, again and again and again and again and again' | head -c 40000000; echo; echo end of flood; exit 0`,
    ending: {
      bound: "SANDBOX_LOG_MAX_BYTES on disk, LOG_BUFFER_MAX_BYTES in memory",
      jobResult: "success",
      // What did not fit is told in place of it.
      seen: /end of flood|\d+ bytes of output were dropped\]\s*$/,
    },
  },
  {
    name: "TERM to PID 1",
    invariant: "H4",
    script: `kill -TERM 1; sleep 90; echo ESCAPED`,
    ending: { bound: "it ends its own run, which says so", jobResult: "failed", error: /143|exit/i },
  },
  {
    name: "INT to PID 1",
    invariant: "H4",
    script: `kill -INT 1; sleep 90; echo ESCAPED`,
    ending: { bound: "it ends its own run, which says so", jobResult: "failed", error: /exit/i },
  },
  {
    name: "KILL to everything",
    invariant: "H4",
    script: `kill -KILL -1; echo alone; exit 7`,
    ending: { bound: "a process namespace of its own; the run fails", jobResult: "failed", seen: /alone/ },
  },
  {
    name: "a PID 1 that is stopped by a tracer and never ends",
    invariant: "H4",
    script: `echo stopping; exec deno run -A --no-check /run/shopfloor/attempts/syscall.ts hold 101 16 1 0 0`,
    ending: {
      bound: "the run's own deadline, then KILL from outside",
      jobResult: "failed",
      error: /cancelled by the control plane/,
      isCancelled: true,
    },
  },
  conclusion(
    "a conclusion that is a link to a file of the host",
    `ln -s "$BAIT_DIR/conclusion.json" ${FILE}`,
    /plain file/,
  ),
  conclusion("a conclusion that is a pipe", `mkfifo ${FILE}`, /plain file/),
  conclusion("a conclusion that is an endless device", `ln -s /dev/zero ${FILE}`, /plain file/),
  conclusion("a conclusion of fifty megabytes", `truncate -s 50M ${FILE}`, /at most \d+ bytes/),
  conclusion("a conclusion that is a directory", `mkdir ${FILE}`, /plain file/),
  conclusion(
    "a conclusion of another shape",
    `echo '{"conclusion":"success","summary":{"__proto__":1},"exitCode":99999}' >${FILE}`,
    /expected|invalid/i,
  ),
  {
    name: "directories left behind that nobody may enter",
    invariant: "run_dirs",
    script:
      `mkdir -p d/e "$HOME/d/e" /run/shopfloor/d/e; touch d/e/f "$HOME/d/e/f"; chmod 000 d/e d "$HOME/d/e" "$HOME/d" /run/shopfloor/d; chmod 000 /run/shopfloor "$HOME" /shopfloor/git /workspace; exit 0`,
    ending: { bound: "what it leaves is removed, and without sudo", jobResult: "failed" },
  },
];
