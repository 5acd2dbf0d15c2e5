/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { LEASE_MS } from "../../protocol/limits.ts";
import { createQueueRig, FAILURE, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { claimedJob, offeredJob } from "./agent_definition.ts";
import type { JsonText } from "./json_text.ts";
import { putProject } from "./project.ts";
import { latestCommits } from "./task_commits.ts";
import { stateSource, taskView } from "./task_view.ts";

const BASE = "https://shop.test";

Deno.test("TaskData says where the task is, what it waits for, and what was done (Line 2.5, A12)", () => {
  const rig = createQueueRig();
  rig.line(
    "tidy",
    lineOf(
      [station("a"), station("b")],
      [{ from: "a", to: "a", condition: "failure" }, {
        from: "a",
        to: "b",
        condition: "success",
        gate: "review",
      }],
      [{ id: "review", name: "Review" }],
    ),
  );
  const runner = rig.runner("r1");
  const { id } = rig.submit("tidy", { title: "T", description: "D", priority: "high", labels: ["x"] });
  const view = () => taskView(stateSource(rig.state), rig.task(id), BASE);
  assert.deepEqual(
    [view().stageId, view().assemblyLineId, view().columnId, view().order, view().priority, view().labels],
    ["tidy", "tidy", "a", 0, "high", ["x"]],
  );
  assert.equal(view().currentJobId, rig.jobOf(id).id);
  assert.equal(view().assemblyLineRepo.url, `${BASE}/api/git/acme/site/${id}.git`);

  rig.take(runner);
  rig.report(runner, HEARTBEAT);
  assert.deepEqual([view().status, view().attempt], ["in_progress", 1]);
  rig.report(runner, FAILURE);
  assert.deepEqual([view().status, view().attempt, view().history.length], ["queued", 2, 2]);

  rig.take(runner);
  rig.advance(LEASE_MS);
  rig.expire();
  rig.work(rig.runner("r2"), { ...SUCCESS, summary: "all good", headCommit: "a".repeat(40) });
  const { status, pendingGateId, currentJobId, history, updatedAt } = view();
  assert.deepEqual([status, pendingGateId, currentJobId, updatedAt], [
    "awaiting_review",
    "review",
    null,
    rig.nowMs(),
  ]);
  assert.deepEqual(
    history.map((
      h,
    ) => [h.stationId, h.attempt, h.runs, h.runnerName, h.outcome, h.reason, h.summary, h.exitCode]),
    [
      ["a", 1, 1, "r1", "failure", "tests are red", null, 1],
      ["a", 2, 2, "r2", "success", null, "all good", 0],
    ],
  );
  rig.resolve(rig.task(id), "reject", "not yet");
  assert.deepEqual([view().status, view().rejectionReason, view().pendingGateId], [
    "failed",
    "not yet",
    null,
  ]);
});

Deno.test("order counts the tasks of the line that wait at the same station and came before", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b")]));
  rig.line("other", lineOf([station("a")]));
  const ids = [0, 1, 2].map(() => {
    rig.advance(1);
    rig.submit("other");
    return rig.submit("tidy").id;
  });
  const orders = () => ids.map((id) => taskView(stateSource(rig.state), rig.task(id), BASE).order);
  assert.deepEqual(orders(), [0, 1, 2]);
  rig.cancel(ids[0]!);
  assert.deepEqual(orders().slice(1), [0, 1]);
});

Deno.test("an offer holds the work but no run and no secret; a claim holds both (A3, Line 2.7)", () => {
  const rig = createQueueRig();
  rig.line(
    "tidy",
    lineOf([
      {
        id: "a",
        name: "Format",
        trigger: {
          type: "dispatch_worker",
          labels: ["linux"],
          needs: ["git:push"],
          promptTemplate: "Do {{task.title}}",
          createStageRepo: true,
          operatorConfig: { agent: "command", command: "true" },
        },
        operatorConfig: { agent: "claude", model: "m" },
      },
    ]),
  );
  rig.must((draft) => putProject(draft, "user:ci", { gitUrl: "https://git.test/x.git", gitBranch: "main" }));
  const { id } = rig.submit("tidy", { title: "{{task.description}}", description: "D" });
  const runner = rig.runner("r1", ["linux"]);
  const job = rig.offer(runner, ["git:push"])!;
  const offer = read(offeredJob(rig.state, job, BASE));
  assert.deepEqual(
    [offer.id, offer.runId, offer.jobToken, offer.stationName, offer.needs],
    [job.id, undefined, undefined, "Format", ["git:push"]],
  );
  assert.equal(offer.agentDefinition.assemblyLineRepoToken, undefined);

  const claimed = rig.take(runner);
  const polled = read(claimedJob(rig.state, claimed, rig.tokens, BASE));
  const url = `${BASE}/api/git/acme/site/${id}.git`;
  assert.deepEqual(
    [polled.runId, polled.leaseEpoch, polled.leaseUntil, polled.jobToken, polled.workRepositoryUrl],
    [claimed.run.id, 1, rig.nowMs() + LEASE_MS, rig.tokens.job(claimed.run.id), url],
  );
  const definition = polled.agentDefinition;
  assert.deepEqual(
    [
      definition.stageId,
      definition.assemblyLineId,
      definition.prompt,
      definition.repository,
      definition.branch,
    ],
    ["a", "tidy", "Do {{task.description}}", "https://git.test/x.git", "main"],
  );
  assert.deepEqual(
    [definition.assemblyLineRepoUrl, definition.stageGitUrl, definition.stageGitToken],
    [url, url, rig.tokens.repository(claimed.run.id)],
  );
  assert.deepEqual(definition.operatorConfig, { agent: "command", model: "m", command: "true" });
});

