/**
 * Which pipeline the agent of a station follows: the one that its station names or is given, else the project's own in `.ail/`
 * (Pipeline s03.1). Decided once, when the run's first sandbox is made, and kept beside it with all that was read for it.
 *
 * ```
 * <run root>/pipeline.json   what was decided
 * ```
 *
 * 1. A script follows only one that its station names, and answers its prompts (`command_prompts.ts`). An agent whose work a
 *    check of the runner's decides follows none.
 * 2. A project's files are those of the task's base commit; of them only what the pipeline names is read.
 * 3. Whoever has several pipelines and names none is asked to: none is followed by chance.
 */
import { join } from "node:path";
import { readPipelineWish } from "../../../protocol/line/station_pipeline.ts";
import type { PolledJob } from "../../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { driveRoutine, type Perform } from "../../ail/interpreter.ts";
import { chooseHarness, type RunnerAbility } from "../../domain/job_choice.ts";
import type { Pipeline } from "../../pipeline/ast.ts";
import { type Candidate, discoverPipeline } from "../../pipeline/discover.ts";
import { type Fault, faultText } from "../../pipeline/fault.ts";
import { loadPipeline } from "../../pipeline/load.ts";
import type { CommitFile, WorktreeManager } from "../../ports.ts";
import { performAgain, performAtBase, type ReadTexts } from "./project_files.ts";
import { readIfThere, writeWhole } from "../whole_file.ts";

export interface StationPipelineDeps {
  readonly worktrees: Pick<WorktreeManager, "filesAtBase" | "fileAtBase">;
  readonly sandboxPaths: { readonly agentHome: string; readonly workspace: string };
  readonly ability: RunnerAbility;
}

export interface DecidedPipeline {
  /** Its file inside of the sandbox. One that the station gives as a text is in no file: it has a path as if. */
  readonly source: string;
  /** The station's own text; null for a file of the project. */
  readonly text: string | null;
  /** All that was read for it. */
  readonly texts: ReadTexts;
  /** For people, when the run begins. */
  readonly warnings: readonly string[];
}

export interface StationPipeline {
  /** Null: none is followed, or it is not decided yet. */
  readonly decided: DecidedPipeline | null;
  /** What people are told where none is followed that somebody may have meant; of the life that decided. */
  readonly notes: readonly string[];
  /** What was decided, as the engine runs it. */
  pipeline(): Promise<Pipeline>;
  /** Reads what a former life of this runner decided. */
  load(): Promise<void>;
  /** Decides, unless that was done. The run's worktree must be prepared. The error is for people. */
  decide(job: PolledJob, isChecked: boolean): Promise<Result<null, string>>;
  /** Keeps the decision; the run's directory must be there. */
  write(): Promise<void>;
}

const FILE = "pipeline.json";
const PROJECT_FOLDER = ".ail";
const TEXT_NAME = "station.ail.yaml";
const FAULTS_TOLD = 5;

/** @param root Of the run. */
export function createStationPipeline(
  deps: StationPipelineDeps,
  runId: string,
  root: string,
): StationPipeline {
  let decided: DecidedPipeline | null = null;
  let isDecided = false;
  const notes: string[] = [];
  return {
    notes,
    get decided() {
      return decided;
    },
    async pipeline() {
      if (decided === null) throw new TypeError("Cannot run a pipeline as one must be decided: none is");
      const loaded = await loadBy(deps, performAgain(decided.texts), decided.source);
      if (!loaded.ok) {
        throw new Error("Cannot load the pipeline as it must be what was decided: it has faults");
      }
      return loaded.value;
    },
    async load() {
      const text = await readIfThere(join(root, FILE));
      if (text === null) return;
      decided = JSON.parse(text);
      isDecided = true;
    },
    async decide(job, isChecked) {
      if (isDecided) return ok(null);
      const made = await decidePipeline(deps, runId, job, isChecked, (note) => notes.push(note));
      if (!made.ok) return made;
      decided = made.value;
      isDecided = true;
      return ok(null);
    },
    write: () => writeWhole(join(root, FILE), JSON.stringify(decided)),
  };
}

async function decidePipeline(
  deps: StationPipelineDeps,
  runId: string,
  job: PolledJob,
  isChecked: boolean,
  onNote: (note: string) => void,
): Promise<Result<DecidedPipeline | null, string>> {
  const work = job.agentDefinition;
  const wish = readPipelineWish(work.operatorConfig["pipeline"]);
  if (wish.kind === "wrong") return err(`operatorConfig.pipeline: ${wish.error}`);
  if (wish.kind === "none") return ok(null);
  const harness = chooseHarness(work, deps.ability);
  const isAgent = harness.ok && harness.value !== "command";
  if (wish.kind !== "unsaid" && isChecked) {
    return err("the station has a verifier and names a pipeline: it may have one of them");
  }
  // Invariant 1.
  if (isChecked || !harness.ok || (wish.kind === "unsaid" && !isAgent)) return ok(null);
  const { workspace } = deps.sandboxPaths;
  if (wish.kind === "text") {
    const source = join(workspace, TEXT_NAME);
    return await read(deps, runId, source, { [source]: wish.text }, wish.text);
  }
  if (wish.kind === "path") return await read(deps, runId, join(workspace, wish.path), {}, null);
  return await projectPipeline(deps, runId, onNote);
}

