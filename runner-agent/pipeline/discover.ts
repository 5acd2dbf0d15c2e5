/** Which pipeline is meant when none is named (Pipeline s03.1). */
import { basename, isAbsolute, join } from "node:path/posix";
import { perform, type Routine } from "./effect.ts";
import { resolvePath } from "./paths.ts";
import type { Surroundings } from "./run_state.ts";

export interface Candidate {
  /** What a picker shows. */
  readonly name: string;
  readonly path: string;
}

export type Discovery =
  | { readonly kind: "found"; readonly path: string }
  /** Several in `.ail/`: somebody has to choose. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly Candidate[] }
  | {
    readonly kind: "passthrough";
    /** Files that look like pipelines, and stand where none is looked for. */
    readonly overlooked: readonly string[];
  };

/**
 * The first hit: the named one, the one that was loaded last, the marker `.ail/default`, the only one in `.ail/*\/`, the user's
 * own default.
 *
 * @param named `--pipeline`, relative to the working directory.
 * @param projectHash SHA-1 of the canonical working directory, lower-case hex.
 */
export function* discoverPipeline(
  named: string | null,
  surroundings: Surroundings,
  projectHash: string,
): Routine<Discovery> {
  const { cwd, home } = surroundings;
  if (named !== null) return { kind: "found", path: resolvePath(named, null, surroundings) };
  const last = yield* pointedTo(lastPipelinePath(home, projectHash), cwd);
  if (last !== null) return { kind: "found", path: last };
  const marked = yield* markedPipeline(cwd);
  if (marked !== null) return { kind: "found", path: marked };
  const candidates = yield* listPipelines(join(cwd, ".ail"));
  if (candidates.length === 1) return { kind: "found", path: candidates[0]!.path };
  if (candidates.length > 1) return { kind: "ambiguous", candidates };
  const own = defaultPipelinePath(home);
  if (yield* isThere(own)) return { kind: "found", path: own };
  return { kind: "passthrough", overlooked: yield* overlookedIn(cwd) };
}

/** Right in `.ail/`, or beside it under the name that older documents promise (decision 0.16). */
function* overlookedIn(cwd: string): Routine<readonly string[]> {
  const overlooked: string[] = [];
  for (const path of [join(cwd, ".ail.yaml"), join(cwd, ".ail.yml")]) {
    if (yield* isThere(path)) overlooked.push(path);
  }
  const directory = join(cwd, ".ail");
  for (const file of yield* perform<"list_directory">({ kind: "list_directory", path: directory })) {
    if (/\.ya?ml$/.test(file)) overlooked.push(join(directory, file));
  }
  return overlooked;
}

/** What to do about a file that was overlooked, as one sentence. */
export function overlookedText(path: string): string {
  return `'${path}' is not looked for: a pipeline stands one folder deep, as in .ail/NAME/default.yaml, or is named by --pipeline`;
}

/** The user's own, for folders that have none. */
export function defaultPipelinePath(home: string): string {
  return join(home, ".config/ail/default.yaml");
}

/** What `.ail/default` names; null when either is not there. */
export function* markedPipeline(cwd: string): Routine<string | null> {
  return yield* pointedTo(join(cwd, ".ail/default"), join(cwd, ".ail"));
}

/** Where the path of the pipeline that was loaded last is kept. */
export function lastPipelinePath(home: string, projectHash: string): string {
  return join(home, ".ail/projects", projectHash, "last_pipeline");
}

/** Pipelines exactly one directory below `.ail`; deeper files are parts of others. */
export function* listPipelines(directory: string): Routine<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for (const sub of yield* perform<"list_directory">({ kind: "list_directory", path: directory })) {
    const path = join(directory, sub);
    for (const file of yield* perform<"list_directory">({ kind: "list_directory", path })) {
      if (/\.ya?ml$/.test(file)) candidates.push({ name: displayName(sub, file), path: join(path, file) });
    }
  }
  return candidates.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** `sub` for `default.yaml`; else `sub/stem` without a trailing `.ail`. */
export function displayName(sub: string, file: string): string {
  if (file === "default.yaml") return sub;
  return `${sub}/${basename(file).replace(/\.ya?ml$/, "").replace(/\.ail$/, "")}`;
}

/** A file with a path in it: null when either is not there. */
function* pointedTo(pointer: string, base: string): Routine<string | null> {
  const text = yield* perform<"read_file">({ kind: "read_file", path: pointer });
  const target = text.ok ? text.value.trim() : "";
  if (target === "") return null;
  const path = isAbsolute(target) ? target : join(base, target);
  return (yield* isThere(path)) ? path : null;
}

function* isThere(path: string): Routine<boolean> {
  return (yield* perform<"read_file">({ kind: "read_file", path })).ok;
}
