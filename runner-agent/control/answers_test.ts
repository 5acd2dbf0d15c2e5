/** What other servers send, and leave out (Line 3 and 4.2). */
import assert from "node:assert/strict";
import { claimAnswer, logAnswer, pollAnswer, reportAnswer, runnerList, runnerRegistered } from "./answers.ts";

const least = { id: "job-1", runId: "run-1", agentDefinition: { labels: [], taskId: "t1", stageId: "s1" } };

Deno.test("a job needs no more than the spec's fields, and gets the spec's defaults", () => {
  const job = pollAnswer.parse({ jobs: [least] }).jobs[0]!;
  assert.deepEqual([job.runId, job.attempt, job.leaseEpoch], ["run-1", 1, undefined]);
  assert.deepEqual([job.agentDefinition.idleTimeoutMinutes, job.agentDefinition.maxTimeoutMinutes], [2, 60]);
});

Deno.test("null is the same as absent, and what is unknown is ignored", () => {
  const { jobs } = pollAnswer.parse({
    more: 1,
    jobs: [{
      ...least,
      runId: null,
      leaseEpoch: null,
      attempt: null,
      needs: null,
      projectName: "x",
      agentDefinition: {
        ...least.agentDefinition,
        labels: null,
        prompt: null,
        repository: null,
        plugins: null,
        devcontainerFiles: null,
        operatorConfig: null,
        idleTimeoutMinutes: 0,
        claudeCredentialsScope: "task",
        runtimeResources: { memoryMB: 1 },
      },
    }],
  });
  assert.deepEqual([jobs[0]!.runId, jobs[0]!.agentDefinition.repository], [undefined, undefined]);
  assert.equal(jobs[0]!.agentDefinition.idleTimeoutMinutes, 2);
});

Deno.test("the reference's names of a task's repository are read where the spec's are missing", () => {
  const stage = { stageGitUrl: "https://x.example/a.git", stageGitToken: "t" };
  const { jobs } = pollAnswer.parse({
    jobs: [{ ...least, agentDefinition: { ...least.agentDefinition, ...stage } }],
  });
  assert.deepEqual(
    [jobs[0]!.agentDefinition.assemblyLineRepoUrl, jobs[0]!.agentDefinition.assemblyLineRepoToken],
    [stage.stageGitUrl, "t"],
  );
});

Deno.test("what the reference sends for an agent's session, its sub-agents and its trace is kept", () => {
  const sent = {
    broadcastId: "cast-1",
    resumeSessionId: "session-0",
    resumeBroadcastId: "cast-0",
    subagentPromptAppendix: "Be brief",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    commitBackRepository: {
      url: "https://git.example/a.git",
      credentialKind: "agentics-repo" as const,
      token: "t",
      credential: "site",
    },
    marketplaceTokens: [
      { authority: "m.example", bearer: "b", upstreamPrefix: "/team" },
      { authority: "n.example", credential: "site" },
    ],
    agents: [{ id: "1", name: "reviewer", content: "Review it" }],
    gitignoreLines: ["*.log"],
  };
  const { jobs } = pollAnswer.parse({
    jobs: [{ ...least, agentDefinition: { ...least.agentDefinition, ...sent } }],
  });
  // As JSON: what was not said is not there.
  const read = JSON.parse(JSON.stringify(jobs[0]!.agentDefinition));
  assert.deepEqual({ ...read, ...sent }, read);
});

Deno.test("a job that is a command needs no definition, and keeps its limits and its type", () => {
  const bare = { id: "job-3", command: "make test", memMib: 512, vcpuCount: 1, jobType: "command" };
  const [job] = pollAnswer.parse({ jobs: [bare] }).jobs;
  assert.deepEqual([job!.agentDefinition.taskId, job!.agentDefinition.jobType], ["job-3", "command"]);
  assert.deepEqual(job!.agentDefinition.operatorConfig, {
    agent: "command",
    command: "make test",
    limits: { memMib: 512, vcpuCount: 1 },
  });
  const [typed] = pollAnswer.parse({ jobs: [{ ...least, jobType: "git_push" }] }).jobs;
  assert.equal(typed!.agentDefinition.jobType, "git_push");
  const definition = { ...least.agentDefinition, jobType: "git_distribute" };
  assert.equal(
    pollAnswer.parse({ jobs: [{ ...least, agentDefinition: definition }] }).jobs[0]!.agentDefinition.jobType,
    "git_distribute",
  );
});

