import assert from "node:assert/strict";
import { inspect, inspectMigrations, inspectPaths } from "./tidy_rules.ts";

const findings = (file: string, text: string) => inspect(file, text).map((f) => `${f.line}: ${f.message}`);

Deno.test("a file above its budget is found, and object shells have a smaller one", () => {
  const lines = (n: number, head = "") => head + "x;\n".repeat(n - (head === "" ? 0 : 1));
  assert.deepEqual(findings("worker/x.ts", lines(350)), []);
  assert.match(findings("worker/x.ts", lines(351)).join(), /has 351 lines where 350/);
  const shell = "export class X extends DurableObject<Env> {}\n";
  assert.deepEqual(findings("worker/objects/x.ts", lines(250, shell)), []);
  assert.match(findings("worker/objects/x.ts", lines(251, shell)).join(), /where 250/);
  assert.match(findings("runner-agent/job/conductor.ts", lines(251)).join(), /where 250/);
});

Deno.test("names that say nothing or are not snake_case are found", () => {
  for (const name of ["index.ts", "utils.ts", "helper.ts", "jobService.ts", "job-queue.ts"]) {
    assert.equal(findings(`worker/${name}`, "").length, 1, name);
  }
  for (const name of ["mod.ts", "job_queue.ts", "store.contract.ts", "drizzle.config.ts", "platform.d.ts"]) {
    assert.deepEqual(findings(`worker/${name}`, ""), [], name);
  }
});

Deno.test("left-overs and forbidden calls are found with their line, where they are forbidden", () => {
  assert.match(findings("worker/x.ts", "a;\n// TODO later").join(), /^2: 'TODO'/);
  assert.match(findings("worker/x.ts", "console.log(1)").join(), /console.log/);
  assert.deepEqual(findings("tools/x.ts", "console.log(1)"), []);
  assert.match(findings("worker/x_test.ts", "await sleep(5)").join(), /waits for time/);
  assert.match(findings("worker/x_test.ts", "setTimeout(f, 5)").join(), /waits for time/);
  assert.deepEqual(findings("worker/x_test.ts", "clock.sleep(5)"), []);
  const poll =
    "while (!isDone()) {\n  assert.ok(Date.now() < deadlineMs);\n  await new Promise((r) => setTimeout(r, 5));\n}";
  assert.deepEqual(findings("worker/x_test.ts", poll), [], "a condition with a deadline");
  assert.match(findings("worker/x_test.ts", "Deno.test.only('x', f)").join(), /leaves the other tests out/);
  assert.match(findings("worker/x.ts", "// @ts-ignore").join(), /fix the type/);
  assert.match(findings("worker/x.ts", "// deno-lint-ignore arrows/imports").join(), /where it belongs/);
});

Deno.test("a path in the map that does not exist is found", () => {
  const text = "See `worker/main.ts` and\n`worker/gone.ts`, not `npm run` or `x`.";
  const found = inspectPaths("docs/architecture.md", text, (path) => path === "worker/main.ts");
  assert.deepEqual(found.map((f) => [f.line, f.message]), [[
    2,
    "names worker/gone.ts, which does not exist: correct it",
  ]]);
});

Deno.test("migrations with gaps, odd names, a way back, or changes after a release are found", () => {
  const none = () => false;
  assert.deepEqual(
    inspectMigrations("m", ["0000_create_x.sql", "0001_add_y.sql", "drizzle.config.ts"], none),
    [],
  );
  assert.equal(inspectMigrations("m", ["0000_create_x.sql", "0002_add_y.sql"], none).length, 1);
  assert.equal(inspectMigrations("m", ["0000_brave.sql"], none).length, 1);
  assert.equal(inspectMigrations("m", ["0000_create_down.sql"], none).length, 1);
  assert.equal(inspectMigrations("m", ["0000_create_x.sql"], () => true).length, 1);
});
