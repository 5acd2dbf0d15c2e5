/**
 * The pipeline files of a project at the task's base commit, as loading asks for them: no agent has a part in which pipeline is
 * followed. Only what is asked for is read.
 */
import { join, relative } from "node:path/posix";
import { err, ok } from "../../../protocol/result.ts";
import type { Perform } from "../../ail/interpreter.ts";
import type { EffectResults } from "../../pipeline/effect.ts";
import type { CommitFile } from "../../ports.ts";

type ReadFile = EffectResults["read_file"];

/** What a load has read, by absolute paths of the sandbox; null: there is none. */
export type ReadTexts = Record<string, string | null>;

/**
 * @param workspace Where the project is inside of the sandbox.
 * @param fileAtBase By its path in the project; null: there is none.
 * @param texts What was read is put there; what is there is not read again.
 */
export function performAtBase(
  workspace: string,
  fileAtBase: (path: string) => Promise<CommitFile | null>,
  texts: ReadTexts,
): Perform {
  return async (effect): Promise<ReadFile> => {
    if (effect.kind !== "read_file") {
      throw new TypeError(`Cannot load as it must only read files: the effect is ${effect.kind}`);
    }
    const { path } = effect;
    const known = Object.hasOwn(texts, path) ? texts[path]! : undefined;
    if (known !== undefined) return known === null ? missing(path) : ok(known);
    const inside = relative(workspace, join(path));
    if (inside === "" || inside.startsWith("../") || inside === "..") {
      return err({ reason: "unreadable", message: `'${path}' is not below the worktree` });
    }
    const file = await fileAtBase(inside);
    if (file !== null && file.text === null) {
      return err({
        reason: "unreadable",
        message: `'${inside}' is no text: a link, other bytes, or too large`,
      });
    }
    texts[path] = file?.text ?? null;
    return file === null ? missing(inside) : ok(file.text!);
  };
}

/** The same load again, of what it read. */
export function performAgain(texts: ReadTexts): Perform {
  return (effect): ReadFile => {
    const text = effect.kind === "read_file" && Object.hasOwn(texts, effect.path)
      ? texts[effect.path]!
      : null;
    return text === null ? missing(effect.kind === "read_file" ? effect.path : effect.kind) : ok(text);
  };
}

function missing(path: string): ReadFile {
  return err({ reason: "not_found", message: `there is no file '${path}' at the task's base commit` });
}
