import assert from "node:assert/strict";
import { polledJob } from "../../../test/fake/polled_job.ts";
import { withTempDir } from "../../../test/fake/temp_dir.ts";
import { ok } from "../../../protocol/result.ts";
import type { CommitFile } from "../../ports.ts";
import { createStationPipeline, type StationPipelineDeps } from "./station_pipeline.ts";

const ONE = 'version: "1"\npipeline:\n  - id: a\n    prompt: hi\n';

/** A project of these files, and what of it was read. */
function project(files: Readonly<Record<string, string>>) {
  const read: string[] = [];
  const file = (text: string | undefined): CommitFile | null =>
    text === undefined ? null : { text, isExecutable: false };
  const deps: StationPipelineDeps = {
    worktrees: {
      filesAtBase(_runId, under) {
        read.push(`${under}/`);
        const inside = Object.entries(files).filter(([path]) => path.startsWith(`${under}/`));
        return Promise.resolve(ok(
          new Map(inside.map(([path, text]) => [path.slice(under.length + 1), file(text)!])),
        ));
      },
      fileAtBase(_runId, path) {
        read.push(path);
        return Promise.resolve(ok(file(files[path])));
      },
    },
    sandboxPaths: { agentHome: "/home/agent", workspace: "/work/space" },
    ability: { harnesses: ["claude", "command"], forcedHarness: null, runtime: "podman" },
  };
  return { read, deps };
}

async function decide(
  files: Readonly<Record<string, string>>,
  operatorConfig: Readonly<Record<string, unknown>> = {},
  isChecked = false,
) {
  const { deps, read } = project(files);
  const pipeline = createStationPipeline(deps, "run", "/nowhere");
  const job = polledJob({ agentDefinition: { operatorConfig: { agent: "claude", ...operatorConfig } } });
  const made = await pipeline.decide(job, isChecked);
  return { error: made.ok ? null : made.error, decided: pipeline.decided, notes: pipeline.notes, read };
}

Deno.test("a station without a word follows the project's only pipeline, and of several none by chance", async () => {
  assert.equal((await decide({})).decided, null);
  const one = await decide({ ".ail/check/default.yaml": ONE });
  assert.equal(one.decided?.source, "/work/space/.ail/check/default.yaml");
  const several = { ".ail/check/default.yaml": ONE, ".ail/ship/x.yml": ONE };
  const { error } = await decide(several);
  assert.match(
    error ?? "",
    /several pipelines \(\.ail\/check\/default\.yaml, \.ail\/ship\/x\.yml\): name one/,
  );
  const marked = await decide({ ...several, ".ail/default": "ship/x.yml\n" });
  assert.equal(marked.decided?.source, "/work/space/.ail/ship/x.yml");
  assert.equal((await decide(several, { pipeline: "none" })).decided, null);
});

Deno.test("pipelines directly in .ail/ are no one's, which is told", async () => {
  const { decided, notes } = await decide({ ".ail/mine.yaml": ONE });
  assert.equal(decided, null);
  assert.match(notes.join(), /\.ail\/mine\.yaml is followed by nobody/);
});

Deno.test("of a named pipeline only its file and what it names is read", async () => {
  const files = {
    ".ail/a/p.yaml": 'version: "1"\nFROM: ../base.yaml\n',
    ".ail/base.yaml": ONE,
    ".ail/a/other.yaml": "{{{",
  };
  const { decided, error, read } = await decide(files, { pipeline: "./.ail/a/p.yaml" });
  assert.equal(error, null);
  assert.deepEqual(read, [".ail/a/p.yaml", ".ail/base.yaml"]);
  assert.deepEqual(Object.keys(decided!.texts), ["/work/space/.ail/a/p.yaml", "/work/space/.ail/base.yaml"]);
});

Deno.test("a pipeline's text is followed as if it lay in the worktree", async () => {
  const { decided, read } = await decide({ "base.yaml": ONE }, {
    pipeline: 'version: "1"\nFROM: ./base.yaml\n',
  });
  assert.equal(decided?.source, "/work/space/station.ail.yaml");
  assert.deepEqual(read, ["base.yaml"]);
});

Deno.test("faults are told with their places, and nothing above the worktree is read", async () => {
  const missing = await decide({}, { pipeline: ".ail/no/p.yaml" });
  assert.match(missing.error ?? "", /file-not-found.*\.ail\/no\/p\.yaml/);
  const faulty = await decide({ "p.yaml": 'version: "1"\npipeline:\n  - id: a\n' }, { pipeline: "p.yaml" });
  assert.match(faulty.error ?? "", /validation-failed.*\(p\.yaml:3:/);
  const above = await decide({}, { pipeline: 'version: "1"\nFROM: ../../etc/x.yaml\n' });
  assert.match(above.error ?? "", /not below the worktree/);
  assert.deepEqual(above.read, []);
  assert.match((await decide({}, { pipeline: "../x.yaml" })).error ?? "", /below the worktree/);
});

Deno.test("a script follows the pipeline that its station names, and none of the project's", async () => {
  const files = { ".ail/check/default.yaml": ONE };
  const script = { agent: "command", command: "true" };
  assert.equal((await decide(files, script)).decided, null);
  const named = await decide(files, { ...script, pipeline: ".ail/check/default.yaml" });
  assert.match(named.decided?.source ?? "", /\.ail\/check\/default\.yaml$/);
});

Deno.test("whoever is checked follows no pipeline; who names one anyway is told", async () => {
  const files = { ".ail/check/default.yaml": ONE };
  assert.equal((await decide(files, {}, true)).decided, null);
  assert.match((await decide(files, { pipeline: "p.yaml" }, true)).error ?? "", /verifier/);
});

Deno.test("what was decided is the same after a restart, whatever the project has become", async () => {
  await withTempDir(async (root) => {
    const job = polledJob({ agentDefinition: { operatorConfig: { agent: "claude" } } });
    const first = createStationPipeline(project({ ".ail/x/p.yaml": ONE }).deps, "run", root);
    assert.ok((await first.decide(job, false)).ok);
    await first.write();
    const gone = project({});
    const second = createStationPipeline(gone.deps, "run", root);
    await second.load();
    assert.ok((await second.decide(job, false)).ok);
    assert.deepEqual(second.decided, first.decided);
    assert.equal((await second.pipeline()).steps[0]?.id, "a");
    assert.deepEqual(gone.read, []);
    // That none is followed is kept, too.
    const none = createStationPipeline(gone.deps, "run", root);
    assert.ok((await none.decide(job, false)).ok);
    await none.write();
    const later = createStationPipeline(project({ ".ail/x/p.yaml": ONE }).deps, "run", root);
    await later.load();
    assert.ok((await later.decide(job, false)).ok);
    assert.equal(later.decided, null);
  });
});
