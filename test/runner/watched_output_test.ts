/** Output while nobody watches, and what somebody who begins to watch gets: the wire, and our runner at the real Worker. */
import assert from "node:assert/strict";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { LOG_FLUSH_MS } from "../../runner-agent/limits.ts";
import { OUTPUT_READER_WATCHES_MS } from "../../worker/limits.ts";
import { startPlane } from "../fake/plane.ts";
import { nextJob, openRunner } from "../fake/socket_client.ts";
import { scriptedStation, type SocketRunner, startSocketRunner } from "../fake/socket_runner.ts";
import { until } from "../worker/until.ts";
import { putLine, submit } from "../worker/work_fixture.ts";

/** Far below the pause while nobody watches. */
const SOON_MS = 4_000;

/** The agent writes something in the middle of its run. */
function write(runner: SocketRunner, text: string): void {
  const [container] = runner.world.containers.values();
  container!.written.push({ stream: "stdout", bytes: new TextEncoder().encode(text) });
  for (const watcher of [...container!.watchers]) watcher();
}

Deno.test({
  name: "output that nobody watches",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_watched_" }));

    await t.step("an acknowledgement says whether somebody watches, and so does the first look", async () => {
      const { at, socket } = await openRunner(plane);
      await using _ = socket;
      socket.say({ type: "want", credit: 1 });
      const taskId = await submit(at);
      const { runId = "", id: jobId, leaseEpoch = 0 } = await nextJob(socket);
      const acknowledged = () => socket.heard.flatMap((one) => one.type === "kept" ? [one] : []);
      const send = async (sequence: number) => {
        socket.chunk({ runId, jobId, leaseEpoch, sequence, offset: sequence, bytes: new Uint8Array([97]) });
        const mine = () => acknowledged().find((one) => one.sequence === sequence);
        await socket.until("a chunk must be kept", () => mine() !== undefined);
        return mine()!.isWatched;
      };
      const looks = () => acknowledged().filter((one) => one.sequence === -1);
      assert.equal(await send(0), false);
      assert.equal(looks().length, 0);
      await at.must(404, "GET", "/tasks/nobody/log");
      assert.equal((await at.call("GET", `/tasks/${taskId}/log`)).text, "a");
      await socket.until("the runner must be told", () => looks().length === 1);
      assert.deepEqual(looks()[0], {
        type: "kept",
        runId,
        sequence: -1,
        nextOffset: 0,
        cancel: false,
        isWatched: true,
      });
      assert.equal(await send(1), true, "a reader counts as watching for some seconds");
      await plane.rpc("TASK_LOG", `${at.queueName}/${taskId}`, "advanceClock", OUTPUT_READER_WATCHES_MS);
      assert.equal(await send(2), false);
      await plane.evict("JOB_QUEUE", at.queueName);
      await at.call("GET", `/tasks/${taskId}/log`);
      await socket.until("the runner must be told after a sleep too", () => looks().length === 2);
    });

    await t.step("our runner saves output up until somebody looks, and then sends it soon", async () => {
      const at = plane.project();
      await putLine(at, {
        name: "L",
        stations: [scriptedStation("make", { DUMMY_OUTPUT: "first ", DUMMY_DELAY_MS: 600_000 })],
      });
      const registered = await at.register("ada");
      const runner = await startSocketRunner({
        root,
        serverUrl: plane.url,
        at,
        registered,
        transport: "socket",
      });
      const taskId = await submit(at);
      // Past the routes: this is nobody who watches.
      const stored = async () => {
        const log = `${at.queueName}/${taskId}`;
        const page = await plane.rpc<{ bytes: Uint8Array }>("TASK_LOG", log, "read", 0, 1_000);
        return new TextDecoder().decode(Uint8Array.from(Object.values(page.bytes)));
      };
      await until("the first output must leave at once", async () => await stored() === "first " || null);
      write(runner, "second ");
      await systemClock.sleep(LOG_FLUSH_MS * 4);
      assert.equal(await stored(), "first ");
      const lookedAtMs = performance.now();
      const sees = (text: string) =>
        until(
          "a reader must see it",
          async () => (await at.call("GET", `/tasks/${taskId}/log`)).text === text || null,
        );
      await sees("first second ");
      write(runner, "third");
      await sees("first second third");
      assert.ok(performance.now() - lookedAtMs < SOON_MS);
      await at.must(200, "POST", `/tasks/${taskId}/cancel`, { body: { reason: "enough" } });
      assert.equal(await runner.drain(), "drained");
    });
    await Deno.remove(root, { recursive: true });
  },
});
