/** Faults of the command around the engine: backends, plugins, the log of runs, templates of pipelines. */
import { join } from "node:path";
import { createPluginBackend } from "../../runner-agent/ail/backend/plugin.ts";
import { type Fault, fault, FAULT_TYPES, type FaultType } from "../../runner-agent/pipeline/fault.ts";
import { type AilFolder, withAilFolder } from "../fake/ail_command.ts";
import { invoked } from "../fake/prompt_call.ts";
import type { FaultRow } from "./fault_row.ts";

/** The last fault that a command says on standard error. */
function said(text: string): Fault {
  const found = [...text.matchAll(/\[(ail:[a-z/-]+)\] (.*?)(?: \((\/[^:]*):(\d+):(\d+)\))?$/gm)].at(-1);
  const type = FAULT_TYPES.find((one) => one === found?.[1]);
  if (found === undefined || type === undefined) {
    throw new Error(`expected a fault on standard error: ${text}`);
  }
  const [, , detail, path, line, column] = found;
  return fault(
    type,
    detail!,
    path === undefined ? null : { path, line: Number(line), column: Number(column) },
  );
}

function command(
  type: FaultType,
  when: string,
  says: readonly string[],
  provoke: (folder: AilFolder) => Promise<string>,
): FaultRow {
  return {
    type,
    when,
    at: null,
    says,
    async provoke() {
      let text = "";
      await withAilFolder(async (folder) => void (text = await provoke(folder)));
      return said(text);
    },
  };
}

async function runOf({ ail, write }: AilFolder, step: string, environment = {}): Promise<string> {
  await write("p.yaml", `version: "0.1"\npipeline: [${step}]\n`);
  const { code, err } = await ail(["--pipeline", "p.yaml", "go"], [], environment);
  if (code !== 1) throw new Error(`expected exit code 1: it is ${code}: ${err}`);
  return err;
}

async function withPlugin(folder: AilFolder, manifest: string): Promise<string> {
  const runners = join(folder.home, ".ail/runners");
  await Deno.mkdir(runners, { recursive: true });
  await Deno.writeTextFile(join(runners, "mine.yaml"), manifest);
  return await runOf(folder, "{id: a, prompt: a, runner: mine}");
}

export const PROGRAM_FAULTS: readonly FaultRow[] = [
  command(
    "ail:runner/invocation-failed",
    "the program of a backend cannot be started",
    ["cannot start", "none'", "was not found"],
    (folder) =>
      runOf(folder, "{id: a, prompt: a, runner: codex}", { AIL_CODEX_BIN: join(folder.dir, "none") }),
  ),
  command(
    "ail:runner/not-found",
    "a backend is not known",
    ["'nobody'", "Known runners: claude, codex"],
    (folder) => runOf(folder, "{id: a, prompt: a, runner: nobody}"),
  ),
  command(
    "ail:runner/timeout",
    "a command takes too long",
    ["did not end within 0.1 s"],
    (folder) => runOf(folder, "{id: a, context: {shell: sleep 600}, timeout_seconds: 0.1}"),
  ),
  command("ail:config/validation-failed", "a section of the specification is not known", [
    "no section 's99'",
    "known are s01",
  ], (folder) => runOf(folder, "{id: a, context: {spec: s99}}")),
  command(
    "ail:config/file-not-found",
    "nothing is there to validate",
    ["No pipeline file found."],
    async ({ ail }) => (await ail(["validate"])).err,
  ),
  command(
    "ail:storage/query-failed",
    "nothing has run yet",
    ["there is no ail.db"],
    async ({ ail }) => (await ail(["log"])).err,
  ),
  command(
    "ail:storage/run-not-found",
    "no run has this id",
    ["no run 'nobody' in this folder"],
    async (folder) => {
      await oneRun(folder);
      return (await folder.ail(["log", "nobody"])).err;
    },
  ),
  command(
    "ail:storage/delete-failed",
    "the log of a run cannot be removed",
    ["cannot delete run"],
    async (folder) => {
      const { runId, runs } = await oneRun(folder);
      await Deno.remove(join(runs, `${runId}.jsonl`));
      await Deno.mkdir(join(runs, `${runId}.jsonl`, "in-the-way"), { recursive: true });
      return (await folder.ail(["delete", runId])).err;
    },
  ),
  command(
    "ail:init/failed",
    "the address of a template is none",
    ["url-invalid: "],
    async ({ ail }) => (await ail(["init", "github:only-an-owner"])).err,
  ),
  {
    ...command("ail:plugin/manifest-invalid", "a plugin's manifest has no version", [
      "mine.yaml",
      "'version' must be a text",
    ], async (folder) =>
      (await withPlugin(folder, "name: mine\nexecutable: /bin/sh\n")).split("\n")
        .filter((line) => line.includes("manifest-invalid")).join("\n")),
  },
  command(
    "ail:plugin/spawn-failed",
    "a plugin's program is not there",
    ["the plugin 'mine'"],
    (folder) => withPlugin(folder, `name: mine\nversion: "1"\nexecutable: ${join(folder.dir, "none")}\n`),
  ),
  command(
    "ail:plugin/protocol-error",
    "a plugin does not speak the protocol",
    ["the plugin 'mine'"],
    (folder) =>
      withPlugin(folder, `name: mine\nversion: "1"\nexecutable: /bin/sh\nargs: ["-c", "echo hello; cat"]\n`),
  ),
  {
    type: "ail:plugin/timeout",
    when: "a plugin does not say who it is",
    at: null,
    says: ["'mine' did not answer 'initialize' within 0.05 s"],
    async provoke() {
      const manifest = {
        name: "mine",
        version: "1",
        executable: "/bin/sh",
        args: ["-c", "sleep 600"],
        env: {},
      };
      const times = { initializeMs: 50, shutdownMs: 50 };
      const { result } = await invoked(createPluginBackend(manifest, "0.1.4", times), {}, {});
      if (result.ok) throw new Error("expected a call that fails");
      return result.error;
    },
  },
];

async function oneRun(
  { ail, write, home }: AilFolder,
): Promise<{ readonly runId: string; readonly runs: string }> {
  await write("p.yaml", `version: "0.1"\npipeline: [{id: a, prompt: a}]\n`);
  await ail(["--pipeline", "p.yaml", "go"]);
  const [project] = [...Deno.readDirSync(join(home, ".ail/projects"))];
  const { run_id: runId } = JSON.parse((await ail(["logs", "--format", "json"])).out);
  return { runId, runs: join(home, ".ail/projects", project!.name, "runs") };
}
