/** Line 2.7, 8 and the picks about what a job carries and how its outcome is read. */
import { holds, same } from "../check.ts";
import { answerText, isOk } from "../wire.ts";
import { outcome, rule, same200, type ServerBench, type ServerCheck, statusIs } from "./bench.ts";

/** The job of a one-station line with this trigger. */
async function jobOf(
  bench: ServerBench,
  trigger: Readonly<Record<string, unknown>>,
  card: Readonly<Record<string, unknown>> = {},
) {
  const world = await bench.world([{ id: "a", trigger }]);
  const taskId = await world.submit(card);
  const job = await world.runner.next();
  await world.runner.finish("success");
  return { world, taskId, job, work: job.agentDefinition };
}

async function rendersTo(
  bench: ServerBench,
  template: string,
  card: Readonly<Record<string, unknown>>,
  expected: string,
) {
  const { work } = await jobOf(bench, { promptTemplate: template }, card);
  same(`the prompt of '${template}'`, work.prompt, expected);
}

/** What an outcome does: where `a` leads by a rule for each condition. */
async function outcomeOf(bench: ServerBench, body: unknown): Promise<string> {
  const world = await bench.world(["a", "success", "failure", "cancelled"], {
    rules: ["success", "failure", "cancelled"].map((condition) => rule("a", condition, condition)),
  });
  const { taskId } = await world.submitAndTake();
  same200(`the report ${JSON.stringify(body)}`, await world.runner.report(body));
  const { columnId } = await world.taskBecomes(taskId, { status: "queued" });
  await world.runner.next();
  await world.runner.finish("failed");
  return columnId;
}

const outcomeCheck = (
  id: string,
  says: string,
  body: unknown,
  expected: string,
  claim?: string,
): ServerCheck => ({
  id: `outcome.${id}`,
  section: "8",
  level: claim === undefined ? "behaviour" : "pick",
  says,
  ...(claim === undefined ? {} : { claim }),
  run: async (bench) => same("the condition", await outcomeOf(bench, body), expected),
});

const FAILED = { jobResult: "failed", error: "it broke" };

