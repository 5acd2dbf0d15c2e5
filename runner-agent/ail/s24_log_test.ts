import assert from "node:assert/strict";
import { join } from "node:path";
import { newEntry } from "../pipeline/telling.ts";
import { projectPaths } from "./project.ts";
import { isAbandoned, RunLog } from "./run_log.ts";
import { type AilFolder, withAilFolder } from "../../test/fake/ail_command.ts";

const PIPELINE = `version: "1"
pipeline:
  - id: a
    context: {shell: "echo out"}
  - id: b
    prompt: x
`;

async function withRun(body: (folder: AilFolder, runId: string) => Promise<void>): Promise<void> {
  await withAilFolder(async (folder) => {
    await folder.write("p.yaml", PIPELINE);
    assert.equal((await folder.ail(["--pipeline", "p.yaml", "hello"])).code, 0);
    const runId = JSON.parse((await folder.ail(["logs", "--format", "json"])).out).run_id;
    await body(folder, runId);
  });
}

Deno.test("the newest run is what `log` prints", async () => {
  await withRun(async ({ ail }, runId) => {
    const log = await ail(["log"]);
    assert.equal(log.code, 0);
    assert.match(log.out, /^ail-log\/1\n\n## Turn 1 — `invocation`\n\nstub response\n\n---\n/);
    assert.match(
      log.out,
      /## Turn 2 — `a`\n\n:::stdio stream="stdout"\nout\n:::\n\n---\n_No cost \(context step\)_\n/,
    );
    assert.equal((await ail(["log", runId])).out, log.out);
    assert.equal((await ail(["log", "--follow"])).out, log.out);
  });
});

Deno.test("where the file of a run is gone its tables tell the same", async () => {
  await withRun(async ({ ail, home }, runId) => {
    const before = (await ail(["log"])).out;
    const [project] = [...Deno.readDirSync(join(home, ".ail/projects"))];
    await Deno.remove(join(home, ".ail/projects", project!.name, "runs", `${runId}.jsonl`));
    assert.equal((await ail(["log"])).out, before);
    const raw = await ail(["log", "--format", "raw"]);
    assert.equal(raw.code, 1);
    assert.match(raw.err, /^\[ail:pipeline\/aborted\]/);
  });
});

Deno.test("raw is the file, json the rows", async () => {
  await withRun(async ({ ail }, runId) => {
    const raw = (await ail(["log", "--format", "raw"])).out.trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(raw.map(({ type }) => type), [
      "run_started",
      "step_started",
      undefined,
      "step_started",
      undefined,
      "step_started",
      undefined,
      "run_finished",
    ]);
    const rows = (await ail(["log", "--format", "json"])).out.trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(rows.length, 6);
    assert.ok(rows.every((row) => row.run_id === runId));
    assert.deepEqual(rows.map(({ step_index }) => step_index), [0, 0, 1, 1, 2, 2]);
  });
});

Deno.test("the exit code says what was missing: a database, a run, a format", async () => {
  await withAilFolder(async ({ ail }) => {
    assert.equal((await ail(["log"])).code, 2);
    assert.deepEqual(await ail(["logs"]), { code: 0, out: "", err: "" });
  });
  await withRun(async ({ ail }) => {
    for (const id of ["nobody", "../../etc/passwd", "%"]) {
      const unknown = await ail(["log", id]);
      assert.equal(unknown.code, 1);
      assert.match(unknown.err, /^\[ail:storage\/run-not-found\]/);
    }
    assert.equal((await ail(["log", "--format", "nope"])).code, 3);
    assert.equal((await ail(["logs", "--query", '"'])).code, 1);
  });
});

Deno.test("a run that is followed is printed while it goes, each turn once", async () => {
  const printed: string[] = [];
  await withAilFolder(async ({ write, ail }) => {
    await write(
      "p.yaml",
      'version: "1"\npipeline:\n  - id: first\n    context: {shell: "echo 1"}\n  - id: gate\n    action: pause_for_human\n  - id: last\n    context: {shell: "echo 2"}\n',
    );
    const go = Promise.withResolvers<void>();
    const atGate = Promise.withResolvers<void>();
    async function* input() {
      await atGate.promise;
      await go.promise;
      yield '{"type":"hitl_response"}';
    }
    onText = (text) => {
      if (text.includes("hitl_gate_reached")) atGate.resolve();
      if (text.includes("## Turn 2")) go.resolve();
      if (!text.startsWith("{")) printed.push(text);
    };
    const running = ail(["--pipeline", "p.yaml", "--output-format", "json", "hello"], input());
    await atGate.promise;
    const followed = await ail(["log", "--follow"]);
    await running;
    assert.equal(followed.code, 0);
    assert.equal(followed.out, (await ail(["log"])).out);
  }, (text) => onText(text));
  assert.ok(printed.length >= 2, "it came in parts");
});

Deno.test("log --follow ends with a warning when the program of the run is gone, and not while it lives", async () => {
  const begun = Promise.withResolvers<void>();
  await withAilFolder(async ({ dir, home, ail }) => {
    const warnings: string[] = [];
    const paths = await projectPaths(dir, home);
    const log = await RunLog.open(paths, { nowMs: () => 1_000, warn: (one) => warnings.push(one) });
    await log.begin({ kind: "begin_run", runId: "run-1", parentRunId: null, source: null });
    await log.append("run-1", newEntry("a", { prompt: "x", response: "said before" }));
    assert.equal(await isAbandoned(paths, "run-1"), false);
    const following = ail(["log", "--follow"]);
    await begun.promise;
    // As the system does for a program that was killed: its files are closed, and no end is written.
    await log.close();
    assert.deepEqual(warnings, []);
    const { code, out, err } = await following;
    assert.equal(code, 0);
    assert.match(out, /said before/);
    assert.equal(err, "warning: this run was broken off: the program that ran it is gone\n");
    assert.equal(await isAbandoned(paths, "run-1"), true);
  }, (text) => text.startsWith("ail-log/1") && begun.resolve());
});
let onText: (text: string) => void = () => {};

Deno.test("runs are listed newest first, and found by what was said in them", async () => {
  await withRun(async ({ ail }, runId) => {
    await ail(["--pipeline", "p.yaml", "about quokkas"]);
    const ids = (await ail(["logs", "--format", "json"])).out.trimEnd().split("\n")
      .map((line) => JSON.parse(line).run_id);
    assert.equal(ids.length, 2);
    assert.equal(ids[1], runId);
    const found = await ail(["logs", "--query", "quokkas OR wombats"]);
    assert.match(
      found.out,
      new RegExp(`run_id: ${ids[0]}  status: completed  cost: \\$0\\.0000  steps: 3\n`),
    );
    assert.doesNotMatch(found.out, new RegExp(runId));
    assert.equal((await ail(["logs", "--limit", "1"])).out.includes(runId), false);
    assert.equal((await ail(["logs", "--session", runId.slice(0, 8)])).out.includes(runId), true);
  });
});

Deno.test("a run is deleted with its rows; one that is not there is a fault", async () => {
  await withRun(async ({ ail }, runId) => {
    assert.deepEqual(await ail(["delete", runId]), { code: 0, out: `Deleted run ${runId}\n`, err: "" });
    assert.equal((await ail(["logs"])).out, "");
    const again = await ail(["delete", runId, "--json"]);
    assert.equal(again.code, 1);
    assert.equal(
      again.out,
      `{"deleted":false,"run_id":"${runId}","error":"no run '${runId}' in this folder"}\n`,
    );
    assert.equal((await ail(["delete", "../p", "--force"])).code, 1);
  });
});
