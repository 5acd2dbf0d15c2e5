import assert from "node:assert/strict";
import { join } from "node:path";
import { withAilFolder } from "../../test/fake/ail_command.ts";

const TWO = `version: "1"
pipeline:
  - id: invocation
    prompt: "{{ step.invocation.prompt }}"
  - id: second
    prompt: again
`;
const FAULTY = `version: "1"
pipeline:
  - id: a
    prompt: x
    action: join
  - id: a
    prompt: y
    condition: what
`;

Deno.test("usage errors are exit code 2, and say what is wrong", async () => {
  await withAilFolder(async ({ ail }) => {
    for (
      const args of [
        ["hello", "--once", "hello"],
        ["--once", "hello", "validate"],
        ["hello", "validate"],
        ["--output-format", "xml", "hello"],
        ["--nonsense", "hello"],
        ["logs", "--limit", "0"],
        ["delete"],
      ]
    ) {
      const run = await ail(args);
      assert.equal(run.code, 2, args.join(" "));
      assert.match(run.err, /^error: /, args.join(" "));
    }
  });
});

Deno.test("without a prompt there is a hint; help and version are no errors", async () => {
  await withAilFolder(async ({ ail }) => {
    assert.match((await ail([])).out, /^Nothing to do/);
    assert.match((await ail(["--version"])).out, /^ail \d/);
    assert.match((await ail(["--help"])).out, /materialize\|mp/);
    for (const args of [[], ["--version"], ["--help"]]) assert.equal((await ail(args)).code, 0);
  });
});

Deno.test("a run prints the invocation that is declared and the last answer after it", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write("p.yaml", TWO);
    const run = await ail(["--pipeline", "p.yaml", "hello"]);
    assert.deepEqual(run, {
      code: 0,
      out: "stub response\n\n--- second ---\nstub response\n",
      err: "",
    });
    const work = await ail(["--pipeline", "p.yaml", "--show-work", "hello"]);
    assert.match(work.out, /^\[pipeline\]\n✓ second {3}— stub response\n\[ail: 1 step in \d+\.\ds\]\n$/);
  });
});

Deno.test("without a pipeline the prompt is passed through", async () => {
  await withAilFolder(async ({ ail }) => {
    assert.deepEqual(await ail(["hello"]), { code: 0, out: "stub response\n", err: "" });
  });
});

Deno.test("progress goes to standard error, and a gate that nobody can answer does not hang", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write(
      "p.yaml",
      'version: "1"\npipeline:\n  - id: gate\n    action: pause_for_human\n  - id: a\n    prompt: x\n',
    );
    const run = await ail(["--pipeline", "p.yaml", "--watch", "hello"]);
    assert.equal(run.code, 0);
    assert.equal(run.out, "\n--- a ---\nstub response\n");
    assert.match(
      run.err,
      /\[2\/2\] a — running\.\.\.\n {4}✓ a \(0 in \/ 0 out\)\n {2}\[Response\]\nstub response\n/,
    );
    assert.match(run.err, /warning: step 'gate' waits for a person, and nobody can be asked/);
  });
});

Deno.test("a runner that nobody knows fails the run", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write("p.yaml", 'version: "1"\npipeline:\n  - id: a\n    runner: nobody\n    prompt: x\n');
    const run = await ail(["--pipeline", "p.yaml", "hello"]);
    assert.equal(run.code, 1);
    assert.match(
      run.err,
      /^\[ail:runner\/not-found\] Runner 'nobody' is not recognized\. Known runners: claude/,
    );
  });
});

Deno.test("several pipelines are listed, and none is run", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write(".ail/one/default.yaml", TWO);
    await write(".ail/two/.x.ail.yaml", TWO);
    const run = await ail(["hello"]);
    assert.equal(run.code, 1);
    assert.match(run.err, /^Several pipelines.*\n {2}one .*\n {2}two\/\.x /);
    assert.equal((await ail(["validate"])).code, 1);
  });
});

Deno.test("what was loaded last is what runs next", async () => {
  await withAilFolder(async ({ write, ail, dir, home }) => {
    await write(".ail/one/default.yaml", TWO);
    await write(".ail/two/default.yaml", TWO);
    assert.equal((await ail(["validate", "--pipeline", ".ail/two/default.yaml"])).code, 0);
    assert.equal((await ail(["hello"])).code, 0);
    const [project] = [...Deno.readDirSync(join(home, ".ail/projects"))];
    const pointer = join(home, ".ail/projects", project!.name, "last_pipeline");
    assert.equal(await Deno.readTextFile(pointer), join(dir, ".ail/two/default.yaml"));
  });
});

