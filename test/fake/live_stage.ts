/** A live session of the reference's operator, with the job that it is about. */
import type { TestPlane } from "./plane.ts";

/** A task whose job a runner holds. */
export async function stageLive(plane: TestPlane, sessionId: string) {
  const at = plane.project();
  const trigger = { type: "dispatch_worker", idleTimeoutMinutes: 2 };
  const line = { name: "L", stations: [{ id: "make", name: "make", trigger }] };
  await at.must(200, "PUT", "/assembly-lines/line", { body: line });
  const runner = await at.register("ada");
  const as = { token: runner.token };
  const task = (await at.must(201, "POST", "/stages/line/tasks", { body: { title: "t" } })).id as string;
  const job = (await at.must(200, "POST", "/runners/jobs", { ...as, body: {} })).jobs[0];
  const report = (body: object) =>
    at.must(200, "PATCH", `/runs/${job.runId}/jobs/${job.id}`, { ...as, body });
  const event = (body: object) =>
    plane.call("POST", "/api/lives/session-event", { token: null, body: { sessionId, ...body } });
  const link = () =>
    at.must(200, "POST", `/assembly-lines/line/tasks/${task}/streams`, { ...as, body: { sessionId } });
  const read = () => at.must(200, "GET", `/tasks/${task}`);
  return { at, runner, as, task, job, report, event, link, read, sessionId };
}
