/** What a queue object keeps, and what it is after time, failed writes, repeats and forgetting. */
import assert from "node:assert/strict";
import { tokenHash } from "../../worker/domain/token.ts";
import { startPlane } from "../fake/plane.ts";
import { until } from "./until.ts";
import { GATED_LINE, poll, putLine, readTask, report, station, submit, take } from "./work_fixture.ts";

const DAY_MS = 24 * 3_600_000;
const LEASE_MS = 90_000;

Deno.test({
  name: "what a queue object keeps",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    await t.step("an alarm early or twice changes nothing, a late one does its work once", async () => {
      const at = plane.project();
      await putLine(at);
      const ada = await at.register("ada");
      const taskId = await submit(at);
      await take(at, ada);
      for (let early = 0; early < 3; early++) await at.advance(0);
      assert.equal((await readTask(at, taskId)).status, "claimed");
      await at.advance(20 * LEASE_MS);
      await at.advance(0);
      await at.advance(0);
      const task = await readTask(at, taskId);
      assert.deepEqual([task.status, task.history[0].runs], ["queued", 1]);
      const job = await take(at, ada);
      assert.equal(job.leaseEpoch, 2, "the job was lost once");
    });

    await t.step("a lease ends by the alarm alone, also of an object that was forgotten", async () => {
      const at = plane.project();
      await putLine(at);
      const ada = await at.register("ada");
      const taskId = await submit(at);
      await take(at, ada);
      await at.advance(LEASE_MS - 300);
      await plane.evict("JOB_QUEUE", at.queueName);
      const lost = async () => {
        const rows = await plane.sql("JOB_QUEUE", at.queueName, "select body from log order by sequence");
        return rows.some((row) => String(row["body"]).includes("lease_expired")) ? true : null;
      };
      await until("the alarm must end the lease", lost);
      assert.equal((await readTask(at, taskId)).status, "queued");
    });

    await t.step(
      "when a write fails nothing is answered as done, and memory starts again from storage",
      async () => {
        const at = plane.project();
        await putLine(at);
        const ada = await at.register("ada");
        const kept = await submit(at, "kept");
        const trigger = "create trigger fault before insert on log begin select raise(abort, 'full'); end";
        await plane.sql("JOB_QUEUE", at.queueName, trigger);
        const answers = await Promise.all([
          at.call("POST", "/stages/line/tasks", { body: { title: "lost" } }),
          at.call("POST", "/runners/jobs", { token: ada.token, body: {} }),
        ]);
        for (const answer of answers) {
          assert.equal(answer.status, 500, answer.text);
          assert.equal(answer.json.error.code, "internal_error");
        }
        await plane.sql("JOB_QUEUE", at.queueName, "drop trigger fault");
        assert.equal((await readTask(at, kept)).status, "queued");
        const job = await take(at, ada);
        assert.deepEqual([job.agentDefinition.taskId, job.leaseEpoch], [kept, 1]);
        await report(at, ada, { jobResult: "success" });
        assert.equal(await poll(at, ada), null, "the card that was refused is nowhere");
      },
    );

    await t.step(
      "a task that ended a day ago is read back, and its report may still be repeated",
      async () => {
        const at = plane.project();
        await putLine(at);
        const ada = await at.register("ada");
        const taskId = await submit(at);
        const job = await take(at, ada);
        const done = { jobResult: "success", exitCode: 0, summary: "done" };
        await report(at, ada, { ...done, runId: job.runId });
        const before = await readTask(at, taskId);
        await at.advance(DAY_MS);
        assert.deepEqual(await readTask(at, taskId), before);
        await at.advance(DAY_MS);
        await report(at, ada, { ...done, runId: job.runId });
        await at.advance(DAY_MS);
        await report(at, ada, done);
        await at.advance(DAY_MS);
        await report(at, ada, { jobResult: "failed", jobId: job.id }, 409);
        await plane.evict("JOB_QUEUE", at.queueName);
        assert.deepEqual(await readTask(at, taskId), before);
      },
    );

    await t.step(
      "jobs are taken in the order in which they were queued, also after an eviction",
      async () => {
        const at = plane.project();
        await putLine(at);
        const ada = await at.register("ada");
        const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => submit(at, `task ${n}`)));
        const moments = ids.map((id) => id.slice(0, 10));
        assert.ok(new Set(moments).size < moments.length, "some were queued in the same millisecond");
        const log = await plane.sql("JOB_QUEUE", at.queueName, "select body from log order by sequence");
        const text = log.map((row) => row["body"]).join("");
        for (const id of ids) assert.ok(text.includes(id), "each is in the log");
        const submitted = ids.toSorted((a, b) => text.indexOf(a) - text.indexOf(b));
        const taken: string[] = [];
        for (let n = 0; n < ids.length; n++) {
          if (n % 8 === 0) await plane.evict("JOB_QUEUE", at.queueName);
          const job = await take(at, ada);
          taken.push(job.agentDefinition.taskId);
          await report(at, ada, { jobResult: "success", exitCode: 0, jobId: job.id });
        }
        assert.deepEqual(taken, submitted);
      },
    );

    await t.step("a task keeps the version of the line that it started with", async () => {
      const at = plane.project();
      const first = await putLine(at, { name: "One", stations: [station("a"), station("b")] });
      const same = await putLine(at, { name: "One", stations: [station("a"), station("b")] });
      assert.deepEqual([first.revision, same.revision], [1, 2], "each put is a version");
      const ada = await at.register("ada");
      const early = await submit(at);
      await putLine(at, { name: "Two", stations: [station("z")] });
      const late = await submit(at);
      for (let n = 0; n < 3; n++) {
        await take(at, ada);
        await plane.evict("JOB_QUEUE", at.queueName);
        await report(at, ada, { jobResult: "success" });
      }
      const history = (task: { history: { stationId: string }[] }) => task.history.map((h) => h.stationId);
      assert.deepEqual(history(await readTask(at, early)), ["a", "b"]);
      assert.deepEqual(history(await readTask(at, late)), ["z"]);
      assert.equal((await readTask(at, early)).assemblyLineVersion, 2);
      await at.must(204, "DELETE", "/assembly-lines/line");
      await at.must(404, "POST", "/stages/line/tasks", { body: { title: "t" } });
      assert.equal((await putLine(at)).revision, 4, "a version is never used twice");
    });

    await t.step(
      "versions that nobody works on leave memory, and a task of one of them goes on",
      async () => {
        const at = plane.project();
        const ada = await at.register("ada");
        const put = (name: string) =>
          putLine(at, {
            name,
            stations: [station("a"), station("b")],
            agenticsSpecFiles: { "a.md": name.repeat(460_000 / name.length) },
          });
        await put("first");
        const early = await submit(at);
        await take(at, ada);
        await at.must(200, "POST", `/tasks/${early}/cancel`, { body: { reason: "later" } });
        await report(at, ada, { jobResult: "failed", error: "cancelled" }, 409);
        for (let n = 0; n < 10; n++) await put(`version ${n}`);
        const stored = async () => {
          const query = "select version, part from line_version order by version, part";
          const rows = await plane.sql("JOB_QUEUE", at.queueName, query);
          return rows.length > 0 ? rows : null;
        };
        const rows = await until("the log must have grown into a snapshot", stored);
        assert.deepEqual(rows[0], { version: 1, part: 0 });
        for (const isEvicted of [false, true]) {
          if (isEvicted) await plane.evict("JOB_QUEUE", at.queueName);
          const list = await at.must(200, "GET", "/assembly-lines/line/versions");
          assert.deepEqual(
            list.versions.map((v: { name: string }) => v.name),
            [...Array.from({ length: 10 }, (_, n) => `version ${9 - n}`), "first"],
          );
          const first = await at.must(200, "GET", "/assembly-lines/line/versions/1");
          assert.equal(first.agenticsSpecFiles["a.md"].slice(0, 10), "firstfirst");
          await at.must(404, "GET", "/assembly-lines/line/versions/01");
        }
        const again = await at.must(200, "POST", `/tasks/${early}/retry`, { body: { stationId: "b" } });
        assert.deepEqual([again.status, again.assemblyLineVersion], ["queued", 1]);
        await plane.evict("JOB_QUEUE", at.queueName);
        const job = await take(at, ada);
        assert.equal(job.agentDefinition.agenticsSpecFiles?.["a.md"]?.slice(0, 10), "firstfirst");
        await report(at, ada, { jobResult: "success", exitCode: 0 });
        assert.equal((await readTask(at, early)).status, "completed");
      },
    );

    await t.step("no object stores a token, only its hash", async () => {
      const at = plane.project();
      await putLine(at, GATED_LINE);
      const { token: user } = await at.must(201, "POST", "/tokens", { body: { name: "ci" } });
      const ada = await at.register("ada");
      const atGate = await submit(at);
      await take(at, ada);
      await report(at, ada, { jobResult: "success" });
      const { url } = await at.must(201, "POST", `/stages/line/tasks/${atGate}/gates/review/link`);
      const link = new URL(url).hash.slice(1);
      const { gate_id: askId } = (await plane.call("GET", "/v1/gate", { token: link })).json;
      const running = await submit(at);
      const job = await take(at, ada);
      const dumps = [
        await at.dump(),
        await plane.dump("TASK_LOG", `${at.queueName}/${running}`),
        await plane.dump("HUMAN_GATE", askId),
      ];
      const stored = JSON.stringify(dumps);
      const tokens = [user, ada.token, job.jobToken!, job.agentDefinition.assemblyLineRepoToken!];
      for (const token of tokens) {
        assert.ok(!stored.includes(token.slice(-43)), "the secret of a token is stored");
        assert.equal(stored.includes(tokenHash(token)), token === user || token === ada.token);
      }
      assert.ok(!stored.includes(link.slice(-40)));
    });

    await t.step(
      "the tokens of a run die with it, and the same run asked for again has the same",
      async () => {
        const at = plane.project();
        const other = plane.project();
        await putLine(at);
        await putLine(other);
        const ada = await at.register("ada");
        const taskId = await submit(at);
        const job = await take(at, ada);
        const again = await at.must(200, "POST", "/runners/generate-jitconfig", {
          token: ada.token,
          body: { jobId: job.id },
        });
        assert.equal(again.jobToken, job.jobToken);
        const look = (token: string, project = at) => project.call("GET", `/tasks/${taskId}`, { token });
        await plane.evict("JOB_QUEUE", at.queueName);
        assert.equal((await look(job.jobToken!)).status, 200);
        assert.equal((await look(job.jobToken!, other)).json.error.code, "token_of_other_project");
        const forged = job.jobToken!.slice(0, -1) + (job.jobToken!.endsWith("A") ? "B" : "A");
        assert.equal((await look(forged)).status, 401);
        await report(at, ada, { jobResult: "success" });
        assert.equal((await look(job.jobToken!)).status, 401);
      },
    );

    await t.step("what comes again from an outbox is applied once", async () => {
      const at = plane.project();
      await putLine(at, GATED_LINE);
      const ada = await at.register("ada");
      const taskId = await submit(at);
      await take(at, ada);
      await report(at, ada, { jobResult: "success" });
      const gate = `/stages/line/tasks/${taskId}/gates/review`;
      const decided = await at.must(200, "POST", gate, { body: { action: "approve", reason: "fine" } });
      const { ask, state } = decided;
      const before = await at.dump();
      const resolution = { askId: ask.askId, taskId, ...state.outcome };
      for (const action of ["approve", "approve", "reject"]) {
        await plane.rpc("JOB_QUEUE", at.queueName, "gateResolved", "gate:again:1", { ...resolution, action });
      }
      const unknown = { ...resolution, taskId: "01jbrc9nf6m6sc7n75yr3hga9v" };
      await plane.rpc("JOB_QUEUE", at.queueName, "gateResolved", "gate:again:2", unknown);
      assert.deepEqual(await at.dump(), before);

      const { entries } = await at.must(200, "GET", `/tasks/${taskId}/timeline`);
      const logName = `${at.queueName}/${taskId}`;
      for (const entry of entries) await plane.rpc("TASK_LOG", logName, "record", entry);
      assert.deepEqual((await at.must(200, "GET", `/tasks/${taskId}/timeline`)).entries, entries);
    });

    await t.step("an artifact belongs to its project, and knows the job that made it", async () => {
      const at = plane.project();
      const other = plane.project();
      await putLine(at);
      await putLine(other);
      const ada = await at.register("ada");
      const taskId = await submit(at);
      const job = await take(at, ada);
      const body = { type: "report", name: "r", data: { lines: [1, 2] } };
      const made = await at.must(201, "POST", "/artifacts", { token: job.jobToken!, body });
      const read = await at.must(200, "GET", `/artifacts/${made.id}`);
      assert.deepEqual(read, { id: made.id, ...body, taskId, jobId: job.id, createdAt: made.createdAt });
      await other.must(404, "GET", `/artifacts/${made.id}`);
      await report(at, ada, { jobResult: "success" });
      await at.must(401, "POST", "/artifacts", { token: job.jobToken!, body });
    });

    await t.step("a project is there once something was put into it", async () => {
      const at = plane.project();
      for (const path of ["", "/runners", "/assembly-lines"]) {
        const answer = await at.call("GET", path);
        assert.equal(answer.status, 404);
        assert.equal(answer.json.error.code, "project_not_found");
      }
      const ada = await at.register("ada");
      await at.must(200, "GET", "");
      assert.equal(await poll(at, ada), null);
    });
  },
});
