/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";
import { RUNNER_OFFLINE_MS, RUNNER_SEEN_WRITE_MS } from "../limits.ts";
import { heldJobs, registerRunner } from "./runner_registry.ts";
import { listRunners } from "./runner_view.ts";

const nobody: ReadonlySet<string> = new Set();

Deno.test("a registered runner gets its id, its token once, and the time in ISO-8601 (Line 11)", () => {
  const rig = createQueueRig();
  const minted = rig.mint("runner");
  const answer = rig.must((draft) =>
    registerRunner(draft, "user:ci", { name: "r1", labels: ["linux"], minted })
  );
  assert.deepEqual([answer.name, answer.token], ["r1", minted.text]);
  assert.equal(Date.parse(answer.registeredAt), rig.nowMs());
  assert.equal(JSON.stringify([rig.last.changes, rig.last.events]).includes(minted.text), false);
});

Deno.test("a runner that registers again while it works keeps its job", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { labels: ["linux"] })]));
  rig.submit("tidy");
  const runner = rig.runner("r1", ["linux"]);
  const { run } = rig.take(runner);
  assert.equal(rig.runner("r1", ["macos"]), runner);
  assert.deepEqual(heldJobs(rig.state, runner).map((job) => job.runIds), [[run.id]]);
  assert.equal(rig.state.runners.get(runner)?.lastRunId, run.id);
});

Deno.test("a runner is online while it is heard from, or while its poll is open", () => {
  const rig = createQueueRig();
  const runner = rig.runner("r1");
  const status = (live = nobody) => listRunners(rig.state, { nowMs: rig.nowMs(), liveIds: live })[0]?.status;
  rig.advance(RUNNER_OFFLINE_MS - 1);
  assert.equal(status(), "online");
  rig.advance(1);
  assert.equal(status(), "offline");
  assert.equal(status(new Set([runner])), "online");
  rig.offer(runner);
  assert.equal(status(), "online");
});

Deno.test("being seen is written at most every so often, as rows cost", () => {
  const rig = createQueueRig();
  const runner = rig.runner("r1");
  const written = () => {
    rig.offer(runner);
    return rig.last.changes.map((change) => change.kind);
  };
  rig.advance(RUNNER_SEEN_WRITE_MS - 1);
  assert.deepEqual(written(), []);
  rig.advance(1);
  assert.deepEqual(written(), ["runner"]);
  assert.deepEqual(written(), []);
});

Deno.test("runners are listed by name with the jobs that they hold", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  rig.submit("tidy");
  const [zoe, ada] = [rig.runner("zoe"), rig.runner("ada")];
  const { job } = rig.take(zoe);
  const rows = listRunners(rig.state, { nowMs: rig.nowMs(), liveIds: nobody });
  assert.deepEqual(rows.map((row) => [row.id, row.name, row.currentJobIds]), [
    [ada, "ada", []],
    [zoe, "zoe", [job.id]],
  ]);
});
