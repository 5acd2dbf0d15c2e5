/// <reference lib="deno.ns" />
/** What people and programs do over HTTP beside the happy path: limited tokens, kept runners, lists, second tries. */
import assert from "node:assert/strict";
import { startGitHost } from "../fake/git_host.ts";
import { type CallOptions, startPlane, type TestPlane, type TestProject } from "../fake/plane.ts";
import { GATED_LINE, putLine, readTask, report, station, submit, take } from "../worker/work_fixture.ts";

const code = async (at: TestProject, method: string, path: string, options: CallOptions) => {
  const answer = await at.call(method, path, options);
  return `${answer.status} ${answer.json?.error?.code ?? "ok"}`;
};
const newToken = async (at: TestProject, body: object): Promise<string> =>
  (await at.must(201, "POST", "/tokens", { body: { name: "t", ...body } })).token;

async function tokens(plane: TestPlane) {
  const at = plane.project();
  await putLine(at);
  await at.must(200, "PUT", "/assembly-lines/other", { body: { name: "O", stations: [station("make")] } });
  const runner = await at.register("ada");
  const ci = await newToken(at, { kind: "connection", scopes: ["tasks:write"], lineId: "line" });
  assert.match(ci, /^pct_/);
  const ask = (method: string, path: string, body?: object) =>
    code(at, method, path, { token: ci, ...(body === undefined ? {} : { body }) });
  assert.equal(await ask("GET", "/tasks"), "403 missing_scope");
  assert.equal(await ask("POST", "/tokens", { name: "wider" }), "403 missing_scope");
  assert.equal(await ask("POST", "/runners", { name: "mine" }), "403 missing_scope");
  assert.equal(await ask("POST", "/stages/other/tasks", { title: "t" }), "403 token_locked_to_line");
  const task = await at.must(201, "POST", "/stages/line/tasks", { token: ci, body: { title: "t" } });
  assert.deepEqual([task.status, task.currentJobId], ["queued", null]);
  assert.equal((await at.call("POST", "/runners/jobs", { token: runner.token, body: {} })).status, 204);
  assert.equal(await ask("POST", `/tasks/${task.id}/retry`, {}), "403 missing_scope");
  await at.must(200, "POST", `/tasks/${task.id}/retry`);
  assert.equal((await take(at, runner)).agentDefinition.taskId, task.id);

  const { tokens } = await at.must(200, "GET", "/tokens");
  assert.deepEqual(
    tokens.map((t: { kind: string; scopes: string[]; lineId: string }) => [t.kind, t.scopes, t.lineId]),
    [
      ["connection", ["tasks:write"], "line"],
    ],
  );
  assert.ok(!JSON.stringify(tokens).includes(ci));
  assert.equal((await at.call("DELETE", `/tokens/${tokens[0].id}`)).status, 204);
  assert.equal(await ask("GET", "/tasks"), "401 unauthenticated");

  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const brief = await newToken(at, { scopes: ["tasks:read"], expiresAt });
  assert.equal(await code(at, "GET", "/tasks", { token: brief }), "200 ok");
  await at.advance(61_000);
  assert.equal(await code(at, "GET", "/tasks", { token: brief }), "401 token_expired");
  await plane.evict("JOB_QUEUE", at.queueName);
  assert.equal(await code(at, "GET", "/tasks", { token: brief }), "401 token_expired");
}

async function artifacts(plane: TestPlane) {
  const at = plane.project();
  await putLine(at);
  await at.must(200, "PUT", "/assembly-lines/other", { body: { name: "O", stations: [station("make")] } });
  const runner = await at.register("ada");
  await submit(at);
  const { jobToken } = await take(at, runner);
  const body = { type: "t", name: "n", data: {} };
  const { id } = await at.must(201, "POST", "/artifacts", { token: jobToken, body });
  for (const [lineId, expected] of [["line", "200 ok"], ["other", "403 token_locked_to_line"]] as const) {
    const token = await newToken(at, { scopes: ["tasks:read"], lineId });
    assert.equal(await code(at, "GET", `/artifacts/${id}`, { token }), expected);
  }
}

