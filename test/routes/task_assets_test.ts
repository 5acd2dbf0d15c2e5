/** Files beside a task's card: put, listed, carried by jobs, read by who may, and gone with the task's output. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { startPlane, type TestPlane, type TestProject } from "../fake/plane.ts";
import { until } from "../worker/until.ts";

const LINE = { name: "L", stations: [{ id: "a", name: "A", trigger: { type: "dispatch_worker" } }] };
const DAY_MS = 86_400_000;

const hashOf = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function withTask(plane: TestPlane): Promise<{ readonly at: TestProject; readonly path: string }> {
  const at = plane.project();
  await at.must(200, "PUT", "/assembly-lines/line", { body: LINE });
  const { id } = await at.must(201, "POST", "/assembly-lines/line/tasks", { body: { title: "t" } });
  return { at, path: `/tasks/${id}` };
}

function put(at: TestProject, path: string, name: string, body: string | Uint8Array, more: object = {}) {
  const headers = { "content-type": "text/plain; charset=utf-8", ...more };
  return at.call("PUT", `${path}/assets/${encodeURIComponent(name)}`, { body, headers });
}

async function claim(at: TestProject, token: string): Promise<PolledJob> {
  return (await at.must(200, "POST", "/runners/jobs", { token, body: {} })).jobs[0];
}

async function roundTrip(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  const name = "Größe 'x' (1).txt";
  const made = await put(at, path, name, "hello");
  assert.equal(made.status, 200, made.text);
  const { putAt, url, ...rest } = made.json;
  assert.deepEqual(rest, { name, size: 5, sha256: hashOf("hello"), type: "text/plain; charset=utf-8" });
  assert.ok(putAt > 0);
  assert.deepEqual((await at.must(200, "GET", `${path}/assets`)).assets, [made.json]);
  const got = await at.call("GET", url.slice(url.indexOf(at.base) + at.base.length));
  assert.deepEqual([got.status, got.text], [200, "hello"]);
  assert.equal(got.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(got.headers.get("x-content-type-options"), "nosniff");
  assert.match(got.headers.get("content-security-policy") ?? "", /sandbox/);
  assert.equal(
    got.headers.get("content-disposition"),
    "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%27x%27%20%281%29.txt",
  );
  await plane.evict("JOB_QUEUE", at.queueName);
  assert.deepEqual((await at.must(200, "GET", `${path}/assets`)).assets, [made.json]);
  const file = `${path}/assets/${encodeURIComponent(name)}`;
  assert.equal((await at.call("DELETE", file)).status, 204);
  assert.deepEqual((await at.must(200, "GET", `${path}/assets`)).assets, []);
  assert.equal((await at.call("GET", file)).json.error.code, "asset_not_found");
}

async function large(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  const bytes = new Uint8Array(10 * 1024 * 1024).fill(7);
  const made = await put(at, path, "large.bin", bytes);
  assert.deepEqual([made.status, made.json?.size, made.json?.sha256], [200, bytes.length, hashOf(bytes)]);
  const over = await put(at, path, "larger.bin", new Uint8Array(10 * 1024 * 1024 + 1));
  assert.deepEqual([over.status, over.json.error.code], [413, "body_too_large"]);
  const empty = await put(at, path, "empty", "");
  assert.deepEqual([empty.status, empty.json?.size], [200, 0]);
  const archive = new Uint8Array(2 * 1024 * 1024);
  archive.set([0x50, 0x4b, 3, 4]);
  const kept = await at.call("PUT", "/claude-config-archive", { body: archive });
  assert.equal(kept.status, 200, "an archive of 2 MB is no JSON, and has a limit of its own");
}

async function jobs(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  await put(at, path, "a.txt", "first");
  await put(at, path, "b.txt", "other");
  const runner = await at.register("ada");
  const job = await claim(at, runner.token);
  const [a, b] = job.agentDefinition.taskAssets!;
  assert.deepEqual(
    [a!.fileName, a!.mimeType, a!.size, a!.sha256],
    ["a.txt", "text/plain; charset=utf-8", 5, hashOf("first")],
  );
  await put(at, path, "a.txt", "second!");
  await at.must(204, "DELETE", `${path}/assets/b.txt`);
  for (const token of [job.jobToken!, runner.token]) {
    for (const [asset, text] of [[a!, "first"], [b!, "other"]] as const) {
      const got = await at.call("GET", asset.url.slice(asset.url.indexOf(at.base) + at.base.length), {
        token,
      });
      assert.deepEqual([got.status, got.text], [200, text], "what was promised, whatever was put since");
    }
  }
  assert.equal((await at.call("GET", `${path}/assets/a.txt`, { token: job.jobToken! })).text, "second!");
  const second = await at.must(201, "POST", "/assembly-lines/line/tasks", { body: { title: "u" } });
  const foreign = await at.call("GET", `/tasks/${second.id}/assets`, { token: job.jobToken! });
  assert.deepEqual([foreign.status, foreign.json.error.code], [403, "wrong_token_kind"]);
  for (const token of [job.jobToken!, runner.token]) {
    const refused = await at.call("PUT", `${path}/assets/c`, { token, body: "x" });
    assert.deepEqual([refused.status, refused.json.error.code], [403, "wrong_token_kind"]);
  }
  const reader = await at.must(201, "POST", "/tokens", { body: { name: "r", scopes: ["tasks:read"] } });
  const unscoped = await at.call("PUT", `${path}/assets/c`, { token: reader.token, body: "x" });
  assert.equal(unscoped.json.error.code, "missing_scope");
  assert.equal((await at.call("GET", `${path}/assets/a.txt`, { token: reader.token })).text, "second!");
}

async function offers(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  await put(at, path, "a.txt", "first");
  const { token } = await at.register("pks");
  const offer = await at.must(200, "POST", "/runners/jobs", { token, body: { capabilities: [] } });
  assert.equal(offer.jobs[0].agentDefinition.taskAssets[0].fileName, "a.txt");
}

async function keys(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  const once = { "idempotency-key": "k1" };
  const first = await put(at, path, "a.txt", "one", once);
  await put(at, path, "a.txt", "two");
  assert.deepEqual((await put(at, path, "a.txt", "one", once)).json, first.json, "answered as before");
  assert.equal((await at.call("GET", `${path}/assets/a.txt`)).text, "two", "and not put again");
  const reused = await put(at, path, "a.txt", "three", once);
  assert.deepEqual([reused.status, reused.json.error.code], [422, "idempotency_key_reused"]);
  const gone = () => at.call("DELETE", `${path}/assets/a.txt`, { headers: { "idempotency-key": "k2" } });
  assert.deepEqual([(await gone()).status, (await gone()).status], [204, 204]);
  assert.equal((await at.call("DELETE", `${path}/assets/a.txt`)).status, 404);
}

async function retention(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  const taskId = path.slice("/tasks/".length);
  await put(at, path, "a.txt", "one");
  await put(at, path, "a.txt", "two");
  await at.must(200, "POST", `${path}/cancel`, { body: { reason: "enough" } });
  const log = `${at.queueName}/${taskId}`;
  await until("the log must know the end", async () => {
    const kinds = await plane.rpc<readonly { readonly kind: string }[]>("TASK_LOG", log, "timeline");
    return kinds.some(({ kind }) => kind === "task_failed") ? true : null;
  });
  await plane.rpc("TASK_LOG", log, "advanceClock", 89 * DAY_MS);
  const replaced = `${path}/assets/a.txt?sha256=${hashOf("one")}`;
  assert.equal((await at.call("GET", replaced)).text, "one", "what was replaced stays as long as the task's");
  await plane.rpc("TASK_LOG", log, "advanceClock", DAY_MS + 60_000);
  assert.equal((await at.call("GET", replaced)).json.error.code, "asset_not_found");
  const expired = await at.call("GET", `${path}/assets/a.txt`);
  assert.deepEqual([expired.status, expired.json.error.code], [410, "asset_expired"]);
  assert.equal(
    (await at.must(200, "GET", `${path}/assets`)).assets.length,
    1,
    "the list says what there was",
  );
}

async function pages(plane: TestPlane) {
  const { at, path } = await withTask(plane);
  const { json } = await put(at, path, "<b>.txt", "one");
  const page = await plane.call("GET", `/p/${at.owner}/${at.project}${path}`);
  assert.equal(page.status, 200);
  assert.ok(page.text.includes("&lt;b&gt;.txt</a>"), page.text.slice(0, 200));
  assert.ok(page.text.includes(`href="${new URL(json.url).pathname}?sha256=${hashOf("one")}"`));
}

Deno.test({
  name: "assets of tasks over HTTP",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    await t.step("an asset is put, listed, read as it came, and deleted", () => roundTrip(plane));
    await t.step("one may have 10 MiB and no byte more", () => large(plane));
    await t.step(
      "a job gets what it was promised, whatever is put or deleted after its claim",
      () => jobs(plane),
    );
    await t.step("a runner that is offered a job is told of them as well", () => offers(plane));
    await t.step("a request with a key takes effect once", () => keys(plane));
    await t.step("bytes are deleted when the task's output is", () => retention(plane));
    await t.step("the task's page links them", () => pages(plane));
  },
});
