/** What people at a machine may ask of its agents: the socket's own mode, its words, and the client behind the commands. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { saveRegistration } from "../../runner-agent/control/registrations.ts";
import type { AgentRegistry, AgentView, KnownAgent } from "../../runner-agent/job/agent_registry.ts";
import {
  AgentCommandError,
  agentScripts,
  agentTurns,
  commandAgent,
  copyAgentOutput,
  localAgents,
  localWorktrees,
  turnLine,
  worktreeLine,
} from "../../runner-agent/job/control_client.ts";
import { err, ok } from "../../protocol/result.ts";
import type { AgentTurns } from "../../runner-agent/job/agent_turns.ts";
import type { KeptTurn } from "../../runner-agent/domain/turns.ts";
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

const SCRIPT = { id: "71-900", pid: 71, parentPid: 1, command: "npm run dev", runsForMs: 10 };

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

const TURN: KeptTurn = {
  turn: 2,
  kind: "turn",
  atMs: 0,
  filesChanged: 1,
  filesLeftOut: 0,
  prompt: "go on",
  headCommit: "0123",
};

const TURNS: AgentTurns = {
  list: () => Promise.resolve(ok([TURN])),
  rewind: (turn) =>
    Promise.resolve(
      turn === 2
        ? ok({ turn: TURN, keptAs: 3, resumed: "exact" })
        : err({ code: "agent_busy", message: "Cannot rewind the agent as it must not be in a turn" }),
    ),
  fork: (_turn, branch, dir) =>
    Promise.resolve(ok({ branch, dir: dir ?? "/forks/here", commit: "0123456789abcdef" })),
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
    scripts: () => ({
      list: () => Promise.resolve([SCRIPT]),
      stop: (id) => Promise.resolve(id === SCRIPT.id && stops.push(id) > 0),
    }),
    stop: () => stops.push(VIEW.runId),
    turns: TURNS,
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

Deno.test("the programs beside an agent are listed, and ended by their ids alone", async () => {
  await withSocket(async ({ dataDir, stops }) => {
    assert.deepEqual(await agentScripts(dataDir, "01r", null), [SCRIPT]);
    await agentScripts(dataDir, "01r", "71-900");
    assert.deepEqual(stops, ["71-900"]);
    await assert.rejects(agentScripts(dataDir, "01r", "71-901"), /must run: see the list/);
    await assert.rejects(agentScripts(dataDir, "01r", "71"), /expected an id such as/);
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

Deno.test("kept turns are listed, put back and forked, and a refusal says why", async () => {
  await withSocket(async ({ dataDir }) => {
    assert.deepEqual(await agentTurns(dataDir, "01r"), [TURN]);
    assert.equal(turnLine(TURN), "2\t1970-01-01T00:00:00.000Z\t1 file changed\tgo on");
    const turn = (act: "rewind" | "fork", body: Record<string, unknown>) =>
      commandAgent(dataDir, "01r", act, body).then(({ detail }) => detail);
    assert.match(
      await turn("rewind", { turn: 2 }) ?? "",
      /as after turn 2; as they were before is turn 3; the agent goes on \(exact\)/,
    );
    await assert.rejects(turn("rewind", { turn: 1 }), /it must not be in a turn/);
    assert.equal(
      await turn("fork", { turn: 2, branch: "try", into: "/tmp/x" }),
      "branch try is at 0123456789ab in /tmp/x",
    );
    for (const body of [{}, { turn: -1 }, { turn: 1.5 }, { turn: "2" }, { turn: 2, more: 1 }]) {
      await assert.rejects(turn("rewind", body), AgentCommandError);
      await assert.rejects(turn("fork", body), AgentCommandError);
    }
    await assert.rejects(turn("fork", { turn: 2, branch: "b", into: "relative" }), /into/);
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
