/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import {
  type CheckResult,
  type GoalLoop,
  judgeRound,
  loopNote,
  type LoopState,
  NEW_LOOP,
} from "./goal_loop.ts";

const LOOP: GoalLoop = {
  command: "make test",
  timeoutMs: 1_000,
  roundsMax: 5,
  sameFailureMax: 3,
  noProgressMax: 2,
};
const failed = (output: string, headCommit: string | null): CheckResult => ({
  ...{ exitCode: 1, timedOut: false, output, headCommit },
});

/** The verdicts of rounds, until one is not `again`. */
function play(checks: readonly CheckResult[], loop = LOOP): readonly string[] {
  let state: LoopState = NEW_LOOP;
  const seen: string[] = [];
  for (const check of checks) {
    const verdict = judgeRound(loop, state, check);
    seen.push(verdict.kind === "stopped" ? `${verdict.breaker}: ${verdict.message}` : verdict.kind);
    if (verdict.kind !== "again") break;
    state = verdict.state;
  }
  return seen;
}

Deno.test("only a check that ends with 0, in its time, reaches the goal", () => {
  assert.deepEqual(play([{ ...failed("", null), exitCode: 0 }]), ["reached"]);
  assert.deepEqual(play([{ ...failed("", "a"), exitCode: 0, timedOut: true }]), ["again"]);
  assert.deepEqual(play([failed("x", "a"), { ...failed("", "b"), exitCode: 0 }]), ["again", "reached"]);
});

Deno.test("rounds are bounded, whatever they bring", () => {
  const checks = ["one", "two", "three", "four", "five", "six"].map((word) => failed(word, word));
  assert.deepEqual(play(checks), [
    ...["again", "again", "again", "again"],
    "rounds: the check did not pass in 5 rounds; the check ended with exit code 1",
  ]);
});

Deno.test("the same failure in a row stops them, also with other times and counts in it; another one begins anew", () => {
  const at = (n: number) => failed(`1 of ${n} failed in ${n * 17} ms at 0x${n}f`, `c${n}`);
  assert.deepEqual(
    play([at(1), at(2), at(3)]).at(-1),
    "same_failure: the check failed in the same way in 3 rounds in a row; the check ended with exit code 1",
  );
  assert.deepEqual(play([at(1), at(2), failed("other", "x"), at(3)]), ["again", "again", "again", "again"]);
});

Deno.test("rounds without a commit stop them, and a commit begins anew", () => {
  const at = (word: string, commit: string) => failed(word, commit);
  assert.deepEqual(
    play([at("a", "1"), at("b", "1"), at("c", "1")]).at(-1),
    "no_progress: nothing was committed in 2 rounds in a row; the check ended with exit code 1",
  );
  assert.deepEqual(play([at("a", "1"), at("b", "1"), at("c", "2"), at("d", "2")]), [
    "again",
    "again",
    "again",
    "again",
  ]);
});

Deno.test("the agent is told what the check said, fenced whatever is in it", () => {
  const verdict = judgeRound(LOOP, NEW_LOOP, { ...failed("```\nno\n", "a"), exitCode: 2 });
  assert.ok(verdict.kind === "again");
  assert.match(verdict.text, /^Round 1 of at most 5 is over: the check ended with exit code 2\./);
  assert.match(verdict.text, /\n````\n```\nno\n````\n/);
  const late = judgeRound(LOOP, NEW_LOOP, { ...failed("", "a"), timedOut: true });
  assert.match(late.kind === "again" ? late.text : "", /no answer in its time/);
  assert.match(loopNote(LOOP), /\n {4}make test\n/);
});
