/** Short ways to get work done over HTTP in tests of the whole Worker. */
import type { PolledJob, RunnerRegistered } from "../../protocol/line/runner.ts";
import type { TestProject } from "../fake/plane.ts";

/** A station that makes jobs. */
export function station(id: string, trigger: object = {}) {
  return { id, name: id, trigger: { type: "dispatch_worker", ...trigger } };
}

/** A line with one gate between its two stations. */
export const GATED_LINE = {
  name: "Gated",
  stations: [station("make", { createAssemblyLineRepo: true }), station("ship")],
  transitionRules: [{ from: "make", to: "ship", condition: "success", gate: "review" }],
  gates: [{ id: "review", name: "Review" }],
};

/** Puts a line as `line`; without one, a line of one station. */
export async function putLine(at: TestProject, line: object = { name: "L", stations: [station("make")] }) {
  return await at.must(200, "PUT", "/assembly-lines/line", { body: line });
}

/** Gives the task's id. */
export async function submit(at: TestProject, title = "t"): Promise<string> {
  return (await at.must(201, "POST", "/stages/line/tasks", { body: { title } })).id;
}

/** Claims what there is; null if there is nothing. */
export async function poll(at: TestProject, runner: RunnerRegistered): Promise<PolledJob | null> {
  const answer = await at.call("POST", "/runners/jobs", { token: runner.token, body: {} });
  return answer.status === 204 ? null : answer.json.jobs[0];
}

/** Claims what there must be. */
export async function take(at: TestProject, runner: RunnerRegistered): Promise<PolledJob> {
  return (await at.must(200, "POST", "/runners/jobs", { token: runner.token, body: {} })).jobs[0];
}

/** Reports on the run that the runner holds or held last. */
export async function report(at: TestProject, runner: RunnerRegistered, body: object, status = 200) {
  return await at.must(status, "PATCH", `/runners/${runner.id}`, { token: runner.token, body });
}

/** The task as the API gives it. */
export async function readTask(at: TestProject, taskId: string) {
  return await at.must(200, "GET", `/tasks/${taskId}`);
}
