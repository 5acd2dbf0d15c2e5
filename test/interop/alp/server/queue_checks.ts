/** Line 6 and 12, and of Line 5 what needs no clock: who gets which job, in which order, and how many at once. */
import { holds, same } from "../check.ts";
import { answerText } from "../wire.ts";
import { outcome, Runner, same200, type ServerBench, type ServerCheck, statusIs } from "./bench.ts";

/** Does a runner with `has` get the job of a station that needs `needs`? Each label is made unique. */
async function matches(
  bench: ServerBench,
  needs: readonly string[],
  has: readonly string[],
): Promise<boolean> {
  const mark = bench.fresh("m");
  const own = (labels: readonly string[]) => labels.map((label) => `${mark}.${label}`);
  const lineId = await bench.putLine({
    stations: [{ id: "a", name: "A", trigger: { type: "dispatch_worker", labels: own(needs) } }],
  });
  const made = await bench.call("POST", `/stages/${lineId}/tasks`, {
    body: { title: "T", description: "D" },
  });
  holds(made.status < 300, "the card to be taken", answerText(made));
  const runner = await bench.register(own(has));
  const polled = await runner.poll();
  if (polled.status === 200) {
    await runner.finish("success");
    return true;
  }
  holds(polled.status === 204, "204 or 200", answerText(polled));
  const rescue = await bench.register(own([...new Set([...needs, "rescue"])]));
  await rescue.next();
  await rescue.finish("success");
  return false;
}

const matching = (
  id: string,
  says: string,
  needs: readonly string[],
  has: readonly string[],
  expected: boolean,
  level: ServerCheck["level"] = "behaviour",
): ServerCheck => ({
  id: `match.${id}`,
  section: "6",
  level,
  says,
  async run(bench) {
    const came = await matches(bench, needs, has);
    const text = (is: boolean) => is ? "the job" : "nothing";
    holds(came === expected, `${text(expected)} for [${has}] when [${needs}] is needed`, text(came));
  },
});

const LINUX = ["linux", "claude-code"];

