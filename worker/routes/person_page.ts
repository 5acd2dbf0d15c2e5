/** What a person reads in a browser where a program gets JSON: an address that is none of ours, what another site sent, a fault of ours. */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import { MessagePage } from "../pages/sign_in.tsx";
import { page } from "./page_response.ts";

/** Paths that programs call; what comes from them is JSON whoever asks. */
const PROGRAMS = /^\/(?:api|v1|channels)\//;

/** Does a browser ask for a page? */
export function isForPerson(c: Context<AppEnv>): boolean {
  return (c.req.header("accept") ?? "").includes("text/html") && !PROGRAMS.test(c.req.path);
}

/** 404, for an address that nothing of ours has. */
export function unknownPage(c: Context<AppEnv>): Promise<Response> {
  return page(c, MessagePage({ title: "Not found", message: "There is no page at this address." }), 404, 0);
}

/** 403, for a form that another site sent. Who is signed in is not looked at: whoever wrote that form is not them. */
export function crossSitePage(c: Context<AppEnv>): Promise<Response> {
  c.set("caller", { kind: "nobody" });
  const message = "Another site sent this, so nothing was done. If you wanted it, do it on its page here.";
  return page(c, MessagePage({ title: "Not taken", message }), 403, 0);
}

/** 500. Asks nothing of any object: one of them may be what failed. */
export function faultPage(c: Context<AppEnv>): Promise<Response> {
  // What failed may have failed before anybody knew who calls.
  if (c.var.caller === undefined) c.set("caller", { kind: "nobody" });
  const message =
    `This did not work because of a fault on our side: nothing was lost, try again. Its log has ${c.var.requestId}.`;
  return page(c, MessagePage({ title: "Something went wrong", message }), 500, 0);
}