async function runners(plane: TestPlane) {
  const at = plane.project();
  await putLine(at);
  const runner = await at.register("ada", ["linux"]);
  await at.must(200, "PATCH", `/runners/${runner.id}`, { body: { labels: ["linux", "gpu"], name: "eve" } });
  const poll = (body: object = {}) => at.call("POST", "/runners/jobs", { token: runner.token, body });
  await poll({ version: "1.2", harnesses: ["claude"], maxJobs: 2, surprise: true });
  const [listed] = await at.must(200, "GET", "/runners");
  assert.deepEqual(
    [listed.name, listed.status, listed.labels, listed.version, listed.harnesses, listed.intake],
    ["eve", "online", ["linux", "gpu"], "1.2", ["claude"], "open"],
  );
  assert.ok(Date.parse(listed.lastSeen) > 0);

  const tasks = [await submit(at), await submit(at), await submit(at)];
  const jobs = [];
  for (let n = 0; n < 2; n++) jobs.push((await poll({ maxJobs: 2 })).json.jobs[0]);
  assert.deepEqual(jobs.map((job) => job.agentDefinition.taskId), tasks.slice(0, 2));
  assert.equal(jobs[0].heartbeatMs, 20_000);
  assert.equal((await poll({ maxJobs: 2 })).status, 204);
  assert.deepEqual(
    (await at.must(200, "GET", `/runners/${runner.id}`)).currentJobIds,
    jobs.map((job) => job.id),
  );
  const beat = (body: object = {}) =>
    code(at, "PATCH", `/runners/${runner.id}`, {
      token: runner.token,
      body: { jobResult: "in_progress", ...body },
    });
  assert.equal(await beat(), "409 ambiguous_job");
  assert.equal(await beat({ jobId: jobs[1].id }), "200 ok");

  await at.must(200, "POST", `/runners/${runner.id}/pause`);
  assert.equal((await poll({ maxJobs: 3 })).status, 204);
  await at.must(200, "POST", `/runners/${runner.id}/drain`);
  assert.deepEqual((await poll({ maxJobs: 3 })).json, { jobs: [], drain: true });
  const answer = await report(at, runner, { jobResult: "success", jobId: jobs[0].id });
  assert.equal(answer.drain, true);
  await at.must(200, "POST", `/runners/${runner.id}/resume`);

  const rotated = await at.must(201, "POST", `/runners/${runner.id}/rotate`);
  assert.equal((await poll()).status, 401);
  assert.equal(await code(at, "GET", "", { token: rotated.token }), "200 ok");
  assert.deepEqual(await at.must(200, "GET", "/repo-info", { token: rotated.token }), {
    requiresGitHub: false,
  });
  assert.equal((await at.call("DELETE", `/runners/${runner.id}`)).status, 204);
  assert.equal(await code(at, "GET", "", { token: rotated.token }), "401 unauthenticated");
  assert.equal((await readTask(at, tasks[1]!)).status, "queued");
  const run = await at.must(200, "GET", `/runs/${jobs[1].runId}`);
  assert.equal(run.conclusion, "lost");
  await plane.evict("JOB_QUEUE", at.queueName);
  assert.deepEqual(await at.must(200, "GET", "/runners"), []);
}

/** A drain that comes while a poll is open is told at once, and a pause that ends lets the poll go on. */
async function openPolls(plane: TestPlane) {
  const at = plane.project();
  await putLine(at);
  const runner = await at.register("ada");
  const wait = () =>
    at.call("POST", "/runners/jobs", { token: runner.token, body: {}, headers: { prefer: "wait=20" } });
  const first = wait();
  await until(() => online(at));
  await at.must(200, "POST", `/runners/${runner.id}/drain`);
  assert.deepEqual((await first).json, { jobs: [], drain: true });
  await at.must(200, "POST", `/runners/${runner.id}/pause`);
  const second = wait();
  await submit(at);
  await at.must(200, "POST", `/runners/${runner.id}/resume`);
  assert.equal((await second).json.jobs.length, 1);
}
const online = async (at: TestProject) => (await at.must(200, "GET", "/runners"))[0].status === "online";
async function until(test: () => Promise<boolean>) {
  while (!await test());
}

