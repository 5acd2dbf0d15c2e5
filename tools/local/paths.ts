/** Where things are, seen from the person who typed the command. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A path in this repository. */
export function repositoryPath(path: string): string {
  return resolve(ROOT, path);
}

/** A path that the person gave: `deno task` changes to the repository first, and tells where it was called. */
export function userPath(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}
