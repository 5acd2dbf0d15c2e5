import assert from "node:assert/strict";
import { polledJob } from "../../test/fake/polled_job.ts";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { HarnessName } from "../ports.ts";
import { referenceVariables } from "./reference_environment.ts";

const at = {
  hubUrl: "http://127.0.0.1:7400",
  agentHome: "/home/agent",
  workspace: "/workspace",
  promptFile: "/workspace/initial-prompt.txt",
  appendSystemPromptFile: null,
  subagentPromptFile: null,
};

function variables(work: Partial<AgentDefinition>, harness: HarnessName = "claude") {
  const job = polledJob({ id: "01hx2k3m4n5p", runId: "run-1", agentDefinition: work });
  return referenceVariables(job, { owner: "acme", project: "web" }, { ...at, harness });
}

Deno.test("referenceVariables() has an agent's words by the reference's names, and none for a script", () => {
  const operatorConfig = {
    model: "some-model",
    modelTier: "large",
    effort: "high",
    autoApproveImageUploads: true,
    disableBackgroundTasks: true,
    enable1mContext: false,
  };
  const named = {
    VIBECAST_AGENT: "claude",
    VIBECAST_AUTO_APPROVE_IMAGES: "1",
    VIBECAST_CLAUDE_MODEL: "some-model",
    VIBECAST_CLAUDE_MODEL_TIER: "large",
    VIBECAST_CLAUDE_EFFORT: "high",
    CLAUDE_CODE_EFFORT_LEVEL: "high",
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
    CLAUDE_CODE_DISABLE_1M_CONTEXT: "1",
  };
  const claude = variables({ operatorConfig });
  assert.deepEqual({ ...claude, ...named }, claude);
  const codex = variables({ operatorConfig }, "codex");
  assert.deepEqual([codex["VIBECAST_AGENT"], codex["VIBECAST_CLAUDE_MODEL"]], ["codex", undefined]);
  const script = variables({ operatorConfig }, "command");
  assert.deepEqual(Object.keys(named).filter((name) => name in script), []);
});

Deno.test("referenceVariables() tells the CLI of an effort that it knows, and of no other", () => {
  for (const effort of ["enormous", "", 3, null]) {
    assert.ok(!("CLAUDE_CODE_EFFORT_LEVEL" in variables({ operatorConfig: { effort } })), String(effort));
  }
  assert.equal(variables({ operatorConfig: { effort: "max" } })["CLAUDE_CODE_EFFORT_LEVEL"], "max");
});

Deno.test("referenceVariables() leaves out what is not there, and what is said to be otherwise", () => {
  const env = variables({
    broadcastId: "",
    operatorConfig: { model: null, enable1mContext: true, effort: 3 },
  });
  assert.deepEqual(Object.values(env).filter((value) => value === ""), []);
  for (
    const name of [
      "AGENTICS_AUTO_GIT",
      "AGENTICS_COMMIT_MESSAGE_HINT",
      "AGENTICS_TRACE_ID",
      "TRACEPARENT",
      "BROADCAST_ID",
      "SUBAGENT_PROMPT_SUFFIX_FILE",
      "VIBECAST_APPEND_SYSTEM_PROMPT_FILE",
      "VIBECAST_RESUME_SESSION_ID",
      "VIBECAST_AUTO_APPROVE_IMAGES",
      "VIBECAST_CLAUDE_MODEL",
      "VIBECAST_CLAUDE_EFFORT",
      "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
      "CLAUDE_CODE_DISABLE_1M_CONTEXT",
    ]
  ) assert.ok(!(name in env), name);
});

Deno.test("referenceVariables() passes the sessions of before on, and the first eight signs of the job as a PIN", () => {
  const env = variables({ broadcastId: "cast-1", resumeSessionId: "session-0" });
  assert.deepEqual(
    [env["SESSION_ID"], env["BROADCAST_ID"], env["VIBECAST_RESUME_SESSION_ID"], env["VIBECAST_KEYBOARD_PIN"]],
    ["run-1", "cast-1", "session-0", "01HX2K3M"],
  );
});

Deno.test("referenceVariables() passes a trace on that is one", () => {
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  const env = variables({ traceparent: `00-${id}-00f067aa0ba902b7-01` });
  assert.deepEqual([env["AGENTICS_TRACE_ID"], env["TRACEPARENT"]], [id, `00-${id}-00f067aa0ba902b7-01`]);
  for (const traceparent of [`00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `00-${id}-x-01`, `x\n00-${id}`]) {
    const without = variables({ traceparent });
    assert.deepEqual([without["AGENTICS_TRACE_ID"], without["TRACEPARENT"]], [undefined, undefined]);
  }
});

Deno.test("referenceVariables() encodes what would break a list of resource attributes", () => {
  assert.equal(
    variables({ taskId: "t-1", assemblyLineId: "a=b,c é" })["OTEL_RESOURCE_ATTRIBUTES"],
    "job.id=01hx2k3m4n5p,run.id=run-1,task.id=t-1,assembly_line.id=a%3Db%2Cc%20%C3%A9",
  );
});
