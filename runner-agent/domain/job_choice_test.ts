import assert from "node:assert/strict";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { capabilitiesOf, chooseHarness, chooseJob, type RunnerAbility } from "./job_choice.ts";
import { agentDefinition, polledJob } from "../../test/fake/polled_job.ts";

const ability: RunnerAbility = { harnesses: ["command", "codex"], forcedHarness: null, runtime: "podman" };

const work = (operatorConfig: AgentDefinition["operatorConfig"]) => agentDefinition({ operatorConfig });
const offer = (id: string, operatorConfig: AgentDefinition["operatorConfig"]) =>
  polledJob({ id, agentDefinition: { operatorConfig } });

Deno.test("capabilitiesOf() names what can be run, and only the forced harness when one is forced", () => {
  assert.deepEqual(capabilitiesOf(ability), [
    "harness:command",
    "harness:codex",
    "alp_operator",
    "runtime:podman",
  ]);
  assert.deepEqual(capabilitiesOf({ ...ability, harnesses: [] }), [], "nothing where nothing can be run");
  assert.deepEqual(capabilitiesOf({ ...ability, forcedHarness: "gemini" }), []);
  assert.deepEqual(capabilitiesOf({ ...ability, forcedHarness: "codex" }), [
    "harness:codex",
    "alp_operator",
    "runtime:podman",
  ]);
});

Deno.test("chooseHarness() takes the station's agent, else its script, else an AI that is here", () => {
  assert.deepEqual(chooseHarness(work({ agent: "codex", command: "true" }), ability), {
    ok: true,
    value: "codex",
  });
  assert.deepEqual(chooseHarness(work({ command: "true" }), ability), { ok: true, value: "command" });
  assert.deepEqual(chooseHarness(work({}), ability), { ok: true, value: "codex" });
});

Deno.test("chooseHarness() lets the runner's operator decide for every station", () => {
  const forced = { ...ability, forcedHarness: "codex" } as const;
  assert.deepEqual(chooseHarness(work({ agent: "command", command: "true" }), forced), {
    ok: true,
    value: "codex",
  });
});

Deno.test("chooseHarness() refuses jobs that are no station's work", () => {
  const of = (jobType: string) =>
    chooseHarness({ ...work({ command: "true" }), jobType: jobType as never }, ability);
  for (const jobType of ["git_push", "git_distribute", "chat_llm", "new_one"]) {
    assert.deepEqual(of(jobType), { ok: false, error: { reason: "job_type_unknown", jobType } });
  }
  assert.ok(of("command").ok && of("").ok);
});

Deno.test("chooseHarness() refuses what this runner cannot run", () => {
  const reasonOf = (config: Record<string, unknown>, by = ability) => {
    const choice = chooseHarness(work(config), by);
    return choice.ok ? null : choice.error.reason;
  };
  assert.equal(reasonOf({ agent: "claude" }), "harness_not_available");
  assert.equal(reasonOf({ agent: "hal9000" }), "harness_unknown");
  assert.equal(reasonOf({ agent: "command" }), "command_missing");
  assert.equal(reasonOf({}, { ...ability, harnesses: ["command"] }), "command_missing");
});

Deno.test("chooseJob() passes over offers that it cannot run and says why", () => {
  const { job, passed } = chooseJob(
    [offer("a", { agent: "claude" }), offer("b", { command: "true" })],
    ability,
  );
  assert.equal(job?.id, "b");
  assert.deepEqual(passed, [{ jobId: "a", error: { reason: "harness_not_available", harness: "claude" } }]);
});
