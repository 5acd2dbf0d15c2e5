/** Agents that wait for a person, in the whole Worker: who is told, where it is seen, and that no answer moves a task. */
import assert from "node:assert/strict";
import { startPlane } from "../fake/plane.ts";
import { putLine, station, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const DOCUMENTS = {
  people: [{ name: "ada", roles: ["approver"], groups: ["leads"], identities: ["github:ada"] }],
  policies: [
    { name: "answerers", levels: [{ to: ["group:leads"], leaveAfterMinutes: 30 }] },
    { name: "bare", auth: "token" },
  ],
  gates: [
    { line: "*", gate: "*", policy: "bare" },
    { line: "@agent_wait", gate: "*", policy: "answerers" },
  ],
};

interface Item {
  readonly gateId: string;
  readonly ask: string;
  readonly title: string;
  readonly origin: { readonly kind: string; readonly taskId?: string; readonly runId?: string };
}

Deno.test({
  name: "agents that wait for a person at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    async function stage() {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make")] });
      await at.must(200, "PUT", "/people", { body: { documents: DOCUMENTS } });
      const runner = await at.register("ada-runner");
      const taskId = await submit(at);
      const job = await take(at, runner);
      let sequence = 0;
      const tell = (payload: object, atSequence = sequence++) =>
        at.must(200, "POST", `/runs/${job.runId}/jobs/${job.id}/events`, {
          token: runner.token,
          body: {
            events: [{
              sequence: atSequence,
              atMs: 1,
              type: "status_change",
              payload: { phase: "running", ...payload },
            }],
          },
        });
      const asked = async () => (await at.must(200, "GET", "/worklist")).items as Item[];
      const askedIs = (count: number) =>
        until(`${count} must be asked`, async () => {
          const items = await asked();
          return items.length === count ? items : null;
        });
      const task = () => at.must(200, "GET", `/tasks/${taskId}`);
      return { at, runner, taskId, job, tell, asked, askedIs, task };
    }

    await t.step("it asks whom the policy for @agent_wait names, once, though it is told twice", async () => {
      const { at, tell, askedIs, job, taskId, task } = await stage();
      await tell({ activity: "waiting_for_input", detail: "Which port?" });
      const [item] = await askedIs(1);
      await plane.evict("JOB_QUEUE", at.queueName);
      await tell({ activity: "waiting_for_input", detail: "Which port?" }, 0);
      assert.equal((await askedIs(1))[0]!.gateId, item!.gateId);
      assert.deepEqual([item!.origin.kind, item!.origin.taskId, item!.origin.runId], [
        "agent_wait",
        taskId,
        job.runId,
      ]);
      assert.match(item!.title, /^An agent waits: /);
      const gate = await plane.call("GET", `/v1/gates/${item!.gateId}`);
      assert.deepEqual([gate.json.ask, gate.json.in.says], ["do", "Which port?"], gate.text);
      const told = await until("ada must be told", async () => {
        const { text } = await plane.call("GET", `/v1/gates/${item!.gateId}/audit`);
        return /gate\.notified/.test(text) ? text : null;
      });
      assert.match(told, /user:ada/);
      const { status, agentWait } = await task();
      assert.deepEqual([status, agentWait.kind, agentWait.says, agentWait.runId], [
        "in_progress",
        "waiting",
        "Which port?",
        job.runId,
      ]);
    });

    await t.step("when the agent goes on the ask ends by itself, and nobody is asked any more", async () => {
      const { tell, askedIs, task } = await stage();
      await tell({ activity: "blocked", detail: "No key" });
      const [item] = await askedIs(1);
      await tell({ activity: "thinking", detail: null });
      await askedIs(0);
      const { json } = await plane.call("GET", `/v1/gates/${item!.gateId}`);
      assert.deepEqual([json.state, json.reason], ["cancelled", "the agent went on"]);
      assert.equal((await task()).agentWait, null);
    });

    await t.step("what a person says to the ask moves no task, and the agent still waits", async () => {
      const { tell, askedIs, task, job, at, runner } = await stage();
      await tell({ activity: "working", isStalled: true, detail: "Bash" });
      const [item] = await askedIs(1);
      const done = await plane.call("POST", `/v1/gates/${item!.gateId}/redeem`, {
        body: { decision: "approve" },
      });
      assert.ok(done.status < 500, done.text);
      await askedIs(0).catch(() => undefined);
      const { status, agentWait, currentJobId } = await task();
      assert.deepEqual([status, agentWait.kind, currentJobId], ["in_progress", "stalled", job.id]);
      await at.must(200, "PATCH", `/runners/${runner.id}`, {
        token: runner.token,
        body: { jobResult: "success", exitCode: 0, jobId: job.id, runId: job.runId },
      });
      assert.equal((await task()).status, "completed");
    });

    await t.step(
      "a project that wants no notices has none; its tasks still say that the agent waits",
      async () => {
        const { at, tell, asked, task } = await stage();
        const body = { gitUrl: null, asksForAgents: false };
        assert.equal((await at.must(200, "PUT", "", { body })).asksForAgents, false);
        await tell({ activity: "waiting_for_input", detail: "Which port?" });
        assert.equal((await task()).agentWait.says, "Which port?");
        assert.deepEqual(await asked(), []);
      },
    );
  },
});
