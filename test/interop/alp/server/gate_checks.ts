/** Line 7 rules 4 and 7: gates between stations. */
import { holds } from "../check.ts";
import { answerText, isOk } from "../wire.ts";
import { gate, rule, type ServerCheck } from "./bench.ts";
import { after, check, goesTo, pick } from "./rule_steps.ts";

export const GATE_CHECKS: readonly ServerCheck[] = [
  check("gate_waits", "rule 4", "a rule with a gate stops the task there, without a job", async (bench) => {
    const { world, taskId } = await after(bench, "success", [rule("a", "success", "c", "g")], [gate("g")]);
    await world.taskBecomes(taskId, { status: "awaiting_review", pendingGateId: "g" });
    await world.runner.getsNothing("the task waits at its gate");
    await world.decide(taskId, "g", { action: "reject", reason: "enough" });
  }),
  check(
    "gate_approved",
    "rule 4",
    "approval moves the task to the rule's target, with a job",
    async (bench) => {
      const { world, taskId } = await after(bench, "success", [rule("a", "success", "c", "g")], [gate("g")]);
      await world.taskBecomes(taskId, { status: "awaiting_review" });
      const answer = await world.decide(taskId, "g", { action: "approve" });
      holds(isOk(answer), "2xx to approve without a reason", answerText(answer));
      const task = await world.taskBecomes(taskId, { status: "queued", columnId: "c" });
      holds((task.pendingGateId ?? null) === null, "no pendingGateId any more", task.pendingGateId);
      await goesTo({ world, taskId }, "c");
    },
  ),
  check("gate_rejected", "rule 4", "rejection fails the task with its reason", async (bench) => {
    const { world, taskId } = await after(bench, "success", [rule("a", "success", "c", "g")], [gate("g")]);
    await world.taskBecomes(taskId, { status: "awaiting_review" });
    await world.decide(taskId, "g", { action: "reject", reason: "the tests are missing" });
    const task = await world.taskBecomes(taskId, { status: "failed" });
    holds(
      String(task.rejectionReason ?? "").includes("the tests are missing"),
      "the reason",
      task.rejectionReason,
    );
    await world.runner.getsNothing("the task has ended");
  }),
  pick("gate_no_approval", "A11", "a gate with requiresApproval false lets through", async (bench) =>
    goesTo(
      await after(bench, "success", [rule("a", "success", "c", "g")], [
        gate("g", { requiresApproval: false }),
      ]),
      "c",
    )),
  pick(
    "gate_tool_draft",
    "2.3",
    "a gate that carries a switched-off tool is taken, and lets through",
    async (bench) => {
      const tool = { kind: "cli", command: "true", timeoutSeconds: 5 };
      const gates = [gate("g", { enabled: false, tool })];
      await goesTo(await after(bench, "success", [rule("a", "success", "c", "g")], gates), "c");
    },
  ),
  check(
    "gate_on_failure",
    "rule 7",
    "a gate on a rule of failure asks a person, who sends the task on",
    async (bench) => {
      const { world, taskId } = await after(bench, "failed", [rule("a", "failure", "b", "g")], [gate("g")]);
      await world.taskBecomes(taskId, { status: "awaiting_review", pendingGateId: "g" });
      await world.decide(taskId, "g", { action: "approve", reason: "go on" });
      await goesTo({ world, taskId }, "b");
    },
  ),
  check(
    "gate_to_itself",
    "rule 4, 5",
    "a gated rule to its own station retries after approval",
    async (bench) => {
      const { world, taskId } = await after(bench, "failed", [rule("a", "failure", "a", "g")], [gate("g")]);
      for (let round = 0; round < 2; round++) {
        await world.taskBecomes(taskId, { status: "awaiting_review", pendingGateId: "g" });
        await world.decide(taskId, "g", { action: "approve", reason: "again" });
        await world.takeAt("a");
        await world.runner.finish(round === 0 ? "failed" : "success");
      }
      await world.takeAt("b");
      await world.runner.finish("failed");
    },
  ),
];