Deno.test("limits beside a definition, and its memory, are read; those that are none say nothing", () => {
  const read = (change: object, definition: object = {}) =>
    pollAnswer.parse({
      jobs: [{ ...least, ...change, agentDefinition: { ...least.agentDefinition, ...definition } }],
    })
      .jobs[0]!.agentDefinition;
  assert.deepEqual(read({ memMib: 512 }, { operatorConfig: { agent: "claude" } }).operatorConfig, {
    agent: "claude",
    limits: { memMib: 512, vcpuCount: undefined },
  });
  assert.deepEqual(read({ memMib: -1, vcpuCount: "2" }).operatorConfig, {});
  assert.deepEqual(read({}, { runtimeResources: { memoryMB: 256 } }).runtimeResources, { memoryMB: 256 });
  for (const runtimeResources of [null, "x", { memoryMB: "x" }]) {
    assert.equal(read({}, { runtimeResources }).runtimeResources?.memoryMB, undefined);
  }
});

Deno.test("a job whose work could not come back is none of ours", () => {
  const commitBackRepository = { url: "https://git.example/a.git", credentialKind: "another" };
  const lost = { ...least, agentDefinition: { ...least.agentDefinition, commitBackRepository } };
  assert.deepEqual(pollAnswer.parse({ jobs: [lost, { ...least, id: "job-2" }] }).jobs.map(({ id }) => id), [
    "job-2",
  ]);
});

for (const nothing of [null, undefined, {}, { jobs: null }, { jobs: [] }]) {
  Deno.test(`${JSON.stringify(nothing)} is a poll without work`, () => {
    assert.deepEqual(pollAnswer.parse(nothing), { jobs: [] });
  });
}

Deno.test("an answer to a report that says nothing asks for nothing", () => {
  for (const body of [null, undefined, {}, "OK", [], { status: "fine" }, { cancel: null }]) {
    assert.equal(reportAnswer.parse(body).cancel, false);
    assert.equal(logAnswer.parse(body).cancel, false);
  }
  assert.deepEqual(reportAnswer.parse({ cancel: true }).cancel, true);
});

Deno.test("an answer to output says whether somebody watches, or nothing of it", () => {
  assert.equal(logAnswer.parse({ nextOffset: 3, isWatched: false }).isWatched, false);
  assert.equal(logAnswer.parse({ nextOffset: 3, isWatched: true }).isWatched, true);
  for (const body of [null, "OK", { nextOffset: 3 }, { isWatched: "no" }]) {
    assert.ok(!("isWatched" in logAnswer.parse(body)));
  }
});

Deno.test("a claim's answer is a whole job, or what it adds to the offer, or nothing", () => {
  assert.equal(claimAnswer.parse(least).job?.id, "job-1");
  assert.deepEqual(claimAnswer.parse({ runId: "r9" }).runId, "r9");
  assert.equal(claimAnswer.parse({ runId: "r9" }).job, null);
  assert.equal(claimAnswer.parse({ runId: "../x" }).runId, undefined);
  assert.equal(claimAnswer.parse(null).runId, undefined);
});

Deno.test("a registration without a name keeps the one that was asked for", () => {
  const made = runnerRegistered("mine").parse({ id: 7, token: "t", registeredAt: "2026-01-01T00:00:00Z" });
  assert.deepEqual([made.id, made.name], ["7", "mine"]);
});

Deno.test("the reference's list of runners has no ids", () => {
  assert.deepEqual(runnerList.parse([{ name: "a", status: "online" }]), [{
    id: "",
    name: "a",
    status: "online",
  }]);
});

Deno.test("how often a server wants heartbeats is read from jobs, claims and reports, and only if it is a number", () => {
  const told = { ...least, heartbeatMs: 1_000 };
  assert.equal(pollAnswer.parse({ jobs: [told] }).jobs[0]!.heartbeatMs, 1_000);
  assert.equal(claimAnswer.parse({ runId: "run-1", heartbeatMs: 1_000 }).heartbeatMs, 1_000);
  assert.equal(reportAnswer.parse({ ok: true, heartbeatMs: 1_000 }).heartbeatMs, 1_000);
  for (const heartbeatMs of [null, 0, "soon"]) {
    assert.equal(pollAnswer.parse({ jobs: [{ ...least, heartbeatMs }] }).jobs[0]!.heartbeatMs, undefined);
    assert.equal(reportAnswer.parse({ ok: true, cancel: true, heartbeatMs }).heartbeatMs, undefined);
    assert.equal(reportAnswer.parse({ ok: true, cancel: true, heartbeatMs }).cancel, true);
  }
});

Deno.test("a job that cannot be read does not keep a runner from the others; alone it is an answer that cannot be read", () => {
  const wrong = { ...least, id: "../x" };
  assert.deepEqual(pollAnswer.parse({ jobs: [wrong, least] }).jobs.map(({ id }) => id), ["job-1"]);
  const alone = pollAnswer.safeParse({ jobs: [wrong] });
  assert.deepEqual([alone.success, alone.error?.issues[0]?.path.join(".")], [false, "jobs.id"]);
});
