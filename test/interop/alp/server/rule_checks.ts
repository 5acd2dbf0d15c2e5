/** Line 7, rules 1 to 3, 5 and 6, with the picks: where a task goes. */
import { fail, holds, same } from "../check.ts";
import { answerText } from "../wire.ts";
import { NONE, outcome, rule, type ServerCheck, type World } from "./bench.ts";
import { after, check, goesTo, pick } from "./rule_steps.ts";

/** More than any bound that a server would set. */
const LOOPS_MAX = 60;

export const RULE_CHECKS: readonly ServerCheck[] = [
  check(
    "success",
    "rule 1",
    "success takes the rule of success",
    async (bench) => goesTo(await after(bench, "success", [rule("a", "success", "c")]), "c"),
  ),
  check(
    "failure",
    "rule 1",
    "failed takes the rule of failure",
    async (bench) => goesTo(await after(bench, "failed", [rule("a", "failure", "c")]), "c"),
  ),
  check(
    "cancelled",
    "rule 1",
    "a cancelled job takes the rule of cancelled",
    async (bench) =>
      goesTo(await after(bench, "cancelled", [rule("a", "failure", "b"), rule("a", "cancelled", "c")]), "c"),
    "behaviour",
    "cancel",
  ),
  check(
    "any_success",
    "rule 2",
    "any takes success",
    async (bench) => goesTo(await after(bench, "success", [rule("a", "any", "c")]), "c"),
  ),
  check(
    "any_failure",
    "rule 2",
    "any takes failure",
    async (bench) => goesTo(await after(bench, "failed", [rule("a", "any", "c")]), "c"),
  ),
  check(
    "any_cancelled",
    "rule 2",
    "any takes cancelled",
    async (bench) => goesTo(await after(bench, "cancelled", [rule("a", "any", "c")]), "c"),
    "behaviour",
    "cancel",
  ),
  pick(
    "order_any_first",
    "rule 2, A7",
    "the first rule in order wins: any before success",
    async (bench) =>
      goesTo(await after(bench, "success", [rule("a", "any", "b"), rule("a", "success", "c")]), "b"),
  ),
  pick(
    "order_any_last",
    "rule 2, A7",
    "the first rule in order wins: success before any",
    async (bench) =>
      goesTo(await after(bench, "success", [rule("a", "success", "c"), rule("a", "any", "b")]), "c"),
  ),
  check(
    "default_next",
    "rule 3",
    "without a rule, success goes to the next station in order",
    async (bench) => goesTo(await after(bench, "success", []), "b"),
  ),
  check(
    "default_last",
    "rule 3",
    "without a rule, success at the last station completes the task",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
      await world.runner.getsNothing("the task has ended");
    },
  ),
  check("default_failure", "rule 3", "without a rule, failure fails the task", async (bench) => {
    const { world, taskId } = await after(bench, "failed", []);
    await world.taskBecomes(taskId, { status: "failed", columnId: "a" });
    await world.runner.getsNothing("the task has ended");
  }),
  check(
    "default_cancelled",
    "rule 3, A9",
    "without a rule, cancelled fails the task, with a reason",
    async (bench) => {
      const { world, taskId } = await after(bench, "cancelled", []);
      const task = await world.taskBecomes(taskId, { status: "failed" });
      holds((task.rejectionReason ?? "") !== "", "a reason", task.rejectionReason);
    },
    "pick",
    "cancel",
  ),
  check(
    "default_beside_success",
    "rule 3",
    "a station with a rule for success only still fails on failure",
    async (bench) => {
      const { world, taskId } = await after(bench, "failed", [rule("a", "success", "c")]);
      await world.taskBecomes(taskId, { status: "failed" });
    },
  ),
  check(
    "default_of_other_station",
    "rule 3",
    "rules of one station leave the others their defaults",
    async (bench) => {
      const { world, taskId } = await after(bench, "success", [rule("b", "success", "a")]);
      await world.takeAt("b");
      await world.runner.finish("success");
      await world.takeAt("a");
      await world.runner.finish("failed");
      await world.taskBecomes(taskId, { status: "failed" });
    },
  ),
  check("jump_back", "rule 5", "an earlier target loops, a later one skips", async (bench) => {
    const world = await bench.world(["a", "b", "c"], {
      rules: [rule("a", "success", "c"), rule("c", "failure", "b")],
    });
    const { taskId } = await world.submitAndTake();
    const steps = [["success", "c"], ["failed", "b"], ["success", "c"]] as const;
    for (const [result, next] of steps) {
      await world.runner.finish(result);
      await world.takeAt(next);
    }
    await world.runner.finish("success");
    await world.taskBecomes(taskId, { status: "completed" });
  }),
  check("self_retry", "rule 5", "a rule to its own station retries it", async (bench) => {
    const world = await bench.world(["a", "b"], { rules: [rule("a", "failure", "a")] });
    const { taskId } = await world.submitAndTake();
    await world.runner.finish("failed");
    await world.takeAt("a");
    await world.runner.finish("success");
    await world.takeAt("b");
    await world.runner.finish("success");
    await world.taskBecomes(taskId, { status: "completed" });
  }),
  pick(
    "bound_self",
    "rule 5, A8",
    "a station that retries itself for ever is stopped, and the task fails",
    async (bench) => {
      const world = await bench.world(["a"], { rules: [rule("a", "any", "a")] });
      await loopsEnd(world);
    },
  ),
  pick("bound_loop", "rule 5, A8", "a loop of two stations is stopped, and the task fails", async (bench) => {
    const world = await bench.world(["a", "b"], { rules: [rule("a", "any", "b"), rule("b", "any", "a")] });
    await loopsEnd(world);
  }),
  pick(
    "none_terminal",
    "rule 6, A10",
    "a none station without a rule ends the task: completed on the success path",
    async (bench) => {
      const world = await bench.world(["a", { id: "done", trigger: NONE }]);
      const { taskId } = await world.submitAndTake();
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed", columnId: "done" });
    },
  ),
  check(
    "none_after_failure",
    "rule 6, A10",
    "a none station reached by a rule of failure gets no job, and the task ends",
    async (bench) => {
      const stations = ["a", { id: "merged", trigger: NONE }, { id: "stopped", trigger: NONE }];
      const world = await bench.world(stations, {
        rules: [rule("a", "success", "merged"), rule("a", "failure", "stopped")],
      });
      const { taskId } = await world.submitAndTake();
      await world.runner.finish("failed");
      const task = await world.taskBecomes(taskId, { columnId: "stopped" });
      holds(["completed", "failed"].includes(task.status), "the task to have ended", task.status);
      await world.runner.getsNothing("a none station has no job");
    },
    "pick",
    "rule-picks",
  ),
  check(
    "none_waits",
    "rule 6",
    "a task submitted at a none station waits there without a job",
    async (bench) => {
      const world = await bench.world([{ id: "inbox", trigger: NONE }, "b"], {
        rules: [rule("inbox", "any", "b")],
      });
      const taskId = await world.submit();
      const task = await world.task(taskId);
      same("columnId", task.columnId, "inbox");
      holds(
        !["completed", "failed", "awaiting_review"].includes(task.status),
        "a task that waits",
        task.status,
      );
      await world.runner.getsNothing("a none station has no job");
    },
  ),
];

/** Ends every job that comes, until the task has failed by itself. */
async function loopsEnd(world: World): Promise<void> {
  const taskId = await world.submit();
  for (let jobs = 0; jobs < LOOPS_MAX; jobs++) {
    const polled = await world.runner.poll();
    if (polled.status === 204) {
      holds(jobs > 1, "a loop", `${jobs} jobs`);
      await world.taskBecomes(taskId, { status: "failed" });
      return;
    }
    const report = await world.runner.report(outcome(jobs % 2 === 0 ? "failed" : "success"));
    holds(report.status === 200, "200 to the report", answerText(report));
  }
  fail(`an end of the loop within ${LOOPS_MAX} jobs`, "one more job");
}
