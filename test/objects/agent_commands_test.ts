/** Commands to agents over a runner's socket: pushed at once, said again after a sleep and a new connection, settled once. */
import assert from "node:assert/strict";
import type { ServerMessage } from "../../protocol/runner/socket.ts";
import { startPlane } from "../fake/plane.ts";
import { connect, nextJob, openRunner, type TestSocket } from "../fake/socket_client.ts";
import { submit } from "../worker/work_fixture.ts";

type Command = Extract<ServerMessage, { type: "agent_command" }>;
const commandsOf = (socket: TestSocket) =>
  socket.heard.filter((message): message is Command => message.type === "agent_command");

Deno.test({
  name: "commands to agents over the socket",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const { at, socket, runner } = await openRunner(plane, {});
    socket.say({ type: "want", credit: 1 });
    await submit(at);
    const job = await nextJob(socket);
    const path = `/runs/${job.runId}`;
    const send = async (text: string) =>
      (await at.must(201, "POST", `${path}/messages`, { body: { text } })).id;

    await t.step("a message is pushed as soon as it is written, and counts as sent", async () => {
      const id = await send("one");
      await socket.until("it must be pushed", () => commandsOf(socket).length === 1);
      assert.deepEqual(commandsOf(socket)[0], {
        ...{ type: "agent_command", runId: job.runId, commandId: id },
        ...{ kind: "message", text: "one", interrupt: false },
      });
      const { messages } = await at.must(200, "GET", `${path}/messages`);
      assert.deepEqual([messages[0].state, messages[0].text], ["sent", "one"]);
    });

    await t.step("behind a sleep of the queue it is still pushed", async () => {
      await plane.evict("JOB_QUEUE", at.queueName);
      const id = await send("two");
      await socket.until(
        "it must be pushed",
        () => commandsOf(socket).some(({ commandId }) => commandId === id),
      );
    });

    await t.step(
      "keys reach the runner, are told to nobody else, and who types is on record once",
      async () => {
        const press = async (...keys: string[]) =>
          (await at.must(201, "POST", `${path}/keys`, { body: { keys } })) as Record<string, unknown>;
        const sent = [await press("s", "é", "Enter"), await press("t")];
        await socket.until(
          "they must be pushed",
          () => commandsOf(socket).some(({ commandId }) => commandId === sent[1]!["id"]),
        );
        const pressed = commandsOf(socket).filter(({ kind }) => kind === "keys");
        const pushed = [...new Map(pressed.map((one) => [one.commandId, one])).values()];
        assert.deepEqual(pushed.map((one) => "keys" in one ? one.keys : []), [["s", "é", "Enter"], ["t"]]);
        const listed = async () =>
          ((await at.must(200, "GET", `${path}/messages`)).messages as { kind: string }[])
            .filter(({ kind }) => kind === "keys");
        assert.equal(JSON.stringify([sent, await listed()]).includes("é"), false);
        for (const { id } of sent) {
          await socket.must("agent_command_done", {
            runId: job.runId,
            commandId: id as string,
            outcome: "done",
          });
        }
        assert.equal((await listed()).length, 1, "of those that are done the last one stays");
        const rows = await plane.sql("JOB_QUEUE", at.queueName, "select body from agent_command");
        assert.equal(JSON.stringify(rows).includes("é"), false, "what was pressed is forgotten");
        const { entries } = await at.must(200, "GET", `/tasks/${job.agentDefinition.taskId}/timeline`);
        const typed = (entries as { kind: string; detail: string }[]).filter(({ kind }) => kind === "typed");
        assert.deepEqual(typed.map(({ detail }) => detail), ["by user:admin"]);
      },
    );

    await t.step("a heartbeat's verdict and a new connection say again what is not done", async () => {
      const verdict = (await socket.must("heartbeat", { runs: [{ runId: job.runId }] })).runs[0]!;
      assert.equal("agentCommands" in verdict ? verdict.agentCommands?.length : 0, 2, "keys are done");
      const [first] = commandsOf(socket);
      const done = { runId: job.runId, commandId: first!.commandId, outcome: "confirmed" };
      assert.deepEqual(await socket.must("agent_command_done", done), { commandId: first!.commandId });
      assert.deepEqual(await socket.must("agent_command_done", done), { commandId: first!.commandId });
      await socket[Symbol.asyncDispose]();
      await using again = await connect(plane, at, runner.token);
      await again.hello({ runs: [{ runId: job.runId, leaseEpoch: job.leaseEpoch }] });
      await again.until("it must be said again", () => commandsOf(again).length === 1);
      assert.equal((commandsOf(again)[0] as { text?: string }).text, "two");
      const unknown = await again.ask("agent_command_done", { ...done, commandId: "nobodys" });
      assert.equal(unknown.ok ? null : unknown.error.code, "command_not_found");
    });
  },
});
