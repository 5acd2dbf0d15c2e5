/** Looks into worktrees at a runner that is connected and says nothing: nobody waits for ever, and not too many wait. */
import assert from "node:assert/strict";
import { WORKTREE_LOOKS_MAX, WORKTREE_WAIT_MS } from "../../protocol/agent/limits.ts";
import { startPlane } from "../fake/plane.ts";
import { nextJob, openRunner } from "../fake/socket_client.ts";
import { submit } from "../worker/work_fixture.ts";

Deno.test({
  name: "looks that nobody answers",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    await t.step("each ends at its time, and one more than may wait is refused at once", async () => {
      const { at, socket } = await openRunner(plane);
      await using _ = socket;
      socket.say({ type: "want", credit: 1 });
      await submit(at);
      const { runId = "" } = await nextJob(socket);
      const beganAtMs = performance.now();
      const answers = await Promise.all(
        Array.from({ length: WORKTREE_LOOKS_MAX + 1 }, () => at.call("GET", `/runs/${runId}/worktree/diff`)),
      );
      assert.ok(performance.now() - beganAtMs < WORKTREE_WAIT_MS + 5_000);
      const codes = answers.map(({ status, json }) => `${status} ${json.error.code}`).sort();
      assert.equal(codes[0], "409 too_many_looks");
      assert.deepEqual(new Set(codes.slice(1)), new Set(["504 runner_silent"]));
      const asked = socket.heard.flatMap((one) => one.type === "agent_command" ? [one.kind] : []);
      assert.deepEqual([asked.length, asked[0]], [WORKTREE_LOOKS_MAX, "worktree_diff"]);
    });
  },
});
