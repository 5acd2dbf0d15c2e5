/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { createQueueRig, lineOf, type QueueRig, station } from "../../test/fake/queue_rig.ts";
import { TASK_ASSET_PUTS_MAX, TASK_ASSETS_MAX } from "../limits.ts";
import { claimedJob } from "./agent_definition.ts";
import type { Task } from "./queue_state.ts";
import { type AssetToPut, deleteAsset, putAsset } from "./task_asset.ts";

const BASE = "https://plane.test";

function asset(name: string, content = "a"): AssetToPut {
  return { name, size: 3, sha256: content.repeat(64), type: "text/plain" };
}

function withTask(): { readonly rig: QueueRig; readonly id: Task["id"] } {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b")]));
  return { rig, id: rig.submit("tidy").id };
}

function put(rig: QueueRig, id: Task["id"], one: AssetToPut) {
  return rig.run((draft) => putAsset(draft, "user:ci", id, one));
}

function reasonOf(result: ReturnType<typeof put>) {
  return result.ok ? null : result.error;
}

function claim(rig: QueueRig, runner = "r1") {
  const json = claimedJob(rig.state, rig.take(rig.runner(runner)), rig.tokens, BASE);
  return (JSON.parse(json) as PolledJob).agentDefinition;
}

Deno.test("a job carries the task's assets with the reference's names, each by what is in it", () => {
  const { rig, id } = withTask();
  assert.ok(put(rig, id, asset("plan 1.pdf")).ok);
  assert.deepEqual(claim(rig).taskAssets, [{
    fileName: "plan 1.pdf",
    mimeType: "text/plain",
    size: 3,
    sha256: "a".repeat(64),
    url: `${BASE}/api/owners/acme/projects/site/tasks/${id}/assets/plan%201.pdf?sha256=${"a".repeat(64)}`,
  }]);
});

Deno.test("a job of a task without assets says nothing of them", () => {
  const { rig, id } = withTask();
  put(rig, id, asset("x"));
  rig.must((draft) => deleteAsset(draft, "user:ci", id, "x"));
  assert.equal("taskAssets" in claim(rig), false);
});

Deno.test("the same again changes nothing; other bytes or another type take its place", () => {
  const { rig, id } = withTask();
  put(rig, id, asset("x"));
  rig.advance(5);
  assert.deepEqual(put(rig, id, asset("x")), { ok: true, value: rig.task(id).assets![0] });
  assert.deepEqual(rig.last.changes, []);
  put(rig, id, asset("x", "b"));
  put(rig, id, { ...asset("x", "b"), type: "image/png" });
  const { assets, assetPuts } = rig.task(id);
  assert.deepEqual(assets, [{ ...asset("x", "b"), type: "image/png", putAtMs: rig.nowMs() }]);
  assert.equal(assetPuts, 3);
});

Deno.test("a task has room for so many, and takes one in place of another when it is full", () => {
  const { rig, id } = withTask();
  for (let n = 0; n < TASK_ASSETS_MAX; n++) assert.ok(put(rig, id, asset(`x${n}`)).ok);
  const full = { reason: "too_many_assets", of: "task", assetsMax: TASK_ASSETS_MAX };
  assert.deepEqual(reasonOf(put(rig, id, asset("one more"))), full);
  assert.ok(put(rig, id, asset("x0", "b")).ok);
  rig.must((draft) => deleteAsset(draft, "user:ci", id, "x1"));
  assert.ok(put(rig, id, asset("one more")).ok);
});

Deno.test("who puts over and over comes to an end: what was replaced is kept", () => {
  const { rig, id } = withTask();
  for (let n = 0; n < TASK_ASSET_PUTS_MAX; n++) {
    assert.ok(put(rig, id, { ...asset("x"), sha256: String(n).padStart(64, "0") }).ok);
  }
  const spent = { reason: "too_many_assets", of: "puts", assetsMax: TASK_ASSET_PUTS_MAX };
  assert.deepEqual(reasonOf(put(rig, id, asset("x", "f"))), spent);
});

Deno.test("a name that some machines take for another's is refused", () => {
  const { rig, id } = withTask();
  put(rig, id, asset("Plan.pdf"));
  const taken = { reason: "asset_name_taken", name: "plan.PDF", by: "Plan.pdf" };
  assert.deepEqual(reasonOf(put(rig, id, asset("plan.PDF"))), taken);
});

Deno.test("an asset of no such name or task is not found", () => {
  const { rig, id } = withTask();
  const deleted = rig.run((draft) => deleteAsset(draft, "user:ci", id, "x"));
  assert.deepEqual(deleted.ok ? null : deleted.error, { reason: "not_found", what: "asset", id: "x" });
  const unknown = "01jbrc9nf6m6sc7n75yr3hga9v" as Task["id"];
  assert.deepEqual(reasonOf(put(rig, unknown, asset("x"))), {
    reason: "not_found",
    what: "task",
    id: unknown,
  });
});

Deno.test("the first asset opens the task's log, which is told of it; audit says who and what", () => {
  const { rig, id } = withTask();
  put(rig, id, asset("x"));
  assert.equal(rig.state.notes.get(id)?.hasLog, true);
  const told = rig.events.flatMap((event) => event.destination === "task_log" ? [event.entry.kind] : []);
  assert.deepEqual(told, ["task_submitted", "job_queued", "asset_put"]);
  const audit = rig.events.flatMap((event) =>
    event.destination === "history" && event.record.kind === "audit" && event.record.action === "asset_put"
      ? [[event.record.actor, event.record.subject, event.record.detail]]
      : []
  );
  assert.deepEqual(audit, [["user:ci", "asset:x", "a".repeat(64)]]);
});
