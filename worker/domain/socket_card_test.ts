import assert from "node:assert/strict";
import { SOCKET_SILENT_MAX_MS } from "../../protocol/runner/socket_limits.ts";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";
import { isSilent, unheardJobs } from "./socket_card.ts";

Deno.test("a runner is told again of the jobs that it holds and does not know of, and of no other", () => {
  const rig = createQueueRig();
  rig.line("l", lineOf([station("make")]));
  const [ada, bob] = [rig.runner("ada"), rig.runner("bob")];
  for (let n = 0; n < 2; n++) rig.submit("l");
  const held = rig.take(ada);
  rig.take(bob);
  const known = { runId: held.run.id, leaseEpoch: held.run.leaseEpoch };
  assert.deepEqual(unheardJobs(rig.state, ada, []), [held.job.id]);
  assert.deepEqual(unheardJobs(rig.state, ada, [known]), []);
  assert.deepEqual(unheardJobs(rig.state, ada, [{ ...known, leaseEpoch: 0 }]), [held.job.id], "an old lease");
  rig.report(ada, { jobResult: "success", exitCode: 0, runId: held.run.id });
  assert.deepEqual(unheardJobs(rig.state, ada, []), []);
});

Deno.test("silent is who has pinged, and then neither pinged nor spoken for long", () => {
  const nowMs = 1_000_000;
  const long = nowMs - SOCKET_SILENT_MAX_MS - 1;
  assert.equal(isSilent(long, long, nowMs), true);
  assert.equal(isSilent(long + 1, long, nowMs), false);
  assert.equal(isSilent(long, nowMs, nowMs), false);
  assert.equal(isSilent(null, 0, nowMs), false, "who never pinged is not expected to");
});