async function linePage(plane: TestPlane) {
  const { owner, project } = plane.project();
  const there = await plane.call("GET", `/p/${owner}/${project}/assembly-lines/a%20b`, { token: null });
  assert.deepEqual([there.status, there.headers.get("location")], [
    302,
    `/p/${owner}/${project}/lines/a%20b`,
  ]);
}

async function memory(plane: TestPlane) {
  const at = plane.project();
  const [ada, bob] = [await at.register("ada"), await at.register("bob")];
  const place = "/claude-config-archive";
  const put = (token: string, body: string, headers = {}) => at.call("PUT", place, { token, body, headers });
  assert.equal((await at.call("GET", place, { token: ada.token })).json.error.code, "archive_not_found");
  assert.equal((await put(ada.token, "PK one")).status, 200);
  const got = await at.call("GET", place, { token: bob.token });
  assert.deepEqual([got.text, got.headers.get("content-type")], ["PK one", "application/zip"]);
  const own = { "if-match": got.headers.get("etag")! };
  assert.equal((await put(bob.token, "PK two", own)).status, 200);
  const late = await put(ada.token, "PK three", own);
  assert.deepEqual([late.status, late.json.error.code], [412, "archive_changed"]);
  assert.equal((await at.call("GET", place)).text, "PK two");
  const { token } = await at.must(201, "POST", "/tokens", { body: { name: "r", scopes: ["tasks:read"] } });
  assert.equal((await put(token, "PK four")).json.error.code, "missing_scope");
}

async function jobs(plane: TestPlane) {
  const at = plane.project();
  await putLine(at, { ...GATED_LINE });
  const runner = await at.register("ada");
  const taskId = await submit(at);
  const job = await take(at, runner);
  const as = { token: runner.token };
  const place = `/runs/${job.runId}/jobs/${job.id}`;
  const told = await at.must(200, "POST", `${place}/progress`, {
    ...as,
    body: { stage: "clone", message: "m" },
  });
  assert.deepEqual([told.cancel, told.heartbeatMs], [false, 20_000]);
  const body = { status: "in_progress", sessionId: "s1", broadcastId: "b1" };
  await at.must(200, "PATCH", place, { ...as, body });
  await at.must(200, "POST", `/assembly-lines/line/tasks/${taskId}/streams`, {
    ...as,
    body: { sessionId: "s2" },
  });
  const held = (await at.must(200, "GET", "/jobs?status=in_progress")).jobs;
  assert.deepEqual(held.map((j: { id: string; runnerId: string }) => [j.id, j.runnerId]), [[
    job.id,
    runner.id,
  ]]);
  const part = { status: "in_progress", logs: "begin\n" };
  await at.must(200, "PATCH", place, { ...as, body: part });
  await plane.evict("TASK_LOG", `${at.owner}/${at.project}/${taskId}`);
  // Its answer was lost: what counts no chunks is known by what it says.
  await at.must(200, "PATCH", place, { ...as, body: part });
  const end = { status: "completed", conclusion: "success", logs: "the whole log\n" };
  await at.must(200, "PATCH", place, { ...as, body: end });
  await at.must(200, "PATCH", place, { ...as, body: end });
  assert.equal((await at.call("GET", `/tasks/${taskId}/log`)).text, "begin\nthe whole log\n");
  const run = await at.must(200, "GET", `/runs/${job.runId}`);
  assert.deepEqual([run.conclusion, run.progress.stage], ["success", "clone"]);
  const task = await at.must(200, "GET", `/stages/line/tasks/${taskId}`);
  assert.deepEqual(task.streams.map((s: { sessionId: string }) => s.sessionId), ["s1", "s2"]);
  const { entries } = await at.must(200, "GET", `/tasks/${taskId}/timeline`);
  const kinds = entries.map((entry: { kind: string }) => entry.kind);
  assert.ok(kinds.includes("run_progress") && kinds.includes("stream_linked"), kinds.join());
  assert.deepEqual((await at.must(200, "GET", "/jobs")).jobs, []);

  const list = await at.must(200, "GET", "/tasks?status=awaiting_review&limit=1");
  assert.deepEqual(list.tasks.map((t: { id: string }) => t.id), [taskId]);
  assert.ok(list.endedTasksUrl.endsWith("/history/tasks"));
  const link = (await at.must(201, "POST", `/stages/line/tasks/${taskId}/gates/review/link`)).url;
  await at.must(200, "POST", `/tasks/${taskId}/move`, { body: { stationId: "ship", reason: "no need" } });
  assert.equal((await readTask(at, taskId)).columnId, "ship");
  await plane.rpc("JOB_QUEUE", at.queueName, "advanceClock", 0);
  const late = await plane.call("POST", "/v1/gate/redeem", {
    token: new URL(link).hash.slice(1),
    body: { decision: "approve" },
  });
  assert.equal(late.status, 410, late.text);
  await take(at, runner);
  await report(at, runner, { jobResult: "failed", error: "no" });
  assert.equal((await readTask(at, taskId)).outcome, "failure");
  await at.advance(3_600_000);
  await plane.evict("JOB_QUEUE", at.queueName);
  const again = await at.must(200, "POST", `/tasks/${taskId}/retry`, { body: { reason: "again" } });
  assert.deepEqual([again.status, again.attempt, again.outcome], ["queued", 2, null]);
  await plane.evict("JOB_QUEUE", at.queueName);
  await take(at, runner);
  // A cancel reaches the runner by its next heartbeat (A20).
  await at.must(200, "POST", `/tasks/${taskId}/cancel`, { body: { reason: "enough" } });
  assert.equal((await report(at, runner, { jobResult: "in_progress" })).cancel, true);
}

