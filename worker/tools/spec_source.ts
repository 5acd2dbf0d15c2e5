/**
 * Where the specs of a task come from: the files that came with its line, and over them what the station before left in
 * the task's repository. Read at one commit, so that it stays what the station found.
 */
import { SPEC_ARTIFACTS, type SpecArtifact } from "../../protocol/agent/tools.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { SpecPlace } from "../domain/job_queue_api.ts";
import { parseSpec, type Spec, type SpecTexts } from "../domain/spec.ts";
import type { TaskRepositoryApi } from "../domain/task_repository_api.ts";
import type { ToolError } from "../domain/tool_error.ts";
import { SPEC_FILE_MAX_BYTES, SPECS_MAX } from "../limits.ts";

const FOLDER = ".agentics/specs";
const LINE_FILE = /^\.agentics\/specs\/([^/]+)\/([a-z_]+)\.md$/;
const isArtifact = (text: string): text is SpecArtifact =>
  (SPEC_ARTIFACTS as readonly string[]).includes(text);

/** One spec, as it was found. */
export interface FoundSpec {
  readonly spec: Spec;
  readonly texts: SpecTexts;
  /** A commit, or `line@version`. */
  readonly revision: string;
}

export interface SpecSource {
  /** In the order of their names. */
  names(): Promise<readonly string[]>;
  /** `name` undefined: the only one there is. A draft is not read. */
  find(name: string | undefined): Promise<Result<FoundSpec, ToolError>>;
  /** Which of these paths are files in the work as it is now. */
  existing(paths: readonly string[]): Promise<ReadonlySet<string>>;
}

export function openSpecs(place: SpecPlace, repository: TaskRepositoryApi): SpecSource {
  const { access, commit, files } = place;
  const ofLine = new Map<string, Map<SpecArtifact, string>>();
  for (const [path, text] of Object.entries(files)) {
    const [, name = "", artifact = ""] = LINE_FILE.exec(path) ?? [];
    if (name === "" || !isArtifact(artifact)) continue;
    ofLine.set(name, (ofLine.get(name) ?? new Map()).set(artifact, text));
  }

  async function inWork(): Promise<readonly string[]> {
    if (commit === null) return [];
    const listed = await repository.listFiles(access, commit, FOLDER);
    if (!listed.ok) return [];
    return listed.value.filter(({ mode }) => mode === "directory").map(({ path }) => path.split("/").at(-1)!);
  }

  async function names(): Promise<readonly string[]> {
    return [...new Set([...ofLine.keys(), ...await inWork()])].sort().slice(0, SPECS_MAX);
  }

  async function textsOf(name: string): Promise<{ readonly texts: SpecTexts; readonly isOfWork: boolean }> {
    const texts: Partial<Record<SpecArtifact, string>> = Object.fromEntries(ofLine.get(name) ?? []);
    if (commit === null) return { texts, isOfWork: false };
    const listed = await repository.listFiles(access, commit, `${FOLDER}/${name}`);
    if (!listed.ok) return { texts, isOfWork: false };
    let isOfWork = false;
    for (const { path, mode, bytes } of listed.value) {
      const artifact = /\/([a-z_]+)\.md$/.exec(path)?.[1] ?? "";
      if (
        !isArtifact(artifact) || (mode !== "file" && mode !== "executable") || bytes > SPEC_FILE_MAX_BYTES
      ) continue;
      const file = await repository.readFile(access, commit, path);
      if (!file.ok) continue;
      texts[artifact] = new TextDecoder().decode(file.value);
      isOfWork = true;
    }
    return { texts, isOfWork };
  }

  return {
    names,
    find: async (wanted) => {
      const known = await names();
      if (known.length === 0) return err({ reason: "no_specs" });
      if (wanted === undefined && known.length > 1) return err({ reason: "spec_ambiguous", names: known });
      const name = wanted ?? known[0]!;
      if (!known.includes(name)) return err({ reason: "spec_not_found", name, names: known });
      const { texts, isOfWork } = await textsOf(name);
      const spec = parseSpec(name, texts);
      if (!spec.ok) return err({ reason: "spec_invalid", name, faults: spec.error });
      const { status } = spec.value;
      if (status === "draft") return err({ reason: "spec_not_active", name, status });
      const revision = isOfWork ? commit! : `${place.lineId}@${place.lineVersion}`;
      return ok({ spec: spec.value, texts, revision });
    },
    existing: async (paths) => {
      const branch = `refs/heads/work/task-${access.taskId}`;
      const refs = await repository.listRefs(access);
      const head = refs.find(({ name }) => name === branch)?.commit ?? commit;
      if (head === null) return new Set();
      const found = new Set<string>();
      const folders = new Set(paths.map((path) => path.split("/").slice(0, -1).join("/")));
      for (const folder of folders) {
        const listed = await repository.listFiles(access, head, folder);
        if (!listed.ok) continue;
        for (const { path, mode } of listed.value) {
          if (mode === "file" || mode === "executable") found.add(path);
        }
      }
      return new Set(paths.filter((path) => found.has(path)));
    },
  };
}