Deno.test("a station's plugins are those of its line that it names; what a line does not know is not fetched", () => {
  const rig = createQueueRig();
  const plugins = [{ id: "a", name: "A", sourceUrl: "https://x.test/a" }, {
    id: "b",
    sourceUrl: "https://x.test/b",
  }];
  const [first, second] = [{ ...station("s"), pluginIds: ["b", "theirs"] }, station("t")];
  rig.line("tidy", { ...lineOf([first, second]), plugins, devcontainerTemplate: { id: "deno" } } as never);
  rig.submit("tidy");
  const runner = rig.runner("r1");
  const { agentDefinition } = read(claimedJob(rig.state, rig.take(runner), rig.tokens, BASE));
  assert.deepEqual(agentDefinition.plugins, [plugins[1]]);
  assert.deepEqual(agentDefinition.devcontainerTemplate, { id: "deno" });
  rig.report(runner, SUCCESS);
  const next = read(claimedJob(rig.state, rig.take(runner), rig.tokens, BASE)).agentDefinition;
  assert.equal("plugins" in next, false);
});

Deno.test("before a flagged station the agent gets no repository, but the runner does (Line 9)", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b", { createAssemblyLineRepo: true })]));
  rig.submit("tidy");
  const runner = rig.runner("r1");
  const first = read(claimedJob(rig.state, rig.take(runner), rig.tokens, BASE));
  assert.equal(
    "assemblyLineRepoUrl" in first.agentDefinition || "stageGitUrl" in first.agentDefinition,
    false,
  );
  assert.ok(first.workRepositoryUrl);
  rig.report(runner, SUCCESS);
  const second = read(claimedJob(rig.state, rig.take(runner), rig.tokens, BASE));
  assert.ok(second.agentDefinition.assemblyLineRepoUrl);
});

Deno.test("a project without a repository leaves the fields of it out", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  rig.submit("tidy");
  const { agentDefinition } = read(offeredJob(rig.state, rig.offer(rig.runner("r1"))!, BASE));
  assert.equal("repository" in agentDefinition || "branch" in agentDefinition, false);
  assert.deepEqual([agentDefinition.idleTimeoutMinutes, agentDefinition.maxTimeoutMinutes], [2, 60]);
});

Deno.test("the work of a task is what its newest run with a head commit reported", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b"), station("c")]));
  const { id } = rig.submit("tidy");
  const runner = rig.runner("r1");
  const reader: Parameters<typeof latestCommits>[0] = {
    job: (id) => rig.state.jobs.get(id),
    run: (id) => rig.state.runs.get(id),
  };
  const commits = () => latestCommits(reader, rig.task(id));
  const [base, one, two, three] = ["0".repeat(40), "1".repeat(40), "2".repeat(40), "3".repeat(40)];
  assert.deepEqual(commits(), { baseCommit: null, headCommit: null });
  rig.work(runner, { ...SUCCESS, baseCommit: base, headCommit: one });
  assert.deepEqual(commits(), { baseCommit: base, headCommit: one });
  rig.take(runner);
  rig.report(runner, { ...SUCCESS, reason: "runner_stopped", baseCommit: base, headCommit: two });
  assert.deepEqual(commits(), { baseCommit: base, headCommit: two });
  rig.work(runner, { ...SUCCESS, baseCommit: base, headCommit: three });
  rig.work(runner, SUCCESS);
  assert.deepEqual(
    commits(),
    { baseCommit: base, headCommit: three },
    "a run that says nothing hides nothing",
  );
});

function read<T>(json: JsonText<T>): T {
  return JSON.parse(json);
}
