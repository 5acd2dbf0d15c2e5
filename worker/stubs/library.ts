/** The library of one project: contexts, memory, built-in issues. */
import type { LibraryApi } from "../domain/library_api.ts";
import type { Env } from "../env.ts";

/** A stub of the `Library` of a project. */
export function library(env: Pick<Env, "LIBRARY">, owner: string, project: string): LibraryApi {
  return env.LIBRARY.getByName(`${owner}/${project}`) as unknown as LibraryApi;
}
