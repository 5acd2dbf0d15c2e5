/** Plays one scenario against the real Worker, and reads how its tasks stand at the end. */
import assert from "node:assert/strict";
import type { PolledJob, RunnerRegistered } from "../../protocol/line/runner.ts";
import type { TaskHistoryEntry } from "../../protocol/line/task.ts";
import type { Answer, TestPlane, TestProject } from "../fake/plane.ts";
import type { RunnerYard } from "../fake/scripted_runner.ts";
import { until } from "../worker/until.ts";
import type { Expectation, ExpectedTask, Scenario, Step } from "./script.ts";

const LINE_ID = "line";
/** A timeline comes over the outbox; it must be complete by then. */
const SETTLE_MAX_MS = 5_000;
const ADMIN = { kind: "admin", via: "token" };

interface Claim {
  readonly runner: RunnerRegistered;
  readonly job: PolledJob;
}

interface Stage {
  readonly plane: TestPlane;
  readonly yard: RunnerYard;
  readonly at: TestProject;
  readonly runners: Map<string, RunnerRegistered>;
  readonly tasks: Map<string, string>;
  readonly claims: Map<string, Claim>;
  /** Gates that were asked so far. */
  readonly askIds: Set<string>;
}

/** Plays the steps; with `isForgetful` every object is evicted between every two of them (O4). */
export async function playScenario(
  plane: TestPlane,
  yard: RunnerYard,
  scenario: Scenario,
  isForgetful: boolean,
): Promise<Readonly<Record<string, ExpectedTask>>> {
  const at = plane.project();
  const stage: Stage = {
    plane,
    yard,
    at,
    runners: new Map(),
    tasks: new Map(),
    claims: new Map(),
    askIds: new Set(),
  };
  await at.must(200, "PUT", "", { body: { gitUrl: yard.originDir } });
  await at.must(200, "PUT", `/assembly-lines/${LINE_ID}`, { body: scenario.line });
  for (const [n, step] of scenario.steps.entries()) {
    if (isForgetful) await evictAll(stage);
    await takeStep(stage, step).catch((cause) => {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new assert.AssertionError({ message: `step ${n + 1} (${step.kind}): ${what}` });
    });
  }
  if (isForgetful) await evictAll(stage);
  const ended: Record<string, ExpectedTask> = {};
  for (const [name, taskId] of stage.tasks) {
    ended[name] = await readTask(stage, taskId, scenario.expected[name]?.timeline.length ?? 0);
  }
  return ended;
}

async function takeStep(stage: Stage, step: Step): Promise<void> {
  const { at } = stage;
  switch (step.kind) {
    case "submit": {
      const card = { title: step.as, description: "", ...step.card };
      const task = await at.must(201, "POST", `/stages/${LINE_ID}/tasks`, { body: card });
      stage.tasks.set(step.as, task.id);
      return;
    }
    case "work": {
      const runner = await runnerOf(stage, step.runner);
      const { outcome, events } = await stage.yard.runOnce(at, runner, step);
      assert.equal(outcome, "once", events.join("\n"));
      return;
    }
    case "claim":
      return await claim(stage, step);
    case "heartbeat":
      return await report(stage, step.claim, { jobResult: "in_progress" }, step.expect);
    case "report":
      return await report(stage, step.claim, step.body, step.expect);
    case "log": {
      const { runner, job } = claimOf(stage, step.claim);
      const query = `sequence=${step.sequence}&leaseEpoch=${job.leaseEpoch}`;
      const answer = await at.call("POST", `/runs/${job.runId}/jobs/${job.id}/logs?${query}`, {
        token: runner.token,
        body: step.text,
        headers: { "content-type": "text/plain" },
      });
      return check(answer, step.expect);
    }
    case "agent": {
      const { runner, job } = claimOf(stage, step.claim);
      const { sequence, activity, detail = null } = step;
      const payload = { phase: "running", activity, detail };
      const answer = await at.call("POST", `/runs/${job.runId}/jobs/${job.id}/events`, {
        token: runner.token,
        body: { events: [{ sequence, atMs: 1, type: "status_change", payload }] },
      });
      return check(answer, step.expect);
    }
    case "asked":
      return await until(`${step.count} must be asked`, async () => {
        const { items } = await at.must(200, "GET", "/worklist");
        const asked = items.filter((item: { origin: { kind: string } }) => item.origin.kind === step.origin);
        return asked.length === step.count ? undefined : null;
      });
    case "advance":
      return await at.advance(step.seconds * 1_000);
    case "decide": {
      const path = `/stages/${LINE_ID}/tasks/${taskOf(stage, step.task)}/gates/${step.gate}`;
      return check(
        await at.call("POST", path, { body: { action: step.action, reason: step.reason ?? "" } }),
        step.expect,
      );
    }
    case "cancel": {
      const path = `/tasks/${taskOf(stage, step.task)}/cancel`;
      return check(await at.call("POST", path, { body: { reason: step.reason } }), step.expect);
    }
    case "retry":
    case "move": {
      const path = `/tasks/${taskOf(stage, step.task)}/${step.kind}`;
      const body = step.stationId === undefined ? {} : { stationId: step.stationId };
      return check(await at.call("POST", path, { body }), step.expect);
    }
    case "evict":
      return await evictAll(stage);
    case "race":
      return await race(stage, step);
  }
}

