/** What agents did, as a task's log keeps it: once, in order, and bounded. */
import assert from "node:assert/strict";
import type { ActivityEntry } from "../../protocol/agent/events.ts";
import type { AgentFacts } from "../../worker/domain/task_log_api.ts";
import { startPlane } from "../fake/plane.ts";
import { ACTIVITY_MAX_BYTES } from "../../worker/limits.ts";

Deno.test({
  name: "activity of agents",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const event = (sequence: number, text = "") => ({
      sequence,
      atMs: 1_000,
      type: "text",
      payload: { text },
    });
    const add = (name: string, runId: string, ...events: object[]) =>
      plane.rpc<number>("TASK_LOG", name, "addActivity", runId, "make", events);
    const page = (name: string, from: number | null, limit: number, runId: string | null = null) =>
      plane.rpc<readonly ActivityEntry[]>("TASK_LOG", name, "activity", from, limit, runId);

    await t.step("events of several runs are kept in the order of arrival, each once", async () => {
      const log = "o/p/several";
      assert.deepEqual(await page(log, 0, 10), []);
      assert.equal(await add(log, "a", event(0), event(1)), 2);
      assert.equal(await add(log, "b", event(0)), 1);
      await plane.evict("TASK_LOG", log);
      assert.equal(await add(log, "a", event(1), event(2)), 3);
      const all = (await page(log, 0, 10)).map(({ runId, sequence, id }) => [runId, sequence, id]);
      assert.deepEqual(all, [["a", 0, 1], ["a", 1, 2], ["b", 0, 3], ["a", 2, 4]]);
      assert.deepEqual((await page(log, 2, 2)).map(({ id }) => id), [2, 3]);
      assert.deepEqual((await page(log, 0, 10, "b")).map(({ id }) => id), [3]);
      assert.deepEqual((await page(log, null, 2)).map(({ id }) => id), [3, 4]);
    });

    await t.step("how an agent is: its last change, and the last state of each message", async () => {
      const log = "o/p/facts";
      const say = (sequence: number, type: string, payload: object) => ({
        sequence,
        atMs: 1_000,
        type,
        payload,
      });
      const facts = (runId: string) => plane.rpc<AgentFacts>("TASK_LOG", log, "agentFacts", runId);
      assert.deepEqual(await facts("a"), { status: null, messages: {} });
      await add(
        log,
        "a",
        say(0, "status_change", { activity: "thinking" }),
        say(1, "message", { id: "m", state: "pasted" }),
      );
      await add(log, "b", say(0, "status_change", { activity: "idle" }));
      await add(
        log,
        "a",
        say(2, "status_change", { activity: "working" }),
        say(3, "message", { id: "m", state: "confirmed" }),
      );
      await add(log, "a", say(4, "text", { text: '"type":"status_change"' }));
      const { status, messages } = await facts("a");
      assert.equal(status?.payload["activity"], "working");
      assert.deepEqual(Object.entries(messages).map(([id, one]) => [id, one.payload["state"]]), [[
        "m",
        "confirmed",
      ]]);
    });

    await t.step(
      "beyond the bound the oldest go, a marker says how much, and nothing comes twice",
      async () => {
        const log = "o/p/large";
        const text = "x".repeat(30_000);
        const batch = 30;
        const batches = Math.ceil(ACTIVITY_MAX_BYTES / (batch * text.length)) + 3;
        for (let n = 0; n < batches; n++) {
          await add(log, "a", ...Array.from({ length: batch }, (_, i) => event(n * batch + i, text)));
        }
        const [marker, first] = await page(log, 0, 2);
        assert.equal(marker!.type, "dropped");
        assert.equal(marker!.payload["events"], first!.sequence, "all before the first that is left");
        assert.equal(await add(log, "a", event(0, text), event(1, text)), batches * batch);
        const size = await plane.sql("TASK_LOG", log, "select sum(size) as size from activity");
        assert.ok(size[0]!["size"] as number <= ACTIVITY_MAX_BYTES);
      },
    );
  },
});
