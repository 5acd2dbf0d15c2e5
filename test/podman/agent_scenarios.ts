/**
 * What each of the four agent CLIs must go through in a real sandbox (the tests' list of the runtime layer), one step of the
 * test for each thing, so that what fails has a name. What CLIs do differently is in {@link WITHIN_A_TURN}, and is what is
 * asserted then.
 */
import assert from "node:assert/strict";
import type { SessionHarnessName } from "../../runner-agent/agent_ports.ts";
import { promptHash } from "../../runner-agent/domain/agent/message_queue.ts";
import type { RunnerProcess } from "../fake/runner_rig.ts";
import {
  type AgentStage,
  KEY,
  openGate,
  taskRepository,
  type ToldEvent,
  untilAt,
  withAgentStage,
} from "./agent_stage.ts";

/**
 * 200 KB, of which a quarter is not ASCII; it begins and ends with what must not be lost. Its lines are long, as Gemini CLI
 * takes minutes to draw ten thousand of them again when it is resumed.
 */
const LARGE_PROMPT = 'first-message: `id` $HOME \\ "quoted" !ls\n'
  .padEnd(150_000, `${"All work and no play. 1 ".repeat(40)}\n`) +
  `${"ä✓😀 ".repeat(100)}\n`.repeat(50) +
  "the end of it";
const SHORT_PROMPT = 'Make it.\n\nIt\'s "quoted" & $HOME.';
const HARNESS_PID = "cat /run/shopfloor/agent.pid";
const SCREEN = "tmux -S /run/shopfloor/tmux.sock capture-pane -p -J -t agent:agent";
/** A program in a sandbox, on a busy machine. */
const SEND_KEYS_MS = 600;
/** Prints the ids of those that it kills. */
const KILL_FORWARDS = `for one in /proc/[0-9]*; do
  read -r name <"$one/comm" || continue
  [ "$name" != socat ] || { kill -KILL "\${one#/proc/}" && echo "\${one#/proc/}"; }
done 2>/dev/null`;
const SPEC_SAID = "said-by-the-control-plane-1";
/** Each answer of the script says that it used so many; those to turns that were broken into are used too. */
const OUTPUT_TOKENS_MIN = 5 * 10;

/** How a message that comes within a turn is taken. Claude Code hands it to the model at the next tool's end. */
const WITHIN_A_TURN: Readonly<Record<SessionHarnessName, "same turn" | "next turn">> = {
  claude: "same turn",
  codex: "same turn",
  gemini: "next turn",
  opencode: "same turn",
};

type Step = (name: string, body: () => Promise<void>) => Promise<void>;

