/** The socket of runners and bulk clients, in real workerd. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, startPlane, type TestProject } from "../fake/plane.ts";
import { connect } from "../fake/socket_client.ts";
import { SOCKET_FRAME_MAX_BYTES, SOCKET_LOG_WINDOW_BYTES } from "../../protocol/runner/socket_limits.ts";
import { poll, putLine, readTask, station, submit } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const OFFLINE_MS = 61_000;
const SUCCESS = { jobResult: "success", exitCode: 0, error: null };

const statusOf = async (at: TestProject, id: string) => (await readTask(at, id)).status;

Deno.test({
  name: "the socket of a queue",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const open = async (name = "ada", hello: object = {}, at = plane.project()) => {
      await putLine(at);
      const runner = await at.register(name);
      const socket = await connect(plane, at, runner.token);
      await socket.hello(hello);
      return { at, runner, socket };
    };

    await t.step("a job is pushed as soon as there is one, and its report is answered", async () => {
      const { at, socket } = await open();
      await using _ = socket;
      socket.say({ type: "want", credit: 1 });
      const taskId = await submit(at);
      await socket.until("a job must come", () => socket.jobs().length === 1);
      const [job] = socket.jobs();
      assert.equal(job!.agentDefinition.taskId, taskId);
      assert.equal(await statusOf(at, taskId), "claimed");
      const report = { runId: job!.runId, jobId: job!.id, leaseEpoch: 1, ...SUCCESS };
      assert.deepEqual(await socket.must("report", { report }), {
        ok: true,
        cancel: false,
        leaseUntil: null,
      });
      assert.equal(await statusOf(at, taskId), "completed");
      assert.ok((await socket.ask("report", { report })).ok, "the same report again is accepted");
      const other = await socket.ask("report", { report: { ...report, jobResult: "failed" } });
      assert.equal(other.ok ? null : other.error.code, "run_finished");
    });
  },
});
