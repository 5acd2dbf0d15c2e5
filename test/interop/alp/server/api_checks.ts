/** Line 3: the table of calls, each as it is written there; Line 11: registration. */
import { fail, holds, same } from "../check.ts";
import { answerText, call, isOk } from "../wire.ts";
import { gate, outcome, rule, same200, type ServerBench, type ServerCheck } from "./bench.ts";

const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
/** Milliseconds and not seconds: after the year 2001. */
const MS_MIN = 1_000_000_000_000;

async function registers(bench: ServerBench, path: string): Promise<void> {
  const name = bench.fresh("runner");
  const answer = await bench.call("POST", path, { body: { name, labels: ["linux"] } });
  holds(isOk(answer), "2xx", answerText(answer));
  const { id, token, registeredAt } = answer.json ?? {};
  holds(typeof id === "string" && id !== "", "an id", answer.text);
  holds(typeof token === "string" && token.length >= 16, "a token", typeof token);
  holds(ISO_8601.test(registeredAt), "registeredAt in ISO-8601", registeredAt);
  const polled = await bench.call("POST", "/runners/jobs", { token });
  holds([200, 204].includes(polled.status), "the token to be good for a poll", answerText(polled));
}

async function submits(bench: ServerBench, path: string): Promise<void> {
  const world = await bench.world(["a"]);
  const card = {
    title: "Fix the heading",
    description: "In **markdown**.",
    priority: "low",
    labels: ["tracking"],
  };
  const answer = await world.trySubmit(card, path);
  holds(isOk(answer), "2xx", answerText(answer));
  const task = answer.json;
  holds(typeof task?.id === "string", "TaskData with an id", answer.text);
  same("title", task.title, card.title);
  same("description", task.description, card.description);
  same("priority", task.priority, "low");
  same("labels", task.labels, ["tracking"]);
  same("owner", task.owner, bench.place.owner);
  same("projectId", task.projectId, bench.place.project);
  same("stageId (the line's id)", task.stageId, world.lineId);
  same("columnId (the station's id)", task.columnId, "a");
  holds(Number.isInteger(task.order), "order, a number", task.order);
  for (const field of ["createdAt", "updatedAt"]) {
    holds(
      Number.isInteger(task[field]) && task[field] > MS_MIN,
      `${field} in Unix milliseconds`,
      task[field],
    );
  }
  await world.runner.next();
  await world.runner.finish("success");
}

async function decides(bench: ServerBench, path: string): Promise<void> {
  const world = await bench.world(["a", "b"], {
    rules: [rule("a", "success", "b", "g")],
    gates: [gate("g")],
  });
  for (const action of ["approve", "reject"] as const) {
    const { taskId } = await world.submitAndTake();
    await world.runner.finish("success");
    await world.taskBecomes(taskId, { status: "awaiting_review", pendingGateId: "g" });
    const answer = await world.decide(taskId, "g", { action, reason: "because" }, path);
    holds(isOk(answer), `2xx to ${action}`, answerText(answer));
    if (action === "approve") {
      await world.takeAt("b");
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
    } else {
      const task = await world.taskBecomes(taskId, { status: "failed" });
      holds(
        JSON.stringify(task).includes("because"),
        "the reason to be kept with the task",
        task.rejectionReason,
      );
    }
  }
}

