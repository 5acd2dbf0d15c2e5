/// <reference lib="deno.ns" />
/** What people do with runners: rename, label, rotate, pause, drain, delete. */
import assert from "node:assert/strict";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { authenticate } from "./authorize.ts";
import { offerJob } from "./claim.ts";
import { RUNNER_JOBS_MAX } from "../../protocol/limits.ts";
import { jobsMaxOf, rotateRunner, setIntake, updateRunner } from "./runner_registry.ts";
import { deleteRunner } from "./runner_removal.ts";

function stage() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { labels: ["linux"] })]));
  const runnerId = rig.runner("r1", ["linux"]);
  const set = (intake: "open" | "paused" | "draining") =>
    rig.must((draft) => setIntake(draft, "user:ci", { runnerId, intake }));
  return { rig, runnerId, set };
}

Deno.test("a paused or draining runner gets no work and keeps what it holds", () => {
  for (const intake of ["paused", "draining"] as const) {
    const { rig, runnerId, set } = stage();
    rig.submit("tidy");
    rig.take(runnerId);
    const second = rig.submit("tidy");
    set(intake);
    assert.equal(rig.report(runnerId, HEARTBEAT).ok, true);
    assert.equal(rig.report(runnerId, SUCCESS).ok, true);
    assert.equal(rig.offer(runnerId), null);
    const claim = rig.claim(runnerId, rig.jobOf(second.id).id);
    assert.deepEqual(claim.ok ? null : claim.error, { reason: "runner_takes_no_work", intake });
    set("open");
    assert.equal(rig.offer(runnerId)?.taskId, second.id);
  }
});

Deno.test("only a draining runner is told to drain, in every answer to its reports", () => {
  const { rig, runnerId, set } = stage();
  rig.submit("tidy");
  rig.take(runnerId);
  const drain = () => {
    const answer = rig.report(runnerId, HEARTBEAT);
    return answer.ok ? answer.value.drain : "refused";
  };
  assert.equal(drain(), undefined);
  set("paused");
  assert.equal(drain(), undefined);
  set("draining");
  assert.equal(drain(), true);
  const end = rig.report(runnerId, SUCCESS);
  assert.deepEqual(end, { ok: true, value: { ok: true, cancel: false, leaseUntil: null, drain: true } });
});

Deno.test("to set what is set already changes nothing", () => {
  const { rig, set } = stage();
  set("paused");
  set("paused");
  assert.deepEqual([rig.last.changes, rig.last.events], [[], []]);
});

Deno.test("registering again opens the intake: the new process was not told to stop", () => {
  const { rig, runnerId, set } = stage();
  set("draining");
  rig.runner("r1", ["linux"]);
  rig.submit("tidy");
  assert.ok(rig.offer(runnerId) !== null);
});

Deno.test("a rotated token is the runner's, the one before it nobody's", () => {
  const { rig, runnerId } = stage();
  const [old, fresh] = [rig.mint("runner"), rig.mint("runner")];
  const who = (hash: string) => authenticate(rig.state, { kind: "token", hash, isOtherProject: false }).ok;
  rig.must((draft) => rotateRunner(draft, "user:ci", { runnerId, minted: old }));
  const answer = rig.must((draft) => rotateRunner(draft, "user:ci", { runnerId, minted: fresh }));
  assert.deepEqual([answer.id, answer.token], [runnerId, fresh.text]);
  assert.deepEqual([who(old.hash), who(fresh.hash)], [false, true]);
});

Deno.test("labels and name can be changed, but not to the name of another runner", () => {
  const { rig, runnerId } = stage();
  rig.runner("r2");
  const update = (change: object) =>
    rig.run((draft) => updateRunner(draft, "user:ci", { runnerId, update: change }));
  rig.submit("tidy");
  assert.ok(update({ labels: ["macos"] }).ok);
  assert.equal(rig.offer(runnerId), null);
  assert.ok(update({ name: "ada" }).ok);
  const { name, labels } = rig.state.runners.get(runnerId)!;
  assert.deepEqual([name, labels], ["ada", ["macos"]]);
  const taken = update({ name: "r2" });
  assert.deepEqual(taken.ok ? null : taken.error, { reason: "runner_name_taken", name: "r2" });
  assert.ok(update({ name: "ada" }).ok);
});

Deno.test("a deleted runner's runs are lost, their jobs go to somebody else, and its name is free", () => {
  const { rig, runnerId } = stage();
  const task = rig.submit("tidy");
  const { run } = rig.take(runnerId);
  rig.must((draft) => deleteRunner(draft, "user:ci", runnerId));
  assert.equal(rig.state.runners.size, 0);
  const { state } = rig.state.runs.get(run.id)!;
  assert.equal(state.kind === "finished" && state.outcome, "lost");
  assert.equal(rig.task(task.id).state.kind, "at_station");
  const tokens = [...rig.state.tokens.values()].filter((token) => token.kind !== "user");
  assert.deepEqual(tokens, []);
  const next = rig.runner("r1", ["linux"]);
  assert.notEqual(next, runnerId);
  assert.equal(rig.take(next).job.taskId, task.id);
});

Deno.test("a runner may hold several jobs once its reports name theirs, which is written once", () => {
  const { rig, runnerId } = stage();
  rig.submit("tidy");
  const { job } = rig.take(runnerId);
  const max = () => jobsMaxOf(rig.state.runners.get(runnerId));
  rig.report(runnerId, HEARTBEAT);
  assert.equal(max(), 1);
  rig.report(runnerId, { ...HEARTBEAT, jobId: job.id });
  assert.equal(max(), RUNNER_JOBS_MAX);
  const writes = () => rig.last.changes.filter((change) => change.kind === "runner").length;
  assert.equal(writes(), 1);
  rig.report(runnerId, { ...HEARTBEAT, jobId: job.id });
  assert.equal(writes(), 0);
});

Deno.test("what a runner says of itself is written when it is new", () => {
  const { rig, runnerId } = stage();
  const say = (version: string) => rig.must((draft) => ({ ok: true, value: offer(draft, version) }));
  const offer = (draft: Parameters<typeof offerJob>[0], version: string) =>
    offerJob(draft, runnerId, null, 1, { capabilities: null, version, harnesses: ["claude"] });
  say("1");
  assert.equal(rig.last.changes.length, 1);
  say("1");
  assert.equal(rig.last.changes.length, 0);
  say("2");
  assert.equal(rig.state.runners.get(runnerId)?.said?.version, "2");
});
