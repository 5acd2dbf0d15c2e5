/** How runners get work over HTTP: polls, claims, events, and the spellings of the reference. */
import assert from "node:assert/strict";
import { startPlane } from "../fake/plane.ts";
import { until } from "./until.ts";
import { poll, putLine, readTask, report, station, submit, take } from "./work_fixture.ts";

/** A wake-up is "at once" when it comes long before the poll's own end. */
const AT_ONCE_MS = 2_000;
const OFFLINE_MS = 61_000;
const STREAM_MAX_MS = 10_000;

Deno.test({
  name: "runners at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    await t.step("a long poll answers at once when a card is submitted", async () => {
      const at = plane.project();
      await putLine(at);
      const runner = await at.register("ada");
      await at.advance(OFFLINE_MS);
      const polled = at.must(200, "POST", "/runners/jobs", {
        token: runner.token,
        body: {},
        headers: { prefer: "respond-async, wait=25" },
      });
      await until("the runner must be waiting", async () => {
        const [seen] = await at.must(200, "GET", "/runners");
        return seen.status === "online" ? true : null;
      });
      const submittedAtMs = performance.now();
      const taskId = await submit(at);
      const { jobs } = await polled;
      assert.ok(performance.now() - submittedAtMs < AT_ONCE_MS, "the poll must not wait for its end");
      assert.equal(jobs[0].agentDefinition.taskId, taskId);
    });

    await t.step("a project that matches labels by overlap gives work to who has one of them", async () => {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make", { labels: ["linux", "gpu"] })] });
      const runner = await at.register("ada", ["linux"]);
      const other = await at.register("bob", ["macos"]);
      await submit(at);
      const poll = (token: string, prefer = "wait=0") =>
        at.call("POST", "/runners/jobs", { token, body: {}, headers: { prefer } });
      assert.equal((await poll(runner.token)).status, 204, "by the published rule");
      const waits = poll(runner.token, "wait=25");
      const project = await at.must(200, "PUT", "", { body: { gitUrl: null, labelMatching: "overlap" } });
      assert.equal(project.labelMatching, "overlap");
      const { jobs } = (await waits).json;
      assert.deepEqual(jobs[0].agentDefinition.labels, ["linux", "gpu"]);
      await submit(at);
      assert.equal((await poll(other.token)).status, 204);
      await plane.evict("JOB_QUEUE", at.queueName);
      const kept = await at.must(200, "PUT", "", { body: { gitUrl: null } });
      assert.equal(kept.labelMatching, "overlap", "what is absent stays as it is");
    });

    await t.step("a poll without work ends with 204 after the time that it asked for", async () => {
      const at = plane.project();
      await putLine(at);
      const runner = await at.register("ada");
      const startedAtMs = performance.now();
      await at.must(204, "POST", "/runners/jobs", { token: runner.token, headers: { prefer: "wait=1" } });
      const waitedMs = performance.now() - startedAtMs;
      assert.ok(waitedMs >= 990 && waitedMs < 5_000, `waited ${waitedMs} ms`);
      await at.must(204, "POST", "/runners/jobs", { token: runner.token });
    });

    await t.step("of many polls that wait, one gets the job and the others go on waiting", async () => {
      const at = plane.project();
      await putLine(at);
      const runners = await Promise.all(Array.from({ length: 8 }, (_, n) => at.register(`r${n}`)));
      await at.advance(OFFLINE_MS);
      const polls = runners.map((runner) =>
        at.call("POST", "/runners/jobs", { token: runner.token, headers: { prefer: "wait=1" } })
      );
      await until("all runners must be waiting", async () => {
        const seen: { status: string }[] = await at.must(200, "GET", "/runners");
        return seen.every((one) => one.status === "online") ? true : null;
      });
      await submit(at);
      const statuses = (await Promise.all(polls)).map((answer) => answer.status);
      assert.deepEqual(statuses.sort(), [200, ...Array(7).fill(204)]);
    });

    await t.step("a job that was offered and left goes to the next poll that waits", async () => {
      const at = plane.project();
      await putLine(at);
      const runners = await Promise.all(["ada", "bob"].map((name) => at.register(name)));
      await at.advance(OFFLINE_MS);
      const headers = { prefer: "wait=25" };
      const polls = runners.map(({ token }) =>
        at.must(200, "POST", "/runners/jobs", { token, body: { capabilities: [] }, headers })
      );
      await until("both runners must be waiting", async () => {
        const seen: { status: string }[] = await at.must(200, "GET", "/runners");
        return seen.every((one) => one.status === "online") ? true : null;
      });
      const submittedAtMs = performance.now();
      await submit(at);
      const [first, second] = await Promise.all(polls.map((offer) => offer.then(({ jobs }) => jobs[0].id)));
      const waitedMs = performance.now() - submittedAtMs;
      assert.equal(first, second);
      assert.ok(waitedMs >= 900 && waitedMs < 5_000, `the second offer came after ${waitedMs} ms`);
    });

    await t.step(
      "a runner that waits while it holds a job gets the next one when its hands are free",
      async () => {
        const at = plane.project();
        await putLine(at);
        const ada = await at.register("ada");
        const held = await submit(at, "held");
        await take(at, ada);
        await submit(at, "next");
        const headers = { prefer: "wait=25" };
        const polled = at.must(200, "POST", "/runners/jobs", { token: ada.token, headers });
        const startedAtMs = performance.now();
        await at.must(200, "POST", `/tasks/${held}/cancel`, { body: { reason: "enough" } });
        assert.equal((await polled).jobs[0].taskTitle, "next");
        assert.ok(performance.now() - startedAtMs < AT_ONCE_MS);
      },
    );

    await t.step("a poll that was left behind takes no job from the runner's newest poll", async () => {
      const at = plane.project();
      await putLine(at);
      const ada = await at.register("ada");
      const headers = { prefer: "wait=25" };
      const startPoll = () => at.call("POST", "/runners/jobs", { token: ada.token, headers });
      await at.advance(OFFLINE_MS);
      const leftBehind = startPoll();
      await until("the first poll must be waiting", async () => {
        const [seen] = await at.must(200, "GET", "/runners");
        return seen.status === "online" ? true : null;
      });
      const newest = startPoll();
      assert.equal((await leftBehind).status, 204);
      const taskId = await submit(at);
      const { json } = await newest;
      assert.equal(json.jobs[0].agentDefinition.taskId, taskId);
    });

    await t.step(
      "an offer claims nothing, and its claim may be repeated by the same runner only",
      async () => {
        const at = plane.project();
        await putLine(at, { name: "L", stations: [station("make", { createAssemblyLineRepo: true })] });
        const [ada, bob] = [await at.register("ada"), await at.register("bob")];
        const taskId = await submit(at);
        const offered = await at.must(200, "POST", "/runners/jobs", {
          token: ada.token,
          body: { capabilities: [] },
        });
        assert.equal(offered.jobs[0].runId, undefined);
        assert.equal(offered.jobs[0].jobToken, undefined);
        assert.equal((await readTask(at, taskId)).status, "queued");

        const jobId = offered.jobs[0].id;
        const claim = (token: string) =>
          at.call("POST", "/runners/generate-jitconfig", { token, body: { jobId, name: "n" } });
        const first = await claim(ada.token);
        const again = await claim(ada.token);
        assert.deepEqual([first.status, again.status], [200, 200]);
        assert.equal(again.json.runId, first.json.runId);
        assert.equal(again.json.leaseEpoch, 1);
        assert.equal(again.json.jobToken, first.json.jobToken, "the tokens of a run are always the same");
        const taken = await claim(bob.token);
        assert.equal(taken.status, 409);
        assert.equal(taken.json.error.code, "job_not_queued");
        const artifact = { type: "t", name: "n", data: {} };
        await at.must(201, "POST", "/artifacts", { token: again.json.jobToken, body: artifact });
        await report(at, ada, { jobResult: "success" });
        await at.must(401, "POST", "/artifacts", { token: again.json.jobToken, body: artifact });
      },
    );

    await t.step(
      "the reference's runner is understood from registration to both of its reports",
      async () => {
        const at = plane.project();
        await putLine(at, { name: "L", columns: [station("make", { createStageRepo: true })] });
        const runner = await at.must(201, "POST", "/runners", {
          body: { name: "ref", labels: ["self-hosted"] },
        });
        const card = { title: "t", description: "", columnId: "make", priority: "high", labels: ["runner"] };
        const { id } = await at.must(201, "POST", "/assembly-lines/line/tasks", { body: card });
        const token = runner.token;
        const { jobs } = await at.must(200, "POST", "/runners/jobs", {
          token,
          body: { capabilities: ["x"] },
        });
        const job = await at.must(200, "POST", "/runners/generate-jitconfig", {
          token,
          body: { jobId: jobs[0].id, name: "ref" },
        });
        assert.equal(job.agentDefinition.stageGitUrl, job.agentDefinition.assemblyLineRepoUrl);
        assert.equal(job.agentDefinition.stageGitToken, job.agentDefinition.assemblyLineRepoToken);
        const path = `/runs/${job.runId}/jobs/${job.id}`;
        await at.must(200, "PATCH", path, { token, body: { status: "in_progress", sessionId: "s" } });
        assert.equal((await readTask(at, id)).status, "in_progress");
        await at.must(200, "PATCH", path, { token, body: { status: "completed", conclusion: "success" } });
        await report(at, runner, { jobResult: "success", error: null });
        const task = await readTask(at, id);
        assert.deepEqual([task.status, task.history[0].outcome], ["completed", "success"]);
        await at.must(409, "PATCH", path, { token, body: { status: "completed", conclusion: "failure" } });
        assert.equal((await plane.call("GET", "/api/healthz", { token: null })).status, 200);
      },
    );

    await t.step("the event stream names each matching job whenever it becomes queued", async () => {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make", { labels: ["gpu"] })] });
      const [gpu, cpu] = [await at.register("gpu", ["gpu"]), await at.register("cpu")];
      const events = async (token: string) => {
        const ended = new AbortController();
        const deadline = AbortSignal.timeout(STREAM_MAX_MS);
        const response = await fetch(`${plane.url}${at.base}/runners/events`, {
          headers: { authorization: `Bearer ${token}` },
          signal: AbortSignal.any([ended.signal, deadline]),
        });
        assert.equal(response.headers.get("content-type"), "text/event-stream");
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        return {
          ended,
          text: () => text,
          saw: async (wanted: number) => {
            const jobIds = () =>
              [...text.matchAll(/event: job_available\ndata: (.*)\n\n/g)].map((m) => m[1]!);
            while (jobIds().length < wanted) {
              const { value, done } = await reader.read();
              assert.ok(!done, text);
              text += value;
            }
            return jobIds().map((data) => JSON.parse(data).jobId);
          },
        };
      };
      const stream = await events(gpu.token);
      const other = await events(cpu.token);
      const taskId = await submit(at);
      const { currentJobId } = await readTask(at, taskId);
      assert.deepEqual(await stream.saw(1), [currentJobId]);
      await take(at, gpu);
      await at.advance(91_000);
      assert.deepEqual(await stream.saw(2), [currentJobId, currentJobId], "a lost run's job is there again");
      stream.ended.abort();
      const second = await submit(at);
      assert.equal((await readTask(at, second)).status, "queued", "a viewer that left disturbs nobody");
      assert.ok(!other.text().includes("job_available"));
      other.ended.abort();
    });

    await t.step("registering a name again keeps the runner and kills its old token", async () => {
      const at = plane.project();
      await putLine(at);
      const old = await at.register("ada");
      await submit(at);
      await take(at, old);
      const fresh = await at.register("ada", ["new"]);
      assert.equal(fresh.id, old.id);
      const refused = await at.call("POST", "/runners/jobs", { token: old.token });
      assert.equal(refused.status, 401);
      await report(at, fresh, { jobResult: "in_progress" });
      assert.deepEqual((await at.must(200, "GET", "/runners"))[0].labels, ["new"]);
      assert.equal(await poll(at, fresh), null, "it still holds its job");
    });
  },
});
