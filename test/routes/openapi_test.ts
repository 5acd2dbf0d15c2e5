/// <reference lib="deno.ns" />
/** The API's description: complete, well formed, and true of real answers. */
import assert from "node:assert/strict";
import type { z } from "zod";
import * as answers from "../../protocol/line/answers.ts";
import { createApp, OPERATIONS } from "../../worker/app.ts";
import type { OpenApiDocument } from "../../worker/routes/openapi_document.ts";
import { startPlane } from "../fake/plane.ts";
import { GATED_LINE, putLine, submit, take } from "../worker/work_fixture.ts";

/** What is no part of the API: pages, forms and their files. */
const PAGES =
  /^(GET|POST) \/(p\/.*|g|g\/.*|signin|signin\/.*|projects|worklist|metrics|live\/.*|assets\/.*|session\/end|openapi\.json|api-docs)?$/;

const routes = [
  ...new Set(
    createApp().routes.filter((route) => route.method !== "ALL").map((route) =>
      `${route.method} ${route.path}`
    ),
  ),
];

async function read(): Promise<OpenApiDocument> {
  const response = await createApp().request("/openapi.json", {}, {});
  assert.equal(response.status, 200);
  return await response.json();
}

Deno.test("every route of the API has an operation, and every operation a route", () => {
  const described = OPERATIONS.flatMap(({ method, paths }) =>
    paths.map((path) => `${method.toUpperCase()} ${path}`)
  );
  assert.deepEqual(described.filter((one, i) => described.indexOf(one) !== i), [], "described twice");
  assert.deepEqual(described.sort(), routes.filter((route) => !PAGES.test(route)).sort());
});

Deno.test("the document is OpenAPI 3.1 with all that each operation needs", async () => {
  const document = await read();
  assert.equal(document.openapi, "3.1.0");
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    assert.match(path, /^\/[A-Za-z0-9_\-./{}]*$/);
    for (const [method, operation] of Object.entries(methods)) {
      const where = `${method} ${path}`;
      assert.ok(!ids.has(operation.operationId), `${where}: ${operation.operationId} is there twice`);
      ids.add(operation.operationId);
      assert.match(operation.operationId, /^\w+$/, where);
      assert.ok(operation.summary.length > 0 && !operation.summary.endsWith("."), where);
      assert.ok(document.tags.some(({ name }) => name === operation.tags[0]), where);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = operation.parameters.filter((parameter) => parameter.in === "path");
      assert.deepEqual(declared.map(({ name }) => name), inPath, where);
      assert.ok(Object.keys(operation.responses).length > 1, where);
      assert.equal(operation.security.length > 0, operation["x-tokens"].length > 0, where);
      for (const status of Object.keys(operation.responses)) assert.match(status, /^[1-5]\d\d$/, where);
    }
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
  assert.deepEqual([...new Set(references)], ["#/components/schemas/Refusal"]);
  assert.ok("Refusal" in (document.components["schemas"] as object));
});

