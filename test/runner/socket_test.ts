/** Our runner at the real Worker over each transport, and over a network that is cut. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ADMIN_TOKEN, startPlane, type TestProject } from "../fake/plane.ts";
import { openCuttableNetwork, scriptedStation, startSocketRunner } from "../fake/socket_runner.ts";
import type { Transport } from "../../runner-agent/ports.ts";
import { until } from "../worker/until.ts";
import { putLine, readTask, station, submit } from "../worker/work_fixture.ts";

const TRANSPORTS: readonly Transport[] = ["auto", "socket", "sse", "poll"];
const AT_ONCE_MS = 3_000;
const CUT_EVERY_MS = 700;
const CUTS = 8;
/** Of a busy machine, with the waits between connections. */
const ENDED_MAX_MS = 60_000;

Deno.test({
  name: "our runner at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_socket_" }));
    const ended = async (at: TestProject, id: string) => {
      for (const endMs = Date.now() + ENDED_MAX_MS; Date.now() < endMs;) {
        const task = await readTask(at, id);
        if (["completed", "failed"].includes(task.status)) return task;
      }
      throw new Error(`Cannot go on as task ${id} must end: it took too long`);
    };

    for (const transport of TRANSPORTS) {
      await t.step(`two stations are run over ${transport}, with their output`, async () => {
        const at = plane.project();
        await putLine(at, {
          name: "L",
          stations: [
            scriptedStation("make", { DUMMY_OUTPUT: "made" }),
            scriptedStation("ship", { DUMMY_OUTPUT: " and shipped", DUMMY_EXIT_CODE: 0 }),
          ],
          transitionRules: [{ from: "make", to: "ship", condition: "success" }],
        });
        const registered = await at.register("ada");
        const runner = await startSocketRunner({ root, serverUrl: plane.url, at, registered, transport });
        const taskId = await submit(at);
        const task = await ended(at, taskId);
        assert.equal(task.status, "completed");
        assert.equal((await at.call("GET", `/tasks/${taskId}/log`)).text, "made and shipped");
        assert.equal(await runner.drain(), "drained");
        const names = runner.events.map(({ event }) => event);
        assert.equal(names.includes("socket_open"), transport === "auto" || transport === "socket");
        assert.deepEqual(names.filter((name) => name === "poll_failed" || name === "socket_none"), []);
      });
    }

    await t.step("a cancel stops the agent at once, though its next heartbeat is far away", async () => {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [scriptedStation("make", { DUMMY_DELAY_MS: 600_000 })] });
      const registered = await at.register("ada");
      const runner = await startSocketRunner({
        root,
        serverUrl: plane.url,
        at,
        registered,
        transport: "socket",
        heartbeatSeconds: 600,
      });
      const taskId = await submit(at);
      await until(
        "the agent must run",
        async () =>
          (await readTask(at, taskId)).status === "in_progress" && runner.world.containers.size > 0
            ? true
            : null,
      );
      const cancelledAtMs = performance.now();
      await at.must(200, "POST", `/tasks/${taskId}/cancel`, { body: { reason: "enough" } });
      await until("the run must be stopped", async () => {
        await at.call("GET", `/tasks/${taskId}`);
        return runner.events.some((one) => one.event === "run_stopping") || null;
      });
      assert.ok(performance.now() - cancelledAtMs < AT_ONCE_MS);
      await runner.drain();
    });

    await t.step("connections that are cut again and again cost no job and no byte of output", async () => {
      const at = plane.project();
      const text = "0123456789".repeat(10_000);
      await putLine(at, {
        name: "L",
        stations: [
          scriptedStation("make", { DUMMY_OUTPUT: text, DUMMY_DELAY_MS: 300, DUMMY_OUTPUT_AFTER: "end" }),
        ],
      });
      const registered = await at.register("ada");
      await using network = openCuttableNetwork(plane.url);
      const runner = await startSocketRunner({
        root,
        serverUrl: network.url,
        at,
        registered,
        transport: "socket",
        jobs: 3,
        heartbeatSeconds: 0.2,
      });
      const taskIds: string[] = [];
      for (let n = 0; n < 4; n++) taskIds.push(await submit(at, `t${n}`));
      let cuts = 0;
      const cutting = setInterval(() => {
        if (++cuts <= CUTS) network.cut();
      }, CUT_EVERY_MS);
      try {
        for (const taskId of taskIds) {
          const task = await ended(at, taskId);
          assert.deepEqual([task.status, task.history[0].runs], ["completed", 1]);
          assert.equal((await at.call("GET", `/tasks/${taskId}/log`)).text, `${text}end`);
        }
      } finally {
        clearInterval(cutting);
      }
      assert.ok(runner.events.filter(({ event }) => event === "socket_open").length > 1, "it was cut");
      for (const id of runner.world.containers.keys()) assert.equal(runner.world.startsOf(id), 1);
      await runner.drain();
    });
    await t.step("the program itself takes its job over a socket, and ends", async () => {
      const at = plane.project();
      const work = { command: "echo from a process" };
      await putLine(at, { name: "L", stations: [station("make", { operatorConfig: work })] });
      const main = fileURLToPath(new URL("../../runner-agent/main.ts", import.meta.url));
      const runner = async (...args: string[]) => {
        const command = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", main, ...args, "--data", `${root}/program`],
          env: { SHOPFLOOR_TOKEN: ADMIN_TOKEN },
          stdin: "null",
          stdout: "null",
          stderr: "piped",
        });
        const { code, stderr } = await command.output();
        return { code, stderr: new TextDecoder().decode(stderr) };
      };
      const where = ["--server", plane.url, "--owner", at.owner, "--project", at.project];
      const registered = await runner("register", ...where, "--name", "program");
      assert.equal(registered.code, 0, registered.stderr);
      const taskId = await submit(at);
      const run = await runner("run", "--runtime", "process", "--transport", "socket", "--once");
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stderr, /"event":"socket_open"/);
      assert.equal((await readTask(at, taskId)).status, "completed", run.stderr);
      assert.match((await at.call("GET", `/tasks/${taskId}/log`)).text, /from a process/);
    });
    await Deno.remove(root, { recursive: true });
  },
});