async function projectPipeline(
  deps: StationPipelineDeps,
  runId: string,
  onNote: (note: string) => void,
): Promise<Result<DecidedPipeline | null, string>> {
  const listed = await deps.worktrees.filesAtBase(runId, PROJECT_FOLDER);
  if (!listed.ok) return err(`the project's pipelines cannot be listed: ${listed.error.reason}`);
  if (listed.value.size === 0) return ok(null);
  const { workspace, agentHome } = deps.sandboxPaths;
  const surroundings = { cwd: workspace, home: agentHome, environment: {} };
  const found = await driveRoutine(
    // Nobody's last choice counts here.
    discoverPipeline(null, surroundings, "none"),
    performListed(join(workspace, PROJECT_FOLDER), listed.value),
  );
  switch (found.kind) {
    case "found":
      return await read(deps, runId, found.path, {}, null);
    case "ambiguous":
      return err(severalText(found.candidates, workspace));
    case "passthrough": {
      const overlooked = overlookedText([...listed.value.keys()]);
      if (overlooked !== null) onNote(overlooked);
      return ok(null);
    }
  }
}

/** Invariant 3. */
function severalText(candidates: readonly Candidate[], workspace: string): string {
  const names = candidates.map(({ path }) => path.slice(workspace.length + 1)).join(", ");
  return `the project has several pipelines (${names}): name one in operatorConfig.pipeline, or say 'none'`;
}

/** Names of a folder, and the one file that names another. */
function performListed(folder: string, files: ReadonlyMap<string, CommitFile>): Perform {
  const inside = (path: string) => path === folder ? "" : `${path.slice(folder.length + 1)}/`;
  const isBelow = (path: string) => path === folder || path.startsWith(`${folder}/`);
  return (effect) => {
    if (effect.kind === "read_file") {
      const text = isBelow(effect.path) ? files.get(effect.path.slice(folder.length + 1))?.text : null;
      return text == null ? err({ reason: "not_found", message: "it is not there" }) : ok(text);
    }
    if (effect.kind !== "list_directory") {
      throw new TypeError(`Cannot find a pipeline as it must only read files: the effect is ${effect.kind}`);
    }
    if (!isBelow(effect.path)) return [];
    const prefix = inside(effect.path);
    const names = [...files.keys()].filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split("/")[0]!);
    return [...new Set(names)].sort();
  };
}

/** Why a project with files in `.ail/` has no pipeline; null where there is nothing to say. */
function overlookedText(paths: readonly string[]): string | null {
  const direct = paths.filter((path) => /^[^/]+\.ya?ml$/.test(path));
  if (direct.length === 0) return null;
  return `${PROJECT_FOLDER}/${
    direct[0]
  } is followed by nobody: pipelines are looked for in folders of ${PROJECT_FOLDER}/ only`;
}

async function read(
  deps: StationPipelineDeps,
  runId: string,
  source: string,
  texts: ReadTexts,
  text: string | null,
): Promise<Result<DecidedPipeline, string>> {
  const fileAtBase = async (path: string) => {
    const file = await deps.worktrees.fileAtBase(runId, path);
    if (!file.ok) throw new Error(`the project's files cannot be read: ${file.error.reason}`);
    return file.value;
  };
  const { workspace } = deps.sandboxPaths;
  const loaded = await loadBy(deps, performAtBase(workspace, fileAtBase, texts), source);
  if (!loaded.ok) {
    const told = loaded.error.slice(0, FAULTS_TOLD).map((fault) => faultText(fault)).join("; ");
    return err(`the pipeline cannot be loaded: ${told}`.replaceAll(`${workspace}/`, ""));
  }
  const warnings = loaded.value.warnings.map(({ message, place }) =>
    place === null ? message : `${message} (line ${place.line})`
  );
  return ok({ source, text, texts, warnings });
}

function loadBy(
  { sandboxPaths }: StationPipelineDeps,
  perform: Perform,
  source: string,
): Promise<Result<Pipeline, readonly Fault[]>> {
  const surroundings = { cwd: sandboxPaths.workspace, home: sandboxPaths.agentHome, environment: {} };
  return driveRoutine(loadPipeline(source, surroundings), perform);
}
