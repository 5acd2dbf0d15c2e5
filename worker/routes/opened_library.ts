/** The beginning of every page about a project's library. */
import type { Context } from "hono";
import type { Scope } from "../../protocol/line/token.ts";
import type { AppEnv } from "../app_env.ts";
import type { LibraryApi, LibraryError } from "../domain/library_api.ts";
import type { ProjectName } from "../pages/frame.tsx";
import { library } from "../stubs/library.ts";
import { openProject, refusedPage } from "./opened_project.ts";
import { missing } from "./page_response.ts";
import { toolRefusal } from "./tool_refusal.ts";

export interface OpenedLibrary {
  readonly at: ProjectName;
  readonly library: LibraryApi;
  /** Who looks, as the audit calls them. */
  readonly by: string;
}

/** For who may do what the scope says; else the page to send instead. */
export async function openLibrary(
  c: Context<AppEnv>,
  scope: Scope = "tasks:read",
): Promise<OpenedLibrary | Response> {
  const opened = await openProject(c, scope);
  if (opened instanceof Response) return opened;
  const { at, queue } = opened;
  const who = await queue.authorizeScope(c.var.caller, { scope, isLineFine: false });
  if (!who.ok) return await refusedPage(c, who.error);
  return { at, library: library(c.env, at.owner, at.project), by: who.value.principal };
}

/** The page for what is not there. */
export function noSuch(c: Context<AppEnv>, error: LibraryError): Promise<Response> {
  return missing(c, toolRefusal(error).body.error.message);
}

/** What a form got wrong, in words. */
export function formFault(
  error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] },
): string {
  const [first] = error.issues;
  return `Nothing was changed: ${first?.path.join(".") || "the form"}: ${first?.message ?? "is not right"}.`;
}
