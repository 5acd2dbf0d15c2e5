/** Asks that could not be put yet, as the project's people do not answer: who waits for them is told to wait, and not refused. */
import assert from "node:assert/strict";
import { type Answer, startPlane, type TestProject } from "../fake/plane.ts";
import { GATED_LINE, putLine, report, station, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

Deno.test({
  name: "asks while the project's people do not answer",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const rename = (at: TestProject, from: string, to: string) =>
      plane.sql("PEOPLE", at.queueName, `alter table ${from} rename to ${to}`);
    /** Whatever they are asked fails from now on. */
    async function breakPeople(at: TestProject): Promise<() => Promise<unknown>> {
      await at.must(200, "GET", "/people");
      await rename(at, "documents", "documents_away");
      await plane.evict("PEOPLE", at.queueName);
      return () => rename(at, "documents_away", "documents");
    }
    function isToWait({ status, json, headers }: Answer): void {
      assert.deepEqual([status, json.error.code], [503, "gate_not_ready"]);
      assert.ok(Number(headers.get("retry-after")) > 0);
    }

    await t.step("the runner that holds a request is told to try again, until it is decided", async () => {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make")] });
      const runner = await at.register("r");
      await submit(at);
      const job = await take(at, runner);
      const mend = await breakPeople(at);
      const requests = `/runners/${runner.id}/approval-requests`;
      const as = { token: runner.token };
      const body = { url: "https://example.org/", method: "POST", jobId: job.id };
      const { id } = await at.must(201, "POST", requests, { ...as, body });
      const read = () => at.call("GET", `${requests}/${id}`, as);
      const approve = () => at.call("POST", `${requests}/${id}`, { body: { action: "approve" } });
      isToWait(await read());
      isToWait(await approve());
      for (const action of ["consume", "withdraw"]) {
        isToWait(await at.call("POST", `${requests}/${id}`, { ...as, body: { action } }));
      }
      const strange = await at.call("GET", `${requests}/01jbrc9nf6m6sc7n75yr3hga9t`, as);
      assert.deepEqual([strange.status, strange.json.error.code], [404, "approval_request_not_found"]);
      await mend();
      await until("the question must be put", async () => {
        return (await read()).json.status === "pending" ? true : null;
      });
      assert.equal((await approve()).json.status, "approved");
      assert.equal((await read()).json.status, "approved");
    });

    await t.step("a line's gate is not one that does not exist", async () => {
      const at = plane.project();
      await putLine(at, GATED_LINE);
      const runner = await at.register("r");
      const taskId = await submit(at);
      await take(at, runner);
      const mend = await breakPeople(at);
      await report(at, runner, { jobResult: "success" });
      const path = `/stages/line/tasks/${taskId}/gates/review`;
      const approve = () => at.call("POST", path, { body: { action: "approve" } });
      isToWait(await approve());
      isToWait(await at.call("POST", `${path}/link`));
      await mend();
      await until("the gate must be decided", async () => (await approve()).status === 200 ? true : null);
    });
  },
});