async function lines(plane: TestPlane) {
  const at = plane.project();
  await putLine(at);
  await putLine(at, { ...GATED_LINE, agenticsSpecFiles: { ".agentics/specs/a.md": "# A" } });
  const { versions, nextCursor } = await at.must(200, "GET", "/assembly-lines/line/versions");
  assert.deepEqual(versions.map((v: { revision: number; name: string }) => [v.revision, v.name]), [
    [2, "Gated"],
    [1, "L"],
  ]);
  assert.equal(nextCursor, null);
  const fields = ["createdAt", "id", "name", "owner", "project", "revision", "warnings"];
  assert.deepEqual(Object.keys(versions[0]).sort(), fields, "definitions are not in the list");
  const first = await at.must(200, "GET", "/assembly-lines/line/versions?limit=1");
  assert.deepEqual(first.versions, versions.slice(0, 1));
  const second = await at.must(
    200,
    "GET",
    `/assembly-lines/line/versions?limit=1&cursor=${first.nextCursor}`,
  );
  assert.deepEqual(second, { versions: versions.slice(1), nextCursor: null });
  assert.equal((await at.must(200, "GET", "/assembly-lines/line/versions/1")).name, "L");
  const { files } = await at.must(200, "GET", "/assembly-lines/line/export");
  const made = await at.must(201, "POST", "/assembly-lines/import", { body: { files } });
  assert.notEqual(made.id, "line");
  assert.deepEqual([made.warnings, made.stations.length, made.revision], [[], 2, 1]);
  const tar = await at.call("GET", "/assembly-lines/line/export?format=tar");
  assert.equal(tar.headers.get("content-type"), "application/x-tar");
  await using host = await startGitHost();
  await host.publish("line", files);
  const fetched = await at.must(201, "POST", "/assembly-lines/import", {
    body: { gitUrl: `${host.url}/line.git` },
  });
  assert.deepEqual([fetched.name, fetched.warnings], ["Gated", []]);
  const asked = host.asked.length;
  const refused = { gitUrl: `${host.url.replace("127.0.0.1", "localhost")}/line.git` };
  assert.equal(await code(at, "POST", "/assembly-lines/import", { body: refused }), "400 import_url_invalid");
  const writer = await newToken(at, { scopes: ["tasks:write"] });
  const body = { gitUrl: `${host.url}/line.git` };
  assert.equal(
    await code(at, "POST", "/assembly-lines/import", { token: writer, body }),
    "403 missing_scope",
  );
  assert.equal(host.asked.length, asked, "who may not make lines makes us ask nobody");
  await at.must(201, "POST", `/assembly-lines/${made.id}/tasks`, { body: { title: "t" } });
  const job = await take(at, await at.register("ada"));
  assert.deepEqual(job.agentDefinition.agenticsSpecFiles, { ".agentics/specs/a.md": "# A" });
}

