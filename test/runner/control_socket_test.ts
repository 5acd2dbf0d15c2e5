/** What people at a machine may ask of its agents: the socket's own mode, its words, and the client behind the commands. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { saveRegistration } from "../../runner-agent/control/registrations.ts";
import type { AgentRegistry, AgentView, KnownAgent } from "../../runner-agent/job/agent_registry.ts";
import {
  AgentCommandError,
  commandAgent,
  copyAgentOutput,
  localAgents,
  localWorktrees,
  worktreeLine,
} from "../../runner-agent/job/control_client.ts";
import { err, ok } from "../../protocol/result.ts";
import { serveControlSocket } from "../../runner-agent/job/control_socket.ts";
import type { WorktreeInfo } from "../../runner-agent/ports.ts";
import type { AgentCommand } from "../../protocol/agent/commands.ts";

const VIEW: AgentView = {
  runId: "01run",
  jobId: "j",
  taskId: "t",
  station: "build",
  harness: "claude",
  phase: "running",
  activity: "working",
  detail: "Bash",
  turns: 1,
  sessionId: null,
  resumed: "fresh",
  containerId: "c",
  usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: null },
  messages: [],
};

const WORKTREE: WorktreeInfo = {
  runId: "r1",
  taskId: "t1",
  path: "/w",
  branch: "main",
  baseBranch: "main",
  baseCommit: "ba5e",
  headCommit: "0123456789abcdef",
  ahead: 2,
  isDirty: true,
  isForeign: true,
  sharesBranchWith: ["r2"],
  notes: [],
  fault: null,
};

async function withSocket(
  body: (world: { dataDir: string; socket: string; heard: AgentCommand[]; stops: string[] }) => Promise<void>,
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_control_" });
  const heard: AgentCommand[] = [];
  const stops: string[] = [];
  const agent: KnownAgent = {
    view: () => VIEW,
    output: ({ form, follow }) => new Blob([`${form} ${follow}\n`]).stream(),
    stop: () => stops.push(VIEW.runId),
    delete: (wish) => {
      if (!wish.stop) return Promise.resolve(err("Cannot delete as the agent is at work"));
      stops.push(JSON.stringify(wish));
      return Promise.resolve(ok(null));
    },
    commands: {
      carryOut(command) {
        heard.push(command);
        if (command.kind === "suspend") return Promise.reject(new Error("Cannot suspend: it has ended"));
        return Promise.resolve({ outcome: command.kind === "message" ? "confirmed" : "done", detail: null });
      },
    },
  };
  const agents: AgentRegistry = {
    add: () => () => {},
    list: () => [agent],
    find: (runId) => runId === VIEW.runId ? agent : null,
  };
  await saveRegistration(dataDir, {
    id: "r1",
    name: "rig",
    token: "t",
    server: "http://127.0.0.1:1",
    owner: "o",
    project: "p",
    labels: [],
    registeredAt: new Date(0).toISOString(),
  });
  await Deno.mkdir(join(dataDir, "r1"));
  const socket = join(dataDir, "r1", "control.sock");
  const serving = await serveControlSocket(socket, agents, { list: () => Promise.resolve([WORKTREE]) });
  try {
    await body({ dataDir, socket, heard, stops });
  } finally {
    await serving.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("worktrees are listed, with what a person must know of each", async () => {
  await withSocket(async ({ dataDir }) => {
    assert.deepEqual(await localWorktrees(dataDir), [WORKTREE]);
    assert.equal(
      worktreeLine(WORKTREE),
      "r1\tmain\ton main\t0123456789ab\t2 commits since its start, uncommitted changes, foreign branch, same branch as r2\t/w",
    );
    assert.match(
      worktreeLine({ ...WORKTREE, headCommit: null, fault: "unreadable" }),
      /\tba5e\tunreadable\t/,
    );
  });
});

Deno.test("agents are listed and commanded by the beginning of their run's id", async () => {
  await withSocket(async ({ dataDir, heard, stops }) => {
    assert.deepEqual((await localAgents(dataDir)).map(({ agent }) => agent), [VIEW]);
    const said = await commandAgent(dataDir, "01r", "messages", { text: 'hello\n"you"', interrupt: true });
    assert.deepEqual(said, { outcome: "confirmed", detail: null });
    await commandAgent(dataDir, "01r", "messages", { text: "soon", expiresInS: 90 });
    assert.equal((await commandAgent(dataDir, "01run", "resume", { text: null })).outcome, "done");
    await commandAgent(dataDir, "01run", "stop");
    assert.deepEqual(stops, ["01run"]);
    assert.deepEqual(heard.map(({ commandId: _, ...rest }) => rest), [
      { runId: "01run", kind: "message", text: 'hello\n"you"', interrupt: true },
      { runId: "01run", kind: "message", text: "soon", interrupt: false, expiresInMs: 90_000 },
      { runId: "01run", kind: "resume", text: null },
    ]);
  });
});

Deno.test("what cannot be done is said: no such agent, a session that has ended, a message that is none", async () => {
  await withSocket(async ({ dataDir }) => {
    await assert.rejects(commandAgent(dataDir, "99", "interrupt"), AgentCommandError);
    await assert.rejects(commandAgent(dataDir, "01run", "suspend"), /Cannot suspend: it has ended/);
    await assert.rejects(commandAgent(dataDir, "01run", "messages", { text: "" }), /^AgentCommandError|text/);
  });
});

Deno.test("what a terminal has shown is copied as bytes or as lines, and no other form", async () => {
  await withSocket(async ({ dataDir }) => {
    const told: string[] = [];
    const write = (bytes: Uint8Array) => void told.push(new TextDecoder().decode(bytes));
    await copyAgentOutput(dataDir, "01r", { form: "lines", follow: false }, write);
    await copyAgentOutput(dataDir, "01r", { form: "raw", follow: true }, write);
    assert.equal(told.join(""), "lines false\nraw true\n");
    const other = { form: "html" as "raw", follow: false };
    await assert.rejects(copyAgentOutput(dataDir, "01r", other, write), /it answered 400/);
  });
});

Deno.test("an agent at work is deleted only where it is to be stopped, too", async () => {
  await withSocket(async ({ dataDir, stops }) => {
    await assert.rejects(commandAgent(dataDir, "01run", "delete", { home: true }), /the agent is at work/);
    await assert.rejects(commandAgent(dataDir, "01run", "delete", { everything: true }), AgentCommandError);
    assert.deepEqual(stops, []);
    assert.equal(
      (await commandAgent(dataDir, "01run", "delete", { home: true, stop: true })).outcome,
      "done",
    );
    assert.deepEqual(stops, ['{"branch":false,"home":true,"stop":true}']);
  });
});

Deno.test("only the runner's own user can open the socket, and it is gone afterwards", async () => {
  let path = "";
  await withSocket(async ({ socket }) => {
    path = socket;
    assert.equal((await Deno.lstat(socket)).mode! & 0o777, 0o600);
  });
  await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
});
