import assert from "node:assert/strict";
import { join } from "node:path";
import { ok } from "../../protocol/result.ts";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import type { PipelineEvent } from "../pipeline/event.ts";
import type { Host } from "./host.ts";
import { openJournal } from "./journal.ts";
import { Loader } from "./loader.ts";
import { runHere } from "./pipeline_run.ts";
import type { PromptBackend } from "./ports.ts";
import { runLogPath } from "./project.ts";
import { RunControl } from "./run_control.ts";
import { fixedBackend } from "./stub_backend.ts";

const PIPELINE = `version: "1"
pipeline:
  - id: a
    prompt: one
  - id: b
    context: {shell: "echo b >> done.txt"}
  - id: c
    prompt: "after {{ step.a.response }}"
`;

Deno.test("a run whose process was lost goes on after the last step that it recorded", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "p.yaml"), PIPELINE);
    const host = { cwd: dir, home: dir, environment: { PATH: "/usr/bin:/bin" } } as unknown as Host;
    const loader = await Loader.of(host);
    const pipeline = await loader.load(join(dir, "p.yaml"));
    assert.ok(pipeline.ok);
    const prompts: string[] = [];
    const backend = (dies: string | null): PromptBackend => ({
      name: "test",
      invoke(call, surroundings) {
        if (call.prompt === dies) throw new Error("the process is gone");
        prompts.push(call.prompt);
        return fixedBackend("test", `answer to ${call.prompt}`, "session").invoke(call, surroundings);
      },
    });
    const run = async (dies: string | null) => {
      const events: PipelineEvent[] = [];
      const journal = await openJournal(join(dir, "journal.jsonl"));
      try {
        const outcome = await runHere({
          loader,
          pipeline: pipeline.value,
          runId: "run-1",
          prompt: "hello",
          mode: "controlled",
          cli: { model: null, provider: { baseUrl: null, authToken: null } },
          isHeadless: true,
          control: new RunControl(),
          human: { ask: () => Promise.resolve({ kind: "headless" }) },
          findBackend: async () => ok(backend(dies)),
          journal,
          emit: (event) => events.push(event),
          warn: (message) => assert.fail(message),
        });
        return { outcome, events };
      } finally {
        journal.close();
      }
    };
    await assert.rejects(run("after answer to one"), /the process is gone/);
    const { outcome, events } = await run(null);
    assert.equal(outcome.end.kind, "completed");
    assert.deepEqual(prompts, ["hello", "one", "after answer to one"]);
    assert.equal(await Deno.readTextFile(join(dir, "done.txt")), "b\n");
    assert.deepEqual(events.map(({ type }) => type), [
      "runner_event",
      "step_completed",
      "pipeline_completed",
    ]);
    const log = (await Deno.readTextFile(runLogPath(loader.paths, "run-1"))).trimEnd().split("\n");
    const steps = log.map((line) => JSON.parse(line)).map(({ type, step_id }) => [type ?? "entry", step_id]);
    assert.deepEqual(steps, [
      ["run_started", undefined],
      ["step_started", "invocation"],
      ["entry", "invocation"],
      ["step_started", "a"],
      ["entry", "a"],
      ["step_started", "b"],
      ["entry", "b"],
      ["step_started", "c"],
      ["entry", "c"],
      ["run_finished", undefined],
    ]);
  });
});
