/** Line 3.1: the recommended status codes, row by row. */
import { holds } from "../check.ts";
import { call } from "../wire.ts";
import { EVERY_CALL } from "./api_checks.ts";
import { gate, outcome, rule, same200, type ServerBench, type ServerCheck, statusIs } from "./bench.ts";

const BAD_REQUEST = [400, 422];

/** A task that waits at gate `g`. */
async function waiting(bench: ServerBench) {
  const world = await bench.world(["a", "b"], {
    rules: [rule("a", "success", "b", "g")],
    gates: [gate("g"), gate("other")],
  });
  const { taskId } = await world.submitAndTake();
  await world.runner.finish("success");
  await world.taskBecomes(taskId, { status: "awaiting_review" });
  return { world, taskId };
}

const row = (
  id: string,
  says: string,
  run: (bench: ServerBench) => Promise<void>,
  claim = "status-codes",
): ServerCheck => ({ id: `status.${id}`, section: "3.1", level: "pick", claim, says, run });

export const STATUS_CHECKS: readonly ServerCheck[] = [
  row("no_token", "no token is 401, on every call", async (bench) => {
    for (const [method, path] of EVERY_CALL) {
      const answer = await call(method, bench.base + path, method === "GET" ? {} : { body: {} });
      statusIs(answer, [401], "there is no token");
    }
  }),
  row("invalid_token", "an invalid token is 401, on every call", async (bench) => {
    for (const token of ["nonsense", `${bench.place.userToken}x`]) {
      for (const [method, path] of EVERY_CALL) {
        const answer = await bench.call(method, path, { token, ...(method === "GET" ? {} : { body: {} }) });
        statusIs(answer, [401], "the token is invalid");
      }
    }
  }),
  row("user_on_runner_calls", "a user token on a runner's calls is 403", async (bench) => {
    const { runner } = await bench.world(["a"]);
    statusIs(await bench.call("POST", "/runners/jobs"), [403], "a user does not poll");
    const report = await bench.call("PATCH", `/runners/${runner.id}`, { body: outcome("success") });
    statusIs(report, [403], "a user does not report");
  }),
  row("runner_on_user_calls", "a runner token on a user's calls is 403", async (bench) => {
    const { world, taskId } = await waiting(bench);
    const { runner } = world;
    const card = { title: "T", description: "D" };
    const submitted = await runner.call("POST", `/stages/${world.lineId}/tasks`, { body: card });
    statusIs(submitted, [403], "a runner does not submit");
    const body = { action: "approve", reason: "" };
    const decided = await runner.call("POST", `/stages/${world.lineId}/tasks/${taskId}/gates/g`, { body });
    statusIs(decided, [403], "a runner does not decide");
    const made = await runner.call("POST", "/runners/register", { body: { name: "more", labels: [] } });
    statusIs(made, [403], "one runner's token cannot mint another");
    await world.taskBecomes(taskId, { status: "awaiting_review" });
  }),
  row("other_runner", "the token of another runner is 403, and changes nothing", async (bench) => {
    const world = await bench.world(["a"]);
    const { taskId } = await world.submitAndTake();
    const other = await bench.register([world.label]);
    const answer = await other.call("PATCH", `/runners/${world.runner.id}`, { body: outcome("success") });
    statusIs(answer, [403], "the runner is another");
    await world.taskBecomes(taskId, { status: "claimed" });
    await world.runner.finish("success");
  }),
  row("other_project", "a runner's token is 403 in another project", async (bench) => {
    const { runner } = await bench.world(["a"]);
    const elsewhere = `${bench.place.serverUrl}/api/owners/${bench.place.owner}/projects/${
      bench.fresh("other")
    }`;
    const made = await call("POST", `${elsewhere}/runners/register`, {
      token: bench.place.userToken,
      body: { name: "local", labels: [] },
    });
    statusIs(made, [200, 201], "the user may use another project");
    const answer = await call("POST", `${elsewhere}/runners/jobs`, { token: runner.token });
    statusIs(answer, [403], "the token belongs to another project");
  }, "many-projects"),
  row("unknown_project", "an unknown owner or project is 404", async (bench) => {
    const { serverUrl, owner, userToken: token } = bench.place;
    const body = { title: "T", description: "D" };
    for (const at of [`${bench.fresh("nobody")}/projects/none`, `${owner}/projects/${bench.fresh("none")}`]) {
      const answer = await call("POST", `${serverUrl}/api/owners/${at}/stages/x/tasks`, { token, body });
      statusIs(answer, [404], "there is no such project");
    }
  }, "many-projects"),
  row("unknown_things", "an unknown line, task, gate or runner is 404", async (bench) => {
    const { world, taskId } = await waiting(bench);
    const decision = { action: "approve", reason: "" };
    const tries: [string, string, unknown][] = [
      ["POST", "/stages/no-such-line/tasks", { title: "T", description: "D" }],
      ["POST", `/stages/${world.lineId}/tasks/no-such-task/gates/g`, decision],
      ["POST", `/stages/no-such-line/tasks/${taskId}/gates/g`, decision],
      ["POST", `/stages/${world.lineId}/tasks/${taskId}/gates/no-such-gate`, decision],
    ];
    for (const [method, path, body] of tries) {
      statusIs(await bench.call(method, path, { body }), [404], `${path} does not exist`);
    }
    const report = await world.runner.call("PATCH", "/runners/no-such-runner", { body: outcome("success") });
    statusIs(report, [403, 404], "there is no such runner");
    await world.taskBecomes(taskId, { status: "awaiting_review" });
  }),
  row("malformed_body", "a body that is no JSON, or no object, is 400 or 422", async (bench) => {
    const world = await bench.world(["a"]);
    for (const body of ["{", '"text"', "[]", "null"]) {
      const headers = { "content-type": "application/json" };
      for (const path of ["/runners/register", `/stages/${world.lineId}/tasks`]) {
        const answer = await bench.call("POST", path, { body, headers });
        statusIs(answer, BAD_REQUEST, `the body is ${body}`);
      }
      const report = await world.runner.call("PATCH", `/runners/${world.runner.id}`, { body, headers });
      statusIs(report, BAD_REQUEST, `the body is ${body}`);
    }
  }),
  row("unknown_job_result", "an unknown jobResult is 400 or 422, and changes nothing", async (bench) => {
    const world = await bench.world(["a"]);
    const { taskId } = await world.submitAndTake();
    for (const jobResult of ["failure", "cancelled", "done", "", null, undefined]) {
      const answer = await world.runner.report({ jobResult, exitCode: 0, error: null });
      statusIs(answer, BAD_REQUEST, `jobResult is ${JSON.stringify(jobResult)}`);
    }
    await world.taskBecomes(taskId, { status: "claimed" });
    await world.runner.finish("success");
  }),
  row("unknown_action", "an unknown action is 400 or 422, and the task waits on", async (bench) => {
    const { world, taskId } = await waiting(bench);
    for (const action of ["Approve", "yes", "", null]) {
      const answer = await world.decide(taskId, "g", { action, reason: "" });
      statusIs(answer, BAD_REQUEST, `action is ${JSON.stringify(action)}`);
    }
    await world.taskBecomes(taskId, { status: "awaiting_review" });
  }),
  row("missing_title", "a card without a title is 400 or 422", async (bench) => {
    const world = await bench.world(["a"]);
    for (
      const card of [{ description: "D" }, { title: "", description: "D" }, { title: 5, description: "" }]
    ) {
      statusIs(await world.trySubmit(card), BAD_REQUEST, `the card is ${JSON.stringify(card)}`);
    }
    await world.runner.getsNothing("no card was taken");
  }),
  row(
    "missing_description",
    "a card without a description is refused, or read as empty (A23)",
    async (bench) => {
      const world = await bench.world([{ id: "a", trigger: { promptTemplate: "[{{task.description}}]" } }]);
      const answer = await world.trySubmit({ title: "T" });
      statusIs(answer, [200, 201, ...BAD_REQUEST], "the description is missing");
      if (answer.status >= 400) return;
      const job = await world.runner.next();
      holds(job.agentDefinition.prompt === "[]", "the prompt '[]'", job.agentDefinition.prompt);
      await world.runner.finish("success");
    },
  ),
  row("unknown_column", "an unknown columnId is 400 or 422", async (bench) => {
    const world = await bench.world(["a"]);
    const answer = await world.trySubmit({ title: "T", description: "D", columnId: "no-such-station" });
    statusIs(answer, BAD_REQUEST, "there is no such station");
  }),
  row("created", "registration and a created task are 201 or 200", async (bench) => {
    const body = { name: bench.fresh("runner"), labels: [] };
    statusIs(await bench.call("POST", "/runners/register", { body }), [200, 201], "it was made");
    const world = await bench.world([{ id: "a", trigger: { type: "none" } }]);
    statusIs(await world.trySubmit({ title: "T", description: "D" }), [200, 201], "it was made");
  }),
  row("no_active_job", "a terminal report of a runner that holds no job is 409", async (bench) => {
    const { runner } = await bench.world(["a"]);
    statusIs(await runner.report(outcome("success")), [409], "it holds no job");
  }),
  row("same_report_again", "the same terminal report again is 200 or 409", async (bench) => {
    const world = await bench.world(["a", "b"]);
    const { taskId } = await world.submitAndTake();
    same200("the report", await world.runner.report(outcome("success")));
    statusIs(await world.runner.report(outcome("success")), [200, 409], "it was said before");
    await world.taskBecomes(taskId, { status: "queued", columnId: "b" });
    await world.takeAt("b");
    await world.runner.finish("success");
  }),
  row(
    "other_report",
    "another terminal report after the first is 409, and the first stands",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      same200("the report", await world.runner.report(outcome("success")));
      statusIs(await world.runner.report(outcome("failed")), [409], "the outcome is known");
      await world.taskBecomes(taskId, { status: "completed" });
    },
  ),
  row("gate_not_waiting", "a decision on a gate that the task does not wait on is 409", async (bench) => {
    const { world, taskId } = await waiting(bench);
    const decision = { action: "approve", reason: "" };
    statusIs(await world.decide(taskId, "other", decision), [409], "it waits on another gate");
    statusIs(await world.decide(taskId, "g", decision), [200, 201, 204], "it waits on this gate");
    await world.takeAt("b");
    const reject = { action: "reject", reason: "late" };
    statusIs(await world.decide(taskId, "g", reject), [409], "it was decided");
    await world.runner.finish("success");
    await world.taskBecomes(taskId, { status: "completed" });
    statusIs(await world.decide(taskId, "g", reject), [409], "the task has ended");
  }),
  row("claim_lost", "a claim of a job that somebody else has is 409", async (bench) => {
    const world = await bench.world(["a"]);
    const { job } = await world.submitAndTake();
    const other = await bench.register([world.label]);
    const body = { jobId: job.id, name: other.name };
    const answer = await other.call("POST", "/runners/generate-jitconfig", { body });
    statusIs(answer, [409], "somebody else has it");
    await world.runner.finish("success");
  }, "reference-claim"),
];
