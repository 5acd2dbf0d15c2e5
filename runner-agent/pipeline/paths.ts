/** Paths as files write them, resolved as text (Pipeline s05.2, s09). */
import { dirname, isAbsolute, join } from "node:path/posix";
import type { Surroundings } from "./run_state.ts";

/** A prompt that begins like this is the name of a file. */
export function isFilePath(text: string): boolean {
  return /^(?:\.{1,2}\/|~\/|\/)/.test(text);
}

/**
 * `./` and `../` are relative to the file that says so, `~/` to the home directory, anything else to the working directory.
 *
 * @param from The file in which the path stands; null for the pipeline that is in no file.
 */
export function resolvePath(
  path: string,
  from: string | null,
  { cwd, home }: Pick<Surroundings, "cwd" | "home">,
): string {
  if (path.startsWith("~/")) return join(home, path.slice(2));
  if (isAbsolute(path)) return join(path);
  const isBesideFile = path.startsWith("./") || path.startsWith("../");
  return join(isBesideFile && from !== null ? dirname(from) : cwd, path);
}

/** Like `resolvePath`, but a bare name, too, lies beside the file: FROM, schemas and the bodies of loops (Pipeline s07, s27). */
export function resolveBeside(
  path: string,
  from: string | null,
  surroundings: Pick<Surroundings, "cwd" | "home">,
): string {
  const text = path.trim();
  return resolvePath(isFilePath(text) ? text : `./${text}`, from, surroundings);
}
