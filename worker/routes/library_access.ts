/** What the routes of a project's library begin with: who it is, and the library. */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { LibraryApi } from "../domain/library_api.ts";
import { library } from "../stubs/library.ts";
import { answer } from "./answer.ts";

/** Who it is, as the audit calls them, if they may. */
export async function libraryUser(
  c: Context<AppEnv>,
  scope: "tasks:read" | "lines:write",
): Promise<string | Response> {
  const who = await c.var.queue.authorizeScope(c.var.caller, { scope, isLineFine: scope === "tasks:read" });
  return who.ok ? who.value.principal : answer(who);
}

/** The library of the project that the path names. */
export function libraryOf(c: Context<AppEnv>): LibraryApi {
  const { owner, project } = c.var.at;
  return library(c.env, owner, project);
}