/** Steps that depend on each other: the first that fails is the last. */
function stepsOf(t: Deno.TestContext): Step {
  return async (name, body) => {
    let failure: unknown = null;
    const isOk = await t.step(name, async () => {
      try {
        await body();
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (!isOk) throw new Error(`'${name}' failed, so what follows was not tried`, { cause: failure });
  };
}

/** All of it. */
export function wholeSession(name: SessionHarnessName, t: Deno.TestContext): Promise<void> {
  return withAgentStage(name, { prompt: LARGE_PROMPT, script: "whole_session" }, async (stage) => {
    const step = stepsOf(t);
    let runner = stage.startRunner();
    await step("the first prompt, of 200 KB, is taken byte for byte", () => promptIsExact(stage));
    await step("a tool of the bridge is answered by the control plane", () => bridgeAnswers(stage));
    await step(
      "the CLI's own tool changes a file",
      () => stage.untilInside("the file is there", "grep -qx first /workspace/made.txt"),
    );
    await step(
      "the bridge is killed and comes back: the same process calls it again",
      () => bridgeIsKilled(stage),
    );
    await step("a person's message interrupts the turn, and is taken", () => turnIsInterrupted(stage));
    await step("a message that comes within a turn is taken", () => saidWithinATurn(stage));
    await step(
      "suspended within a turn, it goes on exactly: the model sees what was",
      () => isResumed(stage),
    );
    await step("the runner is killed within a turn: the next one adopts the agent", async () => {
      runner = await runnerIsKilled(stage, runner);
    });
    await step(
      "it ends its station: success, usage, its commits in the task's repository",
      () =>
        isReported(stage, runner, {
          summary: "made it through all",
          commits: ["second-work", "first-work"],
          made: "first\nsecond",
          outputTokensMin: OUTPUT_TOKENS_MIN,
        }),
    );
    await step("nothing was said twice", () => nothingTwice(stage));
  });
}

/** Task in, a call through the bridge, a commit, and the station's end. */
export function shortSession(name: SessionHarnessName, t: Deno.TestContext): Promise<void> {
  return withAgentStage(name, { prompt: SHORT_PROMPT, script: "short_session" }, async (stage) => {
    const step = stepsOf(t);
    const runner = stage.startRunner();
    await step("its task is taken", () => promptIsTaken(stage, SHORT_PROMPT));
    await step("a tool of the bridge is answered by the control plane", () => bridgeAnswers(stage));
    await step(
      "it ends its station: success, usage, its commit in the task's repository",
      () =>
        isReported(stage, runner, {
          summary: "made it",
          commits: ["first-work"],
          made: "first",
          outputTokensMin: 5,
        }),
    );
  });
}

async function promptIsTaken(stage: AgentStage, prompt: string): Promise<void> {
  await stage.until("the task is settled", () => stage.statesOf("task-1").length === 3);
  assert.deepEqual(stage.statesOf("task-1"), ["queued", "pasted", "confirmed"]);
  const told = stage.events().find((one) => one.type === "message")!;
  // The receipt is what the CLI's own hook was told: its hash is the one of what we wanted said.
  assert.equal(told.payload["sha256"], promptHash(prompt));
}

async function promptIsExact(stage: AgentStage): Promise<void> {
  assert.ok(new TextEncoder().encode(LARGE_PROMPT).length >= 200_000);
  await promptIsTaken(stage, LARGE_PROMPT);
  await stage.until("the model is asked", () => stage.toolUses.length > 0);
  const text = JSON.stringify(LARGE_PROMPT).slice(1, -1);
  assert.ok(stage.model.requests.some(({ body }) => body.includes(text)), "the model gets it as it is");
}

async function bridgeAnswers(stage: AgentStage): Promise<void> {
  await stage.until("the tool is called", () => stage.toolUses.length > 0);
  const [use] = stage.toolUses;
  assert.deepEqual([use!.tool, use!.parameters["what"]], ["af_spec_read", "rendered"]);
  const isOfBridge = (type: string) => (one: ToldEvent) =>
    one.type === type && one.payload["by"] === "bridge" && one.payload["tool"] === "af_spec_read";
  await stage.until("its answer is told", () => stage.events().some(isOfBridge("tool_result")));
  assert.equal(stage.events().filter(isOfBridge("tool_call")).length, 1);
  await asked(stage, SPEC_SAID);
}

/** All that leads from the sandbox's loopback to the hub dies, and nobody serves for a while. */
async function bridgeIsKilled(stage: AgentStage): Promise<void> {
  await untilAt(stage, "bridge");
  const before = await stage.inside(HARNESS_PID);
  const socket = stage.hubSocket();
  await Deno.rename(socket, `${socket}.away`);
  assert.notEqual(await stage.inside(KILL_FORWARDS), "");
  await stage.untilInside("nobody answers", "! curl -sf -m 0.3 http://127.0.0.1:7400/healthz");
  await Deno.rename(`${socket}.away`, socket);
  await stage.untilInside("it is back", "curl -sf -m 1 http://127.0.0.1:7400/healthz >/dev/null");
  await openGate(stage, "bridge");
  await stage.until("the tool is called", () => stage.toolUses.length > 1);
  assert.deepEqual(stage.toolUses[1], { tool: "af_subtask_state", parameters: { state: "in_progress" } });
  assert.equal(await stage.inside(HARNESS_PID), before);
}

async function turnIsInterrupted(stage: AgentStage): Promise<void> {
  await untilAt(stage, "interrupt");
  const body = { id: "second", text: "second-message", interrupt: true };
  const { outcome } = await stage.tell("messages", body);
  assert.equal(outcome, "confirmed");
  await stage.until("its receipt is told", () => stage.statesOf("second").includes("confirmed"));
  assert.equal(stage.turnOf("second"), stage.turnOf("task-1") + 1);
  await untilAt(stage, "busy");
  await asked(stage, "second-message");
}

async function saidWithinATurn(stage: AgentStage): Promise<void> {
  const told = stage.tell("messages", { id: "third", text: "third-message", interrupt: false });
  await stage.untilInside("it is pasted", `${SCREEN} | grep -q third-message`);
  // That Enter was pressed is seen by nobody.
  await new Promise((resolve) => setTimeout(resolve, stage.harness.pasteSettleMs + SEND_KEYS_MS));
  await openGate(stage, "busy");
  await asked(stage, "third-message");
  assert.equal((await told).outcome, "confirmed");
  await stage.until("its receipt is told", () => stage.statesOf("third").includes("confirmed"));
  assert.equal(
    stage.turnOf("third") - stage.turnOf("second"),
    WITHIN_A_TURN[stage.harness.name] === "same turn" ? 0 : 1,
  );
}

async function isResumed(stage: AgentStage): Promise<void> {
  await untilAt(stage, "suspend");
  const { sessionId, containerId } = await stage.agent();
  assert.deepEqual(await stage.tell("suspend"), { outcome: "done", detail: null });
  assert.equal((await stage.agent()).phase, "suspended");
  const text = "fourth-message";
  assert.deepEqual(await stage.tell("resume", { text }), { outcome: "done", detail: "exact" });
  const now = await stage.agent();
  assert.notEqual(now.containerId, containerId);
  await untilAt(stage, "runner");
  assert.equal((await stage.agent()).sessionId, sessionId);
  const conversation = await asked(stage, "fourth-message");
  for (const part of ["first-message", "second-message", "third-message", SPEC_SAID]) {
    assert.ok(conversation.includes(part), `the model sees ${part}`);
  }
}

/** The turn goes on while there is no runner: what it asks for waits for the next one. */
async function runnerIsKilled(stage: AgentStage, runner: RunnerProcess): Promise<RunnerProcess> {
  const before = await stage.inside(HARNESS_PID);
  runner.signal("SIGKILL");
  await runner.status;
  await openGate(stage, "runner");
  const next = stage.startRunner();
  await stage.until("the tool is called", () => stage.toolUses.length > 2);
  assert.equal(stage.toolUses[2]!.parameters["state"], "awaiting_verification");
  assert.equal(await stage.inside(HARNESS_PID), before);
  return next;
}

async function isReported(
  stage: AgentStage,
  runner: RunnerProcess,
  expected: {
    readonly summary: string;
    /** The newest first. */
    readonly commits: readonly string[];
    readonly made: string;
    readonly outputTokensMin: number;
  },
): Promise<void> {
  const report = await stage.report();
  assert.deepEqual(
    [report.jobResult, report.conclusion, report.summary, report.error],
    ["success", "success", expected.summary, null],
  );
  assert.ok((report.usage?.outputTokens ?? 0) >= expected.outputTokensMin, JSON.stringify(report.usage));
  const repository = taskRepository(stage);
  const subjects = await stage.rig.git(repository, "log", "--format=%s", report.headCommit!);
  assert.deepEqual(subjects.split("\n").slice(0, expected.commits.length), expected.commits);
  assert.equal(await stage.rig.git(repository, "show", `${report.headCommit}:made.txt`), expected.made);
  // With --once, also one that has adopted the run.
  assert.equal((await runner.status).code, 0);
  assert.ok(!stage.rig.plane.outputOf(stage.jobId).includes(KEY));
  assert.deepEqual(stage.rig.plane.violations, []);
}

async function nothingTwice(stage: AgentStage): Promise<void> {
  const ids = stage.events().filter((one) => one.type === "message").map((one) => String(one.payload["id"]));
  for (const id of ["task-1", "second", "third", "resume-2"]) {
    assert.deepEqual(stage.statesOf(id), ["queued", "pasted", "confirmed"], id);
  }
  assert.deepEqual([...new Set(ids)].sort(), ["resume-2", "second", "task-1", "third"]);
  const conversation = await asked(stage, "both runners saw it");
  for (const said of ["first-message", "second-message", "third-message", "fourth-message"]) {
    assert.equal(conversation.split(said).length - 1, 1, `the model was told ${said} once`);
  }
}

/** The latest request to the model about the station that holds `text`. */
async function asked(stage: AgentStage, text: string): Promise<string> {
  const find = () => stage.model.requests.findLast(({ body, turn }) => turn !== null && body.includes(text));
  await stage.until(`the model is told ${text}`, () => find() !== undefined);
  return find()!.body;
}