async function claim(stage: Stage, step: Extract<Step, { kind: "claim" }>): Promise<void> {
  const runner = await runnerOf(stage, step.runner);
  const answer = await stage.at.call("POST", "/runners/jobs", { token: runner.token, body: {} });
  check(answer, step.expect);
  if (answer.status !== 200) return;
  const job: PolledJob = answer.json.jobs[0];
  if (step.as !== undefined) stage.claims.set(step.as, { runner, job });
  if (step.again === undefined) return;
  const before = claimOf(stage, step.again.of).job;
  assert.equal(job.id, before.id, "the job must be the same");
  assert.notEqual(job.runId, before.runId, "the run must be new");
  assert.equal(job.leaseEpoch, step.again.leaseEpoch);
  assert.ok(job.leaseEpoch! > before.leaseEpoch!, "the epoch must be raised");
}

async function report(stage: Stage, name: string, body: object, expect?: Expectation): Promise<void> {
  const { runner, job } = claimOf(stage, name);
  const answer = await stage.at.call("PATCH", `/runners/${runner.id}`, {
    token: runner.token,
    body: { jobId: job.id, runId: job.runId, leaseEpoch: job.leaseEpoch, ...body },
  });
  check(answer, expect);
}

async function race(stage: Stage, step: Extract<Step, { kind: "race" }>): Promise<void> {
  const { at } = stage;
  const runners = await Promise.all(
    Array.from({ length: step.runners }, (_, n) => runnerOf(stage, `racer-${n + 1}`)),
  );
  const jobId = (await at.must(200, "GET", `/tasks/${taskOf(stage, step.task)}`)).currentJobId;
  const answers = await Promise.all(
    runners.map((runner) =>
      step.via === "poll"
        ? at.call("POST", "/runners/jobs", { token: runner.token, body: {} })
        : at.call("POST", "/runners/generate-jitconfig", { token: runner.token, body: { jobId } })
    ),
  );
  const winners = runners.flatMap((runner, n): Claim[] => {
    const { status, json } = answers[n]!;
    if (status === 200) return [{ runner, job: step.via === "poll" ? json.jobs[0] : json }];
    assert.equal(status, step.via === "poll" ? 204 : 409, answers[n]!.text);
    return [];
  });
  assert.equal(winners.length, 1, "exactly one runner must get the job");
  stage.claims.set(step.as, winners[0]!);
}

async function evictAll(stage: Stage): Promise<void> {
  const { plane, at } = stage;
  const objects: Parameters<TestPlane["evict"]>[] = [["JOB_QUEUE", at.queueName]];
  for (const taskId of stage.tasks.values()) {
    objects.push(["TASK_LOG", `${at.queueName}/${taskId}`]);
    const { value } = await plane.rpc<{ value: { askId: string | null } }>(
      "JOB_QUEUE",
      at.queueName,
      "authorizeTask",
      ADMIN,
      taskId,
    );
    if (value.askId !== null) stage.askIds.add(value.askId);
  }
  for (const askId of stage.askIds) objects.push(["HUMAN_GATE", askId]);
  await Promise.all(objects.map((object) => plane.evict(...object)));
}

async function readTask(stage: Stage, taskId: string, entriesWanted: number): Promise<ExpectedTask> {
  const { at } = stage;
  const deadlineMs = Date.now() + SETTLE_MAX_MS;
  let timeline: string[];
  do {
    const { entries } = await at.must(200, "GET", `/tasks/${taskId}/timeline`);
    timeline = entries.map((entry: { kind: string }) => entry.kind);
  } while (timeline.length < entriesWanted && Date.now() < deadlineMs);
  const task = await at.must(200, "GET", `/tasks/${taskId}`);
  const log = await at.call("GET", `/tasks/${taskId}/log`);
  return {
    status: task.status,
    columnId: task.columnId,
    rejectionReason: task.rejectionReason,
    history: task.history.map((entry: TaskHistoryEntry) => ({
      stationId: entry.stationId,
      attempt: entry.attempt,
      runs: entry.runs,
      runnerName: entry.runnerName?.startsWith("racer-") ? "racer" : entry.runnerName,
      outcome: entry.outcome,
      reason: entry.reason,
    })),
    timeline,
    output: log.text,
  };
}

async function runnerOf(stage: Stage, name: string): Promise<RunnerRegistered> {
  const known = stage.runners.get(name);
  if (known !== undefined) return known;
  const made = await stage.at.register(name);
  stage.runners.set(name, made);
  return made;
}

function claimOf(stage: Stage, name: string): Claim {
  const found = stage.claims.get(name);
  assert.ok(found, `no claim is called '${name}'`);
  return found;
}

function taskOf(stage: Stage, name: string): string {
  const found = stage.tasks.get(name);
  assert.ok(found, `no task is called '${name}'`);
  return found;
}

function check(answer: Answer, expect: Expectation = {}): void {
  assert.equal(answer.status, expect.status ?? 200, answer.text);
  if (expect.code !== undefined) assert.equal(answer.json?.error?.code, expect.code);
  for (const [key, value] of Object.entries(expect.body ?? {})) {
    assert.deepEqual(answer.json?.[key], value, key);
  }
}