Deno.test("bodies and queries are those of the schemas, under the names that the code uses", async () => {
  const { paths } = await read();
  const project = "/api/owners/{owner}/projects/{project}";
  const of = (path: string, method: string) => paths[project + path]![method]!;
  const schemaOf = (path: string, method: string) => {
    const { schema } = of(path, method).requestBody!.content["application/json"] as { schema: JsonSchema };
    return schema;
  };
  assert.deepEqual(schemaOf("/assembly-lines/{lineId}/tasks", "post").required, ["title"]);
  const line = schemaOf("/assembly-lines/{lineId}", "put");
  const trigger = line.properties!["stations"]!.items!.properties!["trigger"]!;
  assert.deepEqual(trigger.properties!["type"]!.enum, ["dispatch_worker", "none"]);
  assert.ok("fromStationId" in line.properties!["transitionRules"]!.items!.properties!);
  const names = of("/tasks", "get").parameters.map(({ name }) => name);
  assert.deepEqual(names.sort(), ["cursor", "limit", "line", "owner", "project", "station", "status"]);
  const submit = of("/assembly-lines/{lineId}/tasks", "post");
  assert.ok(submit.parameters.some(({ name }) => name === "Idempotency-Key"));
  assert.match(submit.responses["400"]!.description, /`invalid_input`.*`unknown_station`/);
  assert.match(submit.responses["403"]!.description, /`missing_scope`/);
});
interface JsonSchema {
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

Deno.test("the page shows every operation, runs no script and loads nothing from elsewhere", async () => {
  const response = await createApp().request("/api-docs", {}, {});
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const html = await response.text();
  assert.doesNotMatch(html, /<script|style=|<style|onclick|https?:\/\//);
  const { paths } = await read();
  for (const methods of Object.values(paths)) {
    for (const { operationId } of Object.values(methods)) {
      assert.ok(html.includes(`id="${operationId}"`), operationId);
    }
  }
});

Deno.test({
  name: "real answers are what the document says, field by field",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using plane = await startPlane();
    const at = plane.project();
    await putLine(at, GATED_LINE);
    const fits = (what: string, schema: z.ZodObject, value: unknown) => {
      // A field that the schema does not know is a fault of the description, too.
      const parsed =
        ("catchall" in schema._zod.def && schema._zod.def.catchall !== undefined ? schema : schema.strict())
          .safeParse(value);
      assert.ok(parsed.success, `${what}: ${parsed.error?.message}`);
    };
    fits("health", answers.healthAnswer, (await plane.call("GET", "/healthz")).json);
    fits("project", answers.projectAnswer, await at.must(200, "GET", ""));
    fits("line", answers.lineAnswer, await at.must(200, "GET", "/assembly-lines/line"));
    fits("export", answers.lineExport, await at.must(200, "GET", "/assembly-lines/line/export"));
    fits("token", answers.tokenMadeAnswer, await at.must(201, "POST", "/tokens", { body: { name: "n" } }));
    fits("token", answers.tokenAnswer, (await at.must(200, "GET", "/tokens")).tokens[0]);
    const taskId = await submit(at);
    const runner = await at.register("ada");
    fits("registered", answers.runnerRegisteredAnswer, runner);
    const job = await take(at, runner);
    fits("claimed", answers.polledJobAnswer, job);
    const as = { token: runner.token };
    const beat = { ...as, body: { jobResult: "in_progress" } };
    fits("heartbeat", answers.reportAnswer, await at.must(200, "PATCH", `/runners/${runner.id}`, beat));
    const place = `/runs/${job.runId}/jobs/${job.id}`;
    const stage = { ...as, body: { stage: "s" } };
    fits("progress", answers.reportAnswer, await at.must(200, "POST", `${place}/progress`, stage));
    fits("log", answers.logAnswer, await at.must(200, "POST", `${place}/logs`, { ...as, body: "x" }));
    const stream = { ...as, body: { sessionId: "s" } };
    fits("task", answers.taskAnswer, await at.must(200, "POST", `/tasks/${taskId}/streams`, stream));
    fits("tasks", answers.taskPageAnswer, await at.must(200, "GET", "/tasks"));
    fits("jobs", answers.jobPageAnswer, await at.must(200, "GET", "/jobs"));
    fits("job", answers.jobAnswer, await at.must(200, "GET", `/jobs/${job.id}`));
    fits("run", answers.runAnswer, await at.must(200, "GET", `/runs/${job.runId}`));
    fits("runner", answers.runnerAnswer, await at.must(200, "GET", `/runners/${runner.id}`));
    fits("timeline", answers.timelineAnswer, await at.must(200, "GET", `/tasks/${taskId}/timeline`));
    const artifact = { token: job.jobToken!, body: { type: "t", name: "n", data: 1 } };
    const made = await at.must(201, "POST", "/artifacts", artifact);
    fits("artifact", answers.artifactMadeAnswer, made);
    fits("artifact", answers.artifactAnswer, await at.must(200, "GET", `/artifacts/${made.id}`));
    await at.must(200, "PATCH", `/runners/${runner.id}`, { ...as, body: { jobResult: "success" } });
    fits("task", answers.taskAnswer, await at.must(200, "GET", `/tasks/${taskId}`));
    const gate = `/stages/line/tasks/${taskId}/gates/review`;
    fits("link", answers.linkAnswer, await at.must(201, "POST", `${gate}/link`));
    fits("gate", answers.gateAnswer, await at.must(200, "POST", gate, { body: { action: "approve" } }));
    fits("refusal", answers.refusalAnswer, await at.must(404, "GET", "/tasks/nope"));
  },
});
