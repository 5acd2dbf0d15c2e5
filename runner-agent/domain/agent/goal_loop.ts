/**
 * Work towards one goal in rounds (Runtime 3.8, Ralph): after each turn the runner runs a check in the sandbox. It decides
 * whether the goal is reached; breakers decide when it will not be. Pure.
 *
 * 1. Only the check says that the goal is reached; no agent's word does.
 * 2. Each breaker counts rounds whose check failed: all of them, those in a row that failed in the same way, and those in a row
 *    that committed nothing. Tokens, cost and time are the budget's (`budget.ts`).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export interface GoalLoop {
  /** Run by a shell in the workspace, as the agent. Exit code 0: the goal is reached. */
  readonly command: string;
  readonly timeoutMs: number;
  readonly roundsMax: number;
  readonly sameFailureMax: number;
  readonly noProgressMax: number;
}

export interface LoopState {
  /** Checks that failed. */
  readonly rounds: number;
  /** Of what the last one said; null: none has failed. */
  readonly failure: string | null;
  readonly sameFailures: number;
  readonly headCommit: string | null;
  readonly withoutCommit: number;
}

export const NEW_LOOP: LoopState = {
  rounds: 0,
  failure: null,
  sameFailures: 0,
  headCommit: null,
  withoutCommit: 0,
};

/** How one check ended. */
export interface CheckResult {
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** The end of what it wrote. */
  readonly output: string;
  /** What the agent has committed by now; null: not known. */
  readonly headCommit: string | null;
}

export type LoopBreaker = "rounds" | "same_failure" | "no_progress";

export type LoopVerdict =
  | { readonly kind: "reached" }
  /** @property text What the agent is told. */
  | { readonly kind: "again"; readonly state: LoopState; readonly text: string }
  | {
    readonly kind: "stopped";
    readonly state: LoopState;
    readonly breaker: LoopBreaker;
    readonly message: string;
  };

/** A round is over, and this is what its check said. */
export function judgeRound(loop: GoalLoop, before: LoopState, check: CheckResult): LoopVerdict {
  if (check.exitCode === 0 && !check.timedOut) return { kind: "reached" };
  const failure = failureOf(check);
  const isFirst = before.rounds === 0;
  const hasCommitted = isFirst || check.headCommit !== before.headCommit;
  const state: LoopState = {
    rounds: before.rounds + 1,
    failure,
    sameFailures: failure === before.failure ? before.sameFailures + 1 : 1,
    headCommit: check.headCommit,
    withoutCommit: hasCommitted ? 0 : before.withoutCommit + 1,
  };
  const breaker = breakerOf(loop, state);
  if (breaker === null) return { kind: "again", state, text: roundText(loop, state, check) };
  const message = `${BREAKERS[breaker](state)}; the check ended with ${endOf(check)}`;
  return { kind: "stopped", state, breaker, message };
}

/** What the agent of such a station is told beside its role. */
export function loopNote({ command, roundsMax }: GoalLoop): string {
  return [
    "# The check of this station",
    "",
    "After each of your turns a check is run, which alone decides whether the goal is reached:",
    "",
    ...command.split("\n").map((line) => `    ${line}`),
    "",
    "So a round is a turn. Commit what a round has brought and end your turn: you are told what the check said, or the " +
    `station is over. There are at most ${roundsMax} rounds. \`complete_station\` with success is refused here; with ` +
    "failure it ends the station, as where the check itself is wrong.",
  ].join("\n");
}

const BREAKERS: Readonly<Record<LoopBreaker, (state: LoopState) => string>> = {
  rounds: ({ rounds }) => `the check did not pass in ${rounds} rounds`,
  same_failure: ({ sameFailures }) => `the check failed in the same way in ${sameFailures} rounds in a row`,
  no_progress: ({ withoutCommit }) => `nothing was committed in ${withoutCommit} rounds in a row`,
};

function breakerOf(loop: GoalLoop, state: LoopState): LoopBreaker | null {
  if (state.rounds >= loop.roundsMax) return "rounds";
  if (state.sameFailures >= loop.sameFailureMax) return "same_failure";
  return state.withoutCommit >= loop.noProgressMax ? "no_progress" : null;
}

function roundText(loop: GoalLoop, { rounds }: LoopState, check: CheckResult): string {
  const fence = "`".repeat(Math.max(3, ...[...check.output.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [
    `Round ${rounds} of at most ${loop.roundsMax} is over: the check ended with ${
      endOf(check)
    }. The end of its output:`,
    "",
    fence,
    check.output.trimEnd(),
    fence,
    "",
    "Begin the next round: one step that brings the check closer. Commit it, then end your turn.",
  ].join("\n");
}

function endOf({ exitCode, timedOut }: CheckResult): string {
  return timedOut ? "no answer in its time" : `exit code ${exitCode}`;
}

/** The same failure says the same but for numbers, such as times, addresses and counts. */
function failureOf({ exitCode, timedOut, output }: CheckResult): string {
  const said = output.replaceAll(/0x[0-9a-f]+|\d+/gi, "#").replaceAll(/\s+/g, " ").trim();
  return bytesToHex(sha256(utf8ToBytes(`${timedOut ? "timeout" : exitCode} ${said}`)));
}
