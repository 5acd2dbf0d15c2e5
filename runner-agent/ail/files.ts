/** Files as the engine asks for them: what discovery and loading need of the world. */
import { err, ok } from "../../protocol/result.ts";
import type { EffectResults } from "../pipeline/effect.ts";
import type { Perform } from "./interpreter.ts";

/** Carries out what loading asks for, and nothing else. */
export const performFiles: Perform = (effect) => {
  switch (effect.kind) {
    case "read_file":
      return readText(effect.path);
    case "list_directory":
      return listDirectory(effect.path);
    default:
      throw new TypeError(`Cannot load as it must only read files: the effect is ${effect.kind}`);
  }
};

/** UTF-8 only. At once: the engine reads few files, and small ones. */
export function readText(path: string): EffectResults["read_file"] {
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return err({ reason: "not_found", message: `there is no file '${path}'` });
    }
    const why = error instanceof TypeError ? "it is not UTF-8 text" : (error as Error).message;
    return err({ reason: "unreadable", message: `cannot read '${path}': ${why}` });
  }
}

/** Sorted; empty where there is no directory. */
export function listDirectory(path: string): readonly string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}
