/** Whose a live session is, and whether who calls may speak for it: what every route below `/api/lives` begins with. */
import type { Context } from "hono";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { LiveSessionApi, SessionHome, SessionPlace } from "../domain/session_api.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { liveSession } from "../stubs/live_session.ts";
import { answer } from "./answer.ts";

export interface OpenedSession {
  readonly sessionId: string;
  readonly session: LiveSessionApi;
  readonly home: SessionHome;
  /** What the caller's token is for; null: no token came, and the session's id is all that is known of them. */
  readonly place: SessionPlace | null;
}

/** The id of a query, in either of its names. */
export function sessionIdOf(
  query: { readonly sessionId?: string | undefined; readonly streamId?: string | undefined },
): Result<string, Response> {
  const sessionId = query.sessionId ?? query.streamId;
  if (sessionId !== undefined) return ok(sessionId);
  const message = "Cannot find session as query 'sessionId' must be there";
  return err(refusalResponse(refusal(400, "invalid_input", message)));
}

/**
 * Opens a session that somebody has linked. A token, where one came, must be that of its runner, its job or a user.
 *
 * @param needsToken The id alone is not enough: files are kept, or shown.
 */
export async function openSession(
  c: Context<AppEnv>,
  sessionId: string,
  needsToken = false,
): Promise<Result<OpenedSession, Response>> {
  const session = liveSession(c.env, sessionId);
  const home = await session.home();
  if (home === null) {
    return err(refusalResponse(queueRefusal({ reason: "not_found", what: "session", id: sessionId })));
  }
  const caller = c.var.callerIn!(home.owner, home.project) ?? signedIn(c);
  if (caller === null) {
    if (!needsToken) return ok({ sessionId, session, home, place: null });
    return err(refusalResponse(queueRefusal({ reason: "unauthenticated" })));
  }
  const queue = jobQueue(c.env, home.owner, home.project);
  const place = await queue.authorizeSession(caller, { taskId: home.taskId, sessionId });
  return place.ok ? ok({ sessionId, session, home, place: place.value }) : err(answer(place));
}

function signedIn(c: Context<AppEnv>) {
  const { caller } = c.var;
  return caller.kind === "admin" || caller.kind === "person" ? caller : null;
}