async function idempotency(plane: TestPlane) {
  const at = plane.project();
  await putLine(at);
  const post = (path: string, body: object, key: string) =>
    at.call("POST", path, { body, headers: { "idempotency-key": key } });
  const first = await post("/stages/line/tasks", { title: "t" }, "k1");
  await plane.evict("JOB_QUEUE", at.queueName);
  const second = await post("/stages/line/tasks", { title: "t" }, "k1");
  assert.deepEqual([second.status, second.text], [first.status, first.text]);
  assert.equal((await at.must(200, "GET", "/tasks")).tasks.length, 1);
  assert.equal(
    (await post("/stages/line/tasks", { title: "u" }, "k1")).json.error.code,
    "idempotency_key_reused",
  );
  assert.equal((await post("/tokens", { name: "n" }, "k2")).status, 201);
  const kept = await post("/tokens", { name: "n" }, "k2");
  assert.deepEqual([kept.status, kept.json.error.code], [409, "answer_not_kept"]);
  assert.equal((await at.must(200, "GET", "/tokens")).tokens.length, 1);
  assert.equal(
    (await post("/tokens", { name: "n" }, "x".repeat(256))).json.error.code,
    "invalid_idempotency_key",
  );
  assert.equal((await post("/tokens", { name: "n" }, "é")).json.error.code, "invalid_idempotency_key");

  const artifact = { type: "report", name: "r", data: { a: 1 } };
  const made = await post("/artifacts", artifact, "k3");
  assert.equal(made.status, 201, made.text);
  assert.equal((await post("/artifacts", artifact, "k3")).text, made.text);
  const other = await post("/artifacts", { ...artifact, name: "s" }, "k3");
  assert.deepEqual([other.status, other.json.error.code], [422, "idempotency_key_reused"]);
  assert.equal((await at.must(200, "GET", `/artifacts/${made.json.id}`)).name, "r");
  assert.notEqual((await post("/artifacts", artifact, "k4")).json.id, made.json.id);
  const files = {
    "assembly-line.json": '{"name":"L"}',
    "stations/01-a/station.json": '{"id":"a","name":"A"}',
    "x": "",
  };
  const imported = await post("/assembly-lines/import", { files }, "k5");
  assert.deepEqual(imported.json.warnings, ["'x' is not used"]);
  assert.equal((await post("/assembly-lines/import", { files }, "k5")).text, imported.text);
}

Deno.test({
  name: "the control plane over HTTP",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    await t.step("tokens do what their scopes, their line and their time allow", () => tokens(plane));
    await t.step("an artifact is of its task's line", () => artifacts(plane));
    await t.step("the reference's address of a line's page leads to ours", () => linePage(plane));
    await t.step("what agents remember is their project's", () => memory(plane));
    await t.step("runners are relabelled, paused, drained, rotated and deleted", () => runners(plane));
    await t.step("an open poll hears of a drain and of the end of a pause", () => openPolls(plane));
    await t.step("jobs are watched, moved, retried and cancelled", () => jobs(plane));
    await t.step("lines have versions, and go out and in as folders", () => lines(plane));
    await t.step("a request with a key takes effect once", () => idempotency(plane));
  },
});
