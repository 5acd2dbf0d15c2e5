import assert from "node:assert/strict";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { type ClaimDeps, type ClaimTurn, searchForWork } from "./claim_loop.ts";
import type { ClaimAnswer } from "./answers.ts";
import type { ControlPlane } from "./control_plane.ts";
import type { CallOutcome } from "./http_call.ts";
import { polledJob } from "../../test/fake/polled_job.ts";

const offer = (id: string, agent: string): PolledJob =>
  polledJob({ id, agentDefinition: { operatorConfig: { agent, command: "true" } } });
const jobs = (...list: PolledJob[]): CallOutcome<{ jobs: PolledJob[] }> => ({
  kind: "ok",
  value: { jobs: list },
});
const refused = (status: number): CallOutcome<never> => ({
  kind: "refused",
  status,
  code: "no",
  message: "",
});
const UNREACHABLE: CallOutcome<never> = { kind: "unreachable", detail: "status 503" };

/** Plays `polls` and `claims` one after the other and keeps what the loop did, in order. */
async function search(
  polls: CallOutcome<{ jobs: PolledJob[] }>[],
  claims: CallOutcome<ClaimAnswer>[] = [],
  sleepsMax = Infinity,
  isAble = () => true,
  pollTakesMs = 0,
): Promise<{ outcome: string; trace: string[]; job: PolledJob | null }> {
  const trace: string[] = [];
  let nowMs = 0;
  const drain = new AbortController();
  const abandon = new AbortController();
  const deps: ClaimDeps = {
    controlPlane: {
      poll: () => {
        const next = polls.shift();
        nowMs += pollTakesMs;
        if (next === undefined) drain.abort();
        return Promise.resolve(next ?? jobs());
      },
      claim: (jobId: string) => {
        trace.push(`claim ${jobId}`);
        return Promise.resolve(claims.shift()!);
      },
    } as unknown as ControlPlane,
    clock: {
      nowMs: () => nowMs,
      sleep: (ms) => {
        trace.push(`sleep ${ms}`);
        if (--sleepsMax === 0) abandon.abort();
        return Promise.resolve();
      },
    },
    random: () => 0,
    runnerName: "r",
    abandon: abandon.signal,
    currentAbility: () =>
      Promise.resolve({
        harnesses: isAble() ? ["command"] : [],
        forcedHarness: null,
        runtime: "dummy",
      }),
    pollingIntervalMs: 10_000,
    pollWaitMs: 25_000,
    intend: (jobId) => (trace.push(`intend ${jobId}`), Promise.resolve()),
    forget: (jobId) => (trace.push(`forget ${jobId}`), Promise.resolve()),
    onTurn: (turn: ClaimTurn) => trace.push(turn.kind),
  };
  const found = await searchForWork(deps, drain.signal);
  return { outcome: found.kind, trace, job: found.kind === "claimed" ? found.job : null };
}

const run = { runId: "r", leaseEpoch: 1 };
const claimed: ClaimAnswer = { ...run, job: { ...offer("a", "command"), ...run } };

Deno.test("an offer is claimed after the intent was written", async () => {
  const { outcome, trace } = await search([jobs(offer("a", "command"))], [{ kind: "ok", value: claimed }]);
  assert.equal(outcome, "claimed");
  assert.deepEqual(trace, ["intend a", "claim a", "claimed"]);
});

Deno.test("a claim that nobody answered is repeated until somebody does", async () => {
  const { outcome, trace } = await search([jobs(offer("a", "command"))], [UNREACHABLE, {
    kind: "ok",
    value: claimed,
  }]);
  assert.equal(outcome, "claimed");
  assert.deepEqual(trace, ["intend a", "claim a", "sleep 250", "claim a", "claimed"]);
});

Deno.test("a claim without an answer is left to the next start when the runner must end", async () => {
  const { outcome, trace } = await search([jobs(offer("a", "command"))], [UNREACHABLE, UNREACHABLE], 2);
  assert.equal(outcome, "left");
  assert.deepEqual(trace, ["intend a", "claim a", "sleep 250", "claim a", "sleep 500", "left"]);
});

Deno.test("a job that somebody else has is forgotten, and the search goes on", async () => {
  const { trace } = await search([jobs(offer("a", "command"))], [refused(409)]);
  assert.deepEqual(trace, ["intend a", "claim a", "forget a", "taken", "sleep 250"]);
});

Deno.test("what this runner cannot run is not claimed, and the polling interval is waited", async () => {
  const { trace } = await search([jobs(offer("a", "claude"))]);
  assert.deepEqual(trace, ["passed", "sleep 10000"]);
});

Deno.test("a poll that is answered at once without work waits the polling interval", async () => {
  const { trace } = await search([jobs(), refused(404)]);
  assert.deepEqual(trace, ["idle", "sleep 10000", "idle", "sleep 10000"]);
});

Deno.test("a control plane that does not answer is asked less and less often", async () => {
  const { trace } = await search([UNREACHABLE, UNREACHABLE, UNREACHABLE]);
  assert.deepEqual(trace, ["retryable", "sleep 250", "retryable", "sleep 500", "retryable", "sleep 1000"]);
});

Deno.test("a poll that waited for a control plane has waited: the next one is there when it comes back", async () => {
  const { trace } = await search([UNREACHABLE, UNREACHABLE, UNREACHABLE], [], Infinity, () => true, 600);
  assert.deepEqual(trace, ["retryable", "sleep 0", "retryable", "sleep 0", "retryable", "sleep 400"]);
});

Deno.test("a refused token ends the search", async () => {
  assert.equal((await search([refused(401)])).outcome, "fatal");
  assert.equal((await search([refused(403)])).outcome, "fatal");
});

Deno.test("a poll that answers a job with its run has claimed it, also one that this runner cannot run", async () => {
  for (const agent of ["command", "claude"]) {
    const { outcome, trace, job } = await search([jobs({ ...offer("a", agent), runId: "r1" })]);
    assert.equal(outcome, "claimed");
    assert.deepEqual(trace, ["claimed"]);
    assert.equal(job?.runId, "r1");
  }
});

Deno.test("a claim that answers only the run is for the job that was offered, and is reported by its run", async () => {
  const { job } = await search([jobs(offer("a", "command"))], [{
    kind: "ok",
    value: { runId: "r1", job: null },
  }]);
  assert.deepEqual(job, { ...offer("a", "command"), runId: "r1", reportsByRun: true });
});

Deno.test("a claim that answers no run is forgotten and tried again later", async () => {
  const { trace } = await search([jobs(offer("a", "command"))], [{ kind: "ok", value: { job: null } }]);
  assert.deepEqual(trace, ["intend a", "claim a", "forget a", "retryable", "sleep 250"]);
});

Deno.test("a runner that can run nothing does not ask, and asks again once it can", async () => {
  const answers = [false, false];
  const { trace } = await search([jobs()], [], Infinity, () => answers.shift() ?? true);
  assert.deepEqual(trace, ["unable", "sleep 10000", "unable", "sleep 10000", "idle", "sleep 10000"]);
});