export const JOB_CHECKS: readonly ServerCheck[] = [
  outcomeCheck("success", "success is success", outcome("success"), "success"),
  outcomeCheck("failed", "failed is failure", { ...FAILED, exitCode: 1 }, "failure"),
  outcomeCheck(
    "failed_codes",
    "exit codes other than 1 are failure too",
    { ...FAILED, exitCode: 137 },
    "failure",
  ),
  outcomeCheck(
    "launch_failure",
    "-1 says that there was no operator",
    { ...FAILED, exitCode: -1 },
    "failure",
  ),
  outcomeCheck(
    "failed_zero",
    "failed with exit code 0 is failure",
    { ...FAILED, exitCode: 0 },
    "failure",
    "exit-code-wins",
  ),
  outcomeCheck(
    "exit_code_wins",
    "success with exit code 3 is failure",
    outcome("success", { exitCode: 3 }),
    "failure",
    "exit-code-wins",
  ),
  outcomeCheck("timeout", "a timeout that the runner reports as failed is failure", {
    ...FAILED,
    exitCode: 124,
    error: "timeout",
  }, "failure"),
  outcomeCheck(
    "timeout_reason",
    "with reason 'timeout' it is cancelled",
    { ...FAILED, exitCode: 124, reason: "timeout" },
    "cancelled",
    "timeout-reason",
  ),
  {
    id: "outcome.not_cancelled",
    section: "8",
    level: "behaviour",
    says: "cancelled cannot be reported",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      const answer = await world.runner.report({ jobResult: "cancelled", exitCode: 1, error: null });
      statusIs(answer, [400, 422], "there is no such value");
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
    },
  },
  {
    id: "template.variables",
    section: "2.2",
    level: "behaviour",
    says: "promptTemplate renders task.title and task.description",
    run: (bench) =>
      rendersTo(
        bench,
        "Title: {{task.title}}\nText: {{task.description}}\n{{task.title}}",
        { title: "Fix it", description: "Line 1\nLine 2" },
        "Title: Fix it\nText: Line 1\nLine 2\nFix it",
      ),
  },
  {
    id: "template.unknown",
    section: "A23",
    level: "pick",
    claim: "rule-picks",
    says: "unknown variables and other braces stay as they are",
    run: (bench) =>
      rendersTo(
        bench,
        "{{task.labels}} {{ unknown }} {title} {{{{",
        {},
        "{{task.labels}} {{ unknown }} {title} {{{{",
      ),
  },
  {
    id: "template.single_pass",
    section: "A23",
    level: "pick",
    claim: "rule-picks",
    says: "values are never expanded again",
    run: (bench) =>
      rendersTo(
        bench,
        "{{task.title}}|{{task.description}}",
        { title: "{{task.description}}", description: "$& $1 {{task.title}}" },
        "{{task.description}}|$& $1 {{task.title}}",
      ),
  },
  {
    id: "template.empty",
    section: "A23",
    level: "pick",
    claim: "rule-picks",
    says: "an empty description renders as nothing",
    run: (bench) => rendersTo(bench, "[{{task.description}}]", { description: "" }, "[]"),
  },
  {
    id: "job.trigger_fields",
    section: "2.2, 2.7",
    level: "behaviour",
    says: "what the trigger says comes with the job",
    async run(bench) {
      const trigger = {
        appendSystemPrompt: "Be brief.",
        idleTimeoutMinutes: 7,
        maxTimeoutMinutes: 11,
        initBranch: true,
        autoGit: true,
        commitMessageTemplate: "feat: x",
      };
      const { work } = await jobOf(bench, trigger);
      for (const [field, value] of Object.entries(trigger)) same(field, work[field], value);
    },
  },
  {
    id: "job.timeout_defaults",
    section: "2.2, A28",
    level: "pick",
    claim: "rule-picks",
    says: "the timeouts are always sent: idle 2 and maximum 60 when the station does not say",
    async run(bench) {
      const { work } = await jobOf(bench, {});
      same("idleTimeoutMinutes", work.idleTimeoutMinutes, 2);
      same("maxTimeoutMinutes", work.maxTimeoutMinutes, 60);
    },
  },
  {
    id: "job.line_id",
    section: "2.10, A13",
    level: "pick",
    claim: "reference-names",
    says: "stageId is the station and assemblyLineId the line",
    async run(bench) {
      const { work, world } = await jobOf(bench, {});
      same("stageId", work.stageId, "a");
      same("assemblyLineId", work.assemblyLineId, world.lineId);
    },
  },
  {
    id: "job.operator_config",
    section: "2.7",
    level: "pick",
    claim: "reference-names",
    says: "a station's operatorConfig comes with the job, unknown keys too",
    async run(bench) {
      const operatorConfig = { model: "some-model", effort: "high", disableBackgroundTasks: true };
      const { work } = await jobOf(bench, { operatorConfig });
      for (const [key, value] of Object.entries(operatorConfig)) {
        same(`operatorConfig.${key}`, work.operatorConfig?.[key], value);
      }
    },
  },
  {
    id: "job.repository",
    section: "2.7",
    level: "pick",
    claim: "project-repository",
    says: "the project's repository and branch come with the job",
    async run(bench) {
      const gitUrl = "https://git.example/interop/other.git";
      const put = await bench.setup.putRepository(bench.place, gitUrl);
      holds(isOk(put), "the repository to be put", answerText(put));
      const { work } = await jobOf(bench, {});
      same("repository", work.repository, gitUrl);
      same("branch", work.branch, "main");
    },
  },
  {
    id: "job.aliases_in",
    section: "2.10",
    level: "pick",
    claim: "reference-names",
    says:
      "a line in the words of the examples (columns, fromColumnId, toColumnId) and of the disk (from, to, gate) is taken",
    async run(bench) {
      const label = bench.fresh("label");
      const stations = ["a", "b", "c"].map((id, order) => ({
        id,
        name: id,
        order,
        trigger: { type: "dispatch_worker", labels: [label], createStageRepo: true },
      }));
      const answer = await bench.setup.putLine(bench.place, bench.fresh("line"), {
        name: "Aliases",
        columns: stations,
        transitions: [
          { from: "a", to: "c", condition: "success" },
          { fromColumnId: "c", toColumnId: "b", condition: "success" },
        ],
      } as never);
      holds(isOk(answer), "the line to be taken", answerText(answer));
      const card = { title: "T", description: "D" };
      const made = await bench.call("POST", `/stages/${answer.json.id}/tasks`, { body: card });
      holds(isOk(made), "the card to be taken", answerText(made));
      const runner = await bench.register([label]);
      for (const id of ["a", "c", "b"]) {
        const job = await runner.next();
        same("the station", job.agentDefinition.stageId, id);
        holds(job.agentDefinition.assemblyLineRepoUrl !== undefined, "the repository", "none");
        await runner.finish(id === "b" ? "failed" : "success");
      }
    },
  },
];