export const QUEUE_CHECKS: readonly ServerCheck[] = [
  matching("equal", "equal labels match", LINUX, LINUX, true),
  matching("superset", "a runner with more labels matches", LINUX, [...LINUX, "x86_64"], true),
  matching("subset", "a runner with fewer labels does not match", LINUX, ["linux"], false),
  matching("other", "a runner with another label does not match", LINUX, ["macos", "claude-code"], false),
  matching("overlap", "an overlap is not enough", ["linux", "gpu"], ["linux", "x86_64"], false),
  matching("case", "labels are compared with their case", ["Linux"], ["linux"], false, "pick"),
  matching("duplicates", "a label named twice counts once", ["linux", "linux"], ["linux"], true, "pick"),
  {
    id: "match.empty",
    section: "6",
    level: "behaviour",
    says: "a station without labels matches any runner",
    async run(bench) {
      const lineId = await bench.putLine({
        stations: [{ id: "a", name: "A", trigger: { type: "dispatch_worker" } }],
      });
      const card = { title: "T", description: "D", priority: "high" };
      const made = await bench.call("POST", `/stages/${lineId}/tasks`, { body: card });
      const runner = await bench.register([bench.fresh("unrelated")]);
      const job = await runner.next();
      same("the task of the job", job.agentDefinition.taskId, made.json.id);
      await runner.finish("success");
    },
  },
  {
    id: "match.task_labels",
    section: "2.5, 6",
    level: "behaviour",
    says: "a card's own labels are never used for routing",
    async run(bench) {
      const world = await bench.world(["a"]);
      await world.submit({ labels: ["gpu", bench.fresh("routing")] });
      await world.runner.next();
      await world.runner.finish("success");
    },
  },
  {
    id: "order.priority",
    section: "3, A22",
    level: "behaviour",
    says: "the highest priority goes first: high, medium, low",
    async run(bench) {
      const world = await bench.world(["a"]);
      const ids = new Map<string, string>();
      for (const priority of ["low", "medium", "high"]) ids.set(priority, await world.submit({ priority }));
      for (const priority of ["high", "medium", "low"]) {
        const job = await world.runner.next();
        same(`the task that comes as ${priority}`, job.agentDefinition.taskId, ids.get(priority));
        await world.runner.finish("success");
      }
    },
  },
  {
    id: "order.ties",
    section: "A22",
    level: "pick",
    claim: "rule-picks",
    says: "of equal priority the oldest goes first, and no priority is medium",
    async run(bench) {
      const world = await bench.world(["a"]);
      const ids = [];
      for (const more of [{}, { priority: "medium" }, {}]) ids.push(await world.submit(more));
      const low = await world.submit({ priority: "low" });
      for (const expected of [...ids, low]) {
        const job = await world.runner.next();
        same("the next task", job.agentDefinition.taskId, expected);
        await world.runner.finish("success");
      }
    },
  },
  {
    id: "claim.once",
    section: "5, A3",
    level: "behaviour",
    says: "a poll that is answered with a job takes it: nobody else gets it",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      await world.taskBecomes(taskId, { status: "claimed" });
      const other = await bench.register([world.label]);
      await other.getsNothing("somebody else has the job");
      await world.runner.finish("success");
    },
  },
  {
    id: "claim.race",
    section: "5, A3",
    level: "behaviour",
    says: "of twelve runners that poll at once for five jobs, five get one each",
    async run(bench) {
      const world = await bench.world(["a"]);
      for (let i = 0; i < 5; i++) await world.submit();
      const runners: Runner[] = [];
      for (let i = 0; i < 12; i++) runners.push(await bench.register([world.label]));
      const polls = await Promise.all(runners.map((runner) => runner.poll()));
      const jobs = polls.filter((p) => p.status === 200).map((p) => p.json.jobs[0].id);
      same("jobs handed out", jobs.length, 5);
      same("different jobs", new Set(jobs).size, 5);
      for (const [index, polled] of polls.entries()) {
        if (polled.status === 200) await runners[index]!.finish("success");
        else holds(polled.status === 204, "204 to the others", answerText(polled));
      }
    },
  },
  {
    id: "one_job.held",
    section: "12",
    level: "MUST",
    says: "a runner that holds a job gets no other until its terminal report",
    async run(bench) {
      const world = await bench.world(["a"]);
      await world.submit();
      await world.submit();
      const first = await world.runner.next();
      await world.runner.getsNothing("it holds a job");
      same200("a heartbeat", await world.runner.heartbeat());
      await world.runner.getsNothing("it still holds a job");
      await world.runner.finish("success");
      const second = await world.runner.next();
      holds(second.id !== first.id, "the other job", second.id);
      await world.runner.finish("success");
    },
  },
  {
    id: "one_job.job_id",
    section: "12",
    level: "pick",
    claim: "several-jobs",
    says: "a report may name its job, and one that names a job of somebody else changes nothing",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId, job } = await world.submitAndTake();
      const wrong = await world.runner.report(outcome("success", { jobId: bench.fresh("job") }));
      statusIs(wrong, [400, 403, 404, 409, 422], "it names another job");
      await world.taskBecomes(taskId, { status: "claimed" });
      await world.runner.finish("success", { jobId: job.id });
      await world.taskBecomes(taskId, { status: "completed" });
    },
  },
  {
    id: "several_jobs.by_job_id",
    section: "12, A29",
    level: "pick",
    claim: "several-jobs",
    says: "a runner whose reports carry jobId may hold two jobs, and settles each by its id",
    async run(bench) {
      const world = await bench.world(["a"]);
      const tasks = [await world.submit(), await world.submit()];
      const first = await world.runner.next();
      same200(
        "a heartbeat with jobId",
        await world.runner.report({ jobResult: "in_progress", jobId: first.id }),
      );
      const second = await world.runner.next();
      holds(second.id !== first.id, "the other job", second.id);
      const unnamed = await world.runner.report(outcome("success"));
      statusIs(unnamed, [400, 409, 422], "it does not say which job");
      await world.runner.finish("failed", { jobId: second.id });
      await world.taskBecomes(tasks[1]!, { status: "failed" });
      await world.taskBecomes(tasks[0]!, { status: "in_progress" });
      await world.runner.finish("success", { jobId: first.id });
      await world.taskBecomes(tasks[0]!, { status: "completed" });
    },
  },
  {
    id: "job.identity",
    section: "2.6",
    level: "behaviour",
    says: "a retry makes a new job and a new run; two tasks never share either",
    async run(bench) {
      const world = await bench.world(["a"], {
        rules: [{ id: "r", fromStationId: "a", toStationId: "a", condition: "failure" }],
      });
      const { job: first } = await world.submitAndTake();
      await world.runner.finish("failed");
      const second = await world.takeAt("a");
      holds(second.id !== first.id, "another job id", second.id);
      holds(second.runId !== first.runId, "another run id", second.runId);
      await world.runner.finish("success");
    },
  },
];