Deno.test("validate tells all faults at once, with their places", async () => {
  await withAilFolder(async ({ write, ail, dir }) => {
    await write("good.yaml", TWO);
    await write("bad.yaml", FAULTY);
    assert.deepEqual(await ail(["validate", "--pipeline", "good.yaml"]), {
      code: 0,
      out: "Pipeline valid: 2 step(s)\n",
      err: "",
    });
    const text = await ail(["validate", "--pipeline", "bad.yaml"]);
    assert.equal(text.code, 1);
    assert.ok(text.err.trimEnd().split("\n").length >= 3, text.err);
    const json = await ail(["validate", "--pipeline", "bad.yaml", "--output-format", "json"]);
    assert.equal(json.code, 1);
    const verdict = JSON.parse(json.out);
    assert.equal(verdict.valid, false);
    assert.ok(verdict.errors.length >= 3);
    assert.deepEqual(Object.keys(verdict.errors[0]), ["message", "error_type", "file", "line", "column"]);
    assert.equal(verdict.errors[0].file, join(dir, "bad.yaml"));
    const valid = await ail(["validate", "--pipeline", "good.yaml", "--output-format", "json"]);
    assert.equal(valid.out, '{"valid":true,"step_count":2}\n');
  });
});

Deno.test("validate needs a pipeline", async () => {
  await withAilFolder(async ({ ail }) => {
    const run = await ail(["validate"]);
    assert.equal(run.code, 1);
    assert.equal(run.err, "[ail:config/file-not-found] No pipeline file found.\n");
  });
});

Deno.test("a dry run calls no runner, not even a named one, and runs commands", async () => {
  await withAilFolder(async ({ write, ail, read }) => {
    await write(
      "p.yaml",
      `version: "1"
pipeline:
  - id: touch
    context: {shell: "echo made > made.txt; echo said"}
  - id: named
    runner: claude
    model: big
    prompt: "got {{ step.touch.stdout }}"
  - id: off
    condition: never
    prompt: x
`,
    );
    const run = await ail(["--dry-run", "--pipeline", "p.yaml", "hello"]);
    assert.equal(run.code, 0);
    assert.equal(run.err, "");
    assert.match(run.out, /\[DRY RUN\] Step 2: named \[prompt\] \(runner: claude\) \(model: big\)\n/);
    assert.match(run.out, /\[DRY RUN\] Step 3: off \[prompt\] \[SKIPPED: condition: never\]\n/);
    assert.match(
      run.out,
      /Executed: named\n {2}Resolved prompt: got said\n {2}Response: \[DRY RUN\] No LLM call made\n/,
    );
    assert.match(run.out, /completed successfully\.\n\[DRY RUN\] No LLM API calls were made\.\n$/);
    assert.equal(await read("made.txt"), "made\n");
    assert.match((await ail(["logs"])).out, /status: completed \(dry run\)/);
  });
});

Deno.test("the specification is read by pipelines, too", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write(
      "p.yaml",
      'version: "1"\npipeline:\n  - id: s\n    context: {spec: "s12"}\n  - id: a\n    prompt: x\n',
    );
    assert.equal((await ail(["--pipeline", "p.yaml", "hello"])).code, 0);
    assert.match((await ail(["log"])).out, /# Conditions/);
    assert.match((await ail(["spec", "--list"])).out, /^## Core\ns01 .*words {2}Purpose\n/);
    assert.equal((await ail(["spec", "--section", "s99"])).code, 1);
    assert.equal((await ail(["spec", "--format", "x"])).code, 1);
    assert.doesNotMatch((await ail(["spec", "--format", "compact"])).out, /^# Events$/m);
    const lean = (await ail(["agent-guide"])).out;
    const full = (await ail(["agent-guide", "--format", "full"])).out;
    assert.match(lean, /^<!-- .*ail agent-guide/);
    assert.ok(lean.length < 1_100 && full.length >= 3 * lean.length);
    assert.equal((await ail(["agent-guide", "--format", "x"])).code, 1);
  });
});

Deno.test("materialize prints a file that loads to the same steps", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write("base.yaml", TWO);
    await write(
      "p.yaml",
      'version: "1"\nFROM: ./base.yaml\npipeline:\n  - run_after: second\n    id: third\n    prompt: z\n',
    );
    assert.equal((await ail(["materialize", "--pipeline", "p.yaml", "--out", "m.yaml"])).code, 0);
    const valid = await ail(["validate", "--pipeline", "m.yaml"]);
    assert.equal(valid.out, "Pipeline valid: 3 step(s)\n");
    assert.match((await ail(["mp", "--pipeline", "p.yaml"])).out, /id: "third"/);
    assert.equal((await ail(["mp", "--pipeline", "p.yaml", "--out", "no/where.yaml"])).code, 1);
  });
});

Deno.test("a pipeline that stands where none is looked for is told by a run and by validate", async () => {
  await withAilFolder(async ({ write, ail }) => {
    await write(".ail/default.yaml", TWO);
    const run = await ail(["hello"]);
    assert.equal(run.out, "stub response\n");
    assert.match(run.err, /^warning: '.*\/\.ail\/default\.yaml' is not looked for: .*--pipeline\n$/);
    const validated = await ail(["validate"]);
    assert.equal(validated.code, 1);
    assert.match(validated.err, /^warning: '.*' is not looked for.*\n\[ail:config\/file-not-found\]/);
  });
});