export const API_CHECKS: readonly ServerCheck[] = [
  {
    id: "register.answer",
    section: "3 row 1, 11",
    level: "MUST",
    says:
      "POST /runners/register gives id, token and registeredAt (ISO-8601), and the token is good for polling",
    run: (bench) => registers(bench, "/runners/register"),
  },
  {
    id: "register.reference_path",
    section: "4.2, A1",
    level: "pick",
    claim: "runners-path",
    says: "POST /runners does the same",
    run: (bench) => registers(bench, "/runners"),
  },
  {
    id: "register.labels_default",
    section: "3 row 1",
    level: "behaviour",
    says: "a runner without labels is registered and gets no job that needs one",
    async run(bench) {
      const world = await bench.world(["a"]);
      await world.submit();
      const plain = await bench.register([]);
      await plain.getsNothing("it lacks the label");
      await world.runner.next();
      await world.runner.finish("success");
    },
  },
  {
    id: "register.same_name",
    section: "11, A26",
    level: "pick",
    claim: "name-upsert",
    says: "registering the same name again keeps the id, gives another token, and the old token is dead",
    async run(bench) {
      const first = await bench.register(["a"]);
      const second = await bench.register(["a"], first.name);
      same("the id", second.id, first.id);
      holds(second.token !== first.token, "another token", "the same");
      const old = await first.poll();
      holds(old.status === 401, "401 to the old token", answerText(old));
      await second.getsNothing("there is no job for it");
    },
  },
  {
    id: "register.delete",
    section: "11",
    level: "pick",
    claim: "runner-admin",
    says: "a deleted runner's token is dead",
    async run(bench) {
      const runner = await bench.register(["a"]);
      const gone = await bench.setup.deleteRunner(bench.place, runner.id);
      holds(isOk(gone), "2xx", answerText(gone));
      const after = await runner.poll();
      holds(after.status === 401, "401", answerText(after));
    },
  },
  {
    id: "register.rotate",
    section: "11",
    level: "pick",
    claim: "runner-admin",
    says: "a rotated token replaces the old one",
    async run(bench) {
      const runner = await bench.register(["a"]);
      const rotated = await bench.setup.rotateRunner(bench.place, runner.id);
      holds(isOk(rotated) && typeof rotated.json?.token === "string", "a token", answerText(rotated));
      const old = await runner.poll();
      holds(old.status === 401, "401 to the old token", answerText(old));
      const fresh = await bench.call("POST", "/runners/jobs", { token: rotated.json.token });
      holds(fresh.status === 204, "204 to the new token", answerText(fresh));
    },
  },
  {
    id: "poll.nothing",
    section: "3 row 2",
    level: "MUST",
    says: "a poll without work is 204 with no body",
    async run(bench) {
      const runner = await bench.register([bench.fresh("label")]);
      const answer = await runner.poll();
      holds(answer.status === 204 && answer.text === "", "204 with an empty body", answerText(answer));
    },
  },
  {
    id: "poll.job",
    section: "3 row 2, 2.7",
    level: "MUST",
    says: "a poll with work is 200 with jobs[] of id, runId and agentDefinition",
    async run(bench) {
      const world = await bench.world([{ id: "a", trigger: { promptTemplate: "Do it" } }]);
      const taskId = await world.submit();
      const job = await world.runner.next();
      holds(typeof job.id === "string" && job.id !== "", "an id", job.id);
      holds(typeof job.runId === "string" && job.runId !== "", "a runId", job.runId);
      const work = job.agentDefinition;
      same("labels", work?.labels, [world.label]);
      same("taskId", work.taskId, taskId);
      same("stageId (the station's id)", work.stageId, "a");
      same("prompt", work.prompt, "Do it");
      await world.runner.finish("success");
    },
  },
  {
    id: "poll.body_forms",
    section: "3 row 2",
    level: "MUST",
    says: "a poll needs no body: none, an empty object and unknown fields are all taken",
    async run(bench) {
      const runner = await bench.register([bench.fresh("label")]);
      for (const body of [undefined, {}, { runnerVersion: "1.0", uptime: 5 }]) {
        const answer = await runner.poll(body);
        holds(answer.status === 204, `204 to the body ${JSON.stringify(body)}`, answerText(answer));
      }
    },
  },
  {
    id: "report.success",
    section: "3 row 3, 8",
    level: "MUST",
    says: "PATCH /runners/{id} with in_progress, then success, is 200 each time",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      same200("in_progress", await world.runner.heartbeat());
      await world.taskBecomes(taskId, { status: "in_progress" });
      same200("success", await world.runner.report(outcome("success")));
      await world.taskBecomes(taskId, { status: "completed" });
    },
  },
  {
    id: "report.failed",
    section: "3 row 3, 8",
    level: "MUST",
    says: "PATCH /runners/{id} with failed is 200, and the task fails",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      same200("failed", await world.runner.report({ jobResult: "failed", exitCode: 7, error: "broken" }));
      await world.taskBecomes(taskId, { status: "failed" });
    },
  },
  {
    id: "gate.decide",
    section: "3 row 4, 7 rule 4",
    level: "MUST",
    says: "POST /stages/{line}/tasks/{task}/gates/{gate} approves and rejects",
    run: (bench) => decides(bench, "stages"),
  },
  {
    id: "gate.decide_other_path",
    section: "3 row 4, A2",
    level: "pick",
    claim: "assembly-lines-path",
    says: "the same under /assembly-lines/{line}",
    run: (bench) => decides(bench, "assembly-lines"),
  },
  {
    id: "submit.task_data",
    section: "3 row 5, 2.5",
    level: "MUST",
    says: "POST /stages/{line}/tasks gives TaskData",
    run: (bench) => submits(bench, "stages"),
  },
  {
    id: "submit.other_path",
    section: "4.1, A2",
    level: "pick",
    claim: "assembly-lines-path",
    says: "POST /assembly-lines/{line}/tasks gives the same",
    run: (bench) => submits(bench, "assembly-lines"),
  },
  {
    id: "submit.defaults",
    section: "2.5, 4.1",
    level: "behaviour",
    says: "a card needs no priority, labels or columnId: medium, none, and the first station",
    async run(bench) {
      const world = await bench.world(["first", "second"]);
      const answer = await world.trySubmit({ title: "T", description: "D" });
      holds(isOk(answer), "2xx", answerText(answer));
      same("columnId", answer.json.columnId, "first");
      same("priority", answer.json.priority ?? "medium", "medium");
      same("labels", answer.json.labels ?? [], []);
      await world.takeAt("first");
      await world.runner.finish("failed");
    },
  },
  {
    id: "submit.column",
    section: "2.5",
    level: "behaviour",
    says: "columnId names the station at which a task starts",
    async run(bench) {
      const world = await bench.world(["first", "second"]);
      const taskId = await world.submit({ columnId: "second" });
      await world.takeAt("second");
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
    },
  },
  {
    id: "bearer.everywhere",
    section: "3",
    level: "MUST",
    says: "every call without a bearer token is refused",
    async run(bench) {
      for (const [method, path] of EVERY_CALL) {
        const answer = await call(method, bench.base + path, method === "GET" ? {} : { body: {} });
        if (isOk(answer)) fail(`a refusal of ${method} ${path} without a token`, answerText(answer));
      }
    },
  },
];

/** The table of Line 3; what stands for an id need not exist. */
export const EVERY_CALL: readonly (readonly [string, string])[] = [
  ["POST", "/runners/register"],
  ["POST", "/runners/jobs"],
  ["PATCH", "/runners/some"],
  ["POST", "/stages/some/tasks/some/gates/some"],
  ["POST", "/stages/some/tasks"],
  ["GET", "/runners/events"],
  ["POST", "/artifacts"],
];
