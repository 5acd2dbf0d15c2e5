/**
 * The real program, killed with SIGKILL while a station follows a pipeline, and started again: the run goes on at the step after
 * the last recorded one, and no program of it starts twice. The agent's CLI is a script that speaks as Claude Code does.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

const ARGS = [
  "--runtime",
  "process",
  "--polling-interval",
  "0.05",
  "--heartbeat-seconds",
  "0.2",
  "--no-harness-probe",
];

const RESULT = JSON.stringify({
  type: "result",
  subtype: "success",
  is_error: false,
  result: "reviewed",
  session_id: "00000000-0000-4000-8000-000000000001",
  total_cost_usd: 0.5,
  usage: { input_tokens: 10, output_tokens: 5 },
});

/** A line in `done` for each start; goes on when `go-NAME` exists. */
const held = (rig: RunnerRig, name: string) =>
  `echo ${name} >> ${rig.root}/done; while [ ! -e ${rig.root}/go-${name} ]; do sleep 0.02; done`;

const pipelineOf = (rig: RunnerRig) =>
  `version: "1"
pipeline:
  - id: invocation
    prompt: "{{ step.invocation.prompt }}"
  - id: build
    context: {shell: "${held(rig, "build")}; echo built"}
  - id: after
    context: {shell: "echo after >> ${rig.root}/done; git add -A; git commit -q --allow-empty -m 'work: {{ step.build.stdout }}'"}
`;

async function withClaude(rig: RunnerRig, body: () => Promise<void>): Promise<void> {
  const bin = join(rig.root, "bin");
  await Deno.mkdir(bin);
  const script = `#!/bin/sh
case "$*" in *--version*) echo "9.9.9 (Claude Code)"; exit 0;; esac
${held(rig, "prompt")}
printf '%s\\n' '${RESULT}'
`;
  await Deno.writeTextFile(join(bin, "claude"), script, { mode: 0o755 });
  const before = { path: Deno.env.get("PATH")!, key: Deno.env.get("ANTHROPIC_API_KEY") };
  Deno.env.set("PATH", `${bin}:${before.path}`);
  Deno.env.set("ANTHROPIC_API_KEY", "sk-not-a-key-0001");
  try {
    await body();
  } finally {
    Deno.env.set("PATH", before.path);
    if (before.key === undefined) Deno.env.delete("ANTHROPIC_API_KEY");
    else Deno.env.set("ANTHROPIC_API_KEY", before.key);
  }
}

async function done(rig: RunnerRig): Promise<readonly string[]> {
  const text = await Deno.readTextFile(join(rig.root, "done")).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

for (const [nth, where] of (["prompt", "build"] as const).entries()) {
  Deno.test(`killed in the middle of a ${where === "build" ? "shell step" : "prompt"}, the runner goes on with it`, async () => {
    await withRunnerRig(async (rig) => {
      await withClaude(rig, async () => {
        const jobId = rig.addJob({
          prompt: "the task",
          operatorConfig: { agent: "claude", pipeline: pipelineOf(rig) },
        });
        const before = ["prompt", "build"].slice(0, nth);
        for (const name of before) await Deno.writeTextFile(join(rig.root, `go-${name}`), "");
        const first = rig.startProcess(...ARGS);
        for (const startMs = Date.now(); !(await done(rig)).includes(where);) {
          assert.ok(
            Date.now() - startMs < 60_000,
            `${where} began: ${rig.plane.outputOf(jobId)} ${JSON.stringify(first.events)}`,
          );
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        first.signal("SIGKILL");
        await first.status;
        for (const name of ["prompt", "build"]) await Deno.writeTextFile(join(rig.root, `go-${name}`), "");
        const second = rig.startProcess(...ARGS);
        await rig.plane.until("the terminal report", () => rig.plane.runs.get(jobId)?.outcome != null);
        const report = rig.plane.runs.get(jobId)!.outcome!;
        assert.deepEqual([report.jobResult, report.error, report.summary], ["success", null, "reviewed"]);
        assert.deepEqual(await done(rig), ["prompt", "build", "after"]);
        assert.equal(report.usage?.inputTokens, 10);
        await second.seen("clean", (event) => event.event === "run_phase" && event.phase === "cleaned");
        second.signal("SIGTERM");
        assert.equal((await second.status).code, 0);
        assert.deepEqual(rig.plane.violations, []);
      });
    });
  });
}

Deno.test("killed at a gate, the runner asks the same question again and hears the answer that came meanwhile", async () => {
  await withRunnerRig(async (rig) => {
    await withClaude(rig, async () => {
      await Deno.writeTextFile(join(rig.root, "go-prompt"), "");
      const asked: string[] = [];
      let isAnswered = false;
      rig.plane.intercept = (method, path, body) => {
        if (!path.includes("/questions")) return null;
        const id = method === "POST"
          ? JSON.parse(new TextDecoder().decode(body)).id as string
          : path.split("/").at(-1)!.split("?")[0]!;
        if (method === "POST") asked.push(id);
        const at = new Date(0).toISOString();
        const end = isAnswered ? { status: "answered", text: "go", decidedBy: "ada", endedAt: at } : {
          status: "pending",
          text: null,
          decidedBy: null,
          endedAt: null,
        };
        const question = { id, askId: "ask", kind: "pause", stepId: "gate", reason: null, askedAt: at };
        return Response.json({ ...question, ...end, expiresAt: null });
      };
      const pipeline = `version: "1"
pipeline:
  - id: gate
    action: pause_for_human
  - id: after
    context: {shell: "echo after >> ${rig.root}/done"}
`;
      const jobId = rig.addJob({ prompt: "p", operatorConfig: { agent: "claude", pipeline } });
      const first = rig.startProcess(...ARGS);
      await rig.plane.until("the question", () => asked.length > 0);
      first.signal("SIGKILL");
      await first.status;
      assert.deepEqual(await done(rig), ["prompt"]);
      isAnswered = true;
      const second = rig.startProcess(...ARGS);
      await rig.plane.until("the terminal report", () => rig.plane.runs.get(jobId)?.outcome != null);
      const report = rig.plane.runs.get(jobId)!.outcome!;
      assert.deepEqual([report.jobResult, report.error], ["success", null]);
      assert.deepEqual(await done(rig), ["prompt", "after"]);
      assert.equal(new Set(asked).size, 1);
      second.signal("SIGTERM");
      assert.equal((await second.status).code, 0);
    });
  });
});
