import assert from "node:assert/strict";
import { createQueueRig, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { claimedJob, offeredJob } from "./agent_definition.ts";

const BASE = "https://floor.test";
const read = (json: string) => JSON.parse(json);

Deno.test("a job carries what its station says in the reference's words, in the offer as in the claim", () => {
  const rig = createQueueRig();
  const said = {
    claudeCredentialsScope: "task",
    agents: [{ id: "r", name: "R", content: "x" }],
    marketplaceTokens: [{ authority: "m", credential: "c" }],
    gitignoreLines: ["*.log"],
    runtimeResources: { memoryMB: 512 },
    subagentPromptAppendix: "Be brief.",
    commitBackRepository: { url: "https://git.test/x.git", credentialKind: "runner" },
  };
  rig.line("tidy", lineOf([station("a", said)]));
  rig.submit("tidy");
  const runner = rig.runner("r1");
  const offer = read(offeredJob(rig.state, rig.offer(runner)!, BASE));
  const claim = read(claimedJob(rig.state, rig.take(runner), rig.tokens, BASE));
  for (const { agentDefinition } of [offer, claim]) {
    assert.deepEqual({ ...agentDefinition, ...said }, agentDefinition);
  }
  assert.deepEqual(["jobType" in claim, "command" in claim, "memMib" in claim], [false, false, false]);
});

Deno.test("a repository to push to, as the station's operator has it, is the job's too", () => {
  const rig = createQueueRig();
  const commitBackRepository = { url: "https://git.test/x.git", credentialKind: "agentics-repo" };
  rig.line("tidy", lineOf([station("a", { operatorConfig: { commitBackRepository } })]));
  rig.submit("tidy");
  const job = read(claimedJob(rig.state, rig.take(rig.runner("r1")), rig.tokens, BASE));
  assert.deepEqual(job.agentDefinition.commitBackRepository, commitBackRepository);
});

for (
  const [jobType, need] of [["git_push", "git:push"], ["git_distribute", "git-distribute"], [
    "chat_llm",
    "chat-llm:v1",
  ]] as const
) {
  Deno.test(`a job of the kind ${jobType} goes to who can do it, with its payload untouched`, () => {
    const rig = createQueueRig();
    const payload = { gitPushPayload: { files: { a: [1, null] } }, distributePayload: { allow: ["x"] } };
    rig.line("tidy", lineOf([station("a", { jobType, ...payload })]));
    rig.submit("tidy");
    const runner = rig.runner("r1");
    assert.equal(rig.offer(runner, ["alp_operator"]), null);
    const job = read(offeredJob(rig.state, rig.offer(runner, [need])!, BASE));
    assert.deepEqual([job.needs, job.jobType, job.agentDefinition.jobType], [[need], jobType, jobType]);
    assert.deepEqual({ ...job.agentDefinition, ...payload }, job.agentDefinition);
  });
}

Deno.test("a runner that takes commands gets the station's, with its limits, beside the definition", () => {
  const of = (trigger: object) => {
    const rig = createQueueRig();
    rig.line("tidy", lineOf([station("a", trigger)]));
    rig.submit("tidy");
    const { command, memMib, vcpuCount } = read(
      offeredJob(rig.state, rig.offer(rig.runner("r1"), ["alp_runner_spawn"])!, BASE),
    );
    return [command, memMib, vcpuCount];
  };
  const needs = ["alp_runner_spawn"];
  assert.deepEqual(of({ needs, command: "make", memMib: 512, vcpuCount: 2 }), ["make", 512, 2]);
  assert.deepEqual(of({ needs, operatorConfig: { command: "true" } }), ["true", undefined, undefined]);
  assert.deepEqual(of({ operatorConfig: { command: "true" } }), [undefined, undefined, undefined]);
});

Deno.test("all jobs of a task are of one trace: the request's, or the task's own", () => {
  const given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const of = (traceparent: string | null) => {
    const rig = createQueueRig();
    rig.line("tidy", lineOf([station("a"), station("b")]));
    rig.submit("tidy", {}, traceparent);
    const runner = rig.runner("r1");
    return [0, 1].map(() => {
      const job = read(claimedJob(rig.state, rig.take(runner), rig.tokens, BASE));
      rig.report(runner, SUCCESS);
      return job.agentDefinition.traceparent as string;
    });
  };
  assert.deepEqual(of(given), [given, given]);
  const [first, second] = of(null);
  assert.match(first!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.equal(first!.slice(0, 35), second!.slice(0, 35));
  assert.notEqual(first, second);
});
