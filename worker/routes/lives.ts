/**
 * Live sessions, as the reference's operator and runner speak of them (Line 4.2, 4.3).
 *
 * A session belongs to nobody until its runner links it to a task (`streams`, a run's report) or its job's token opens the
 * broadcast; before that nothing is kept. The reference's operator sends no token with most calls: the session's id stands
 * for it, and what it can do is small: it shows activity, and may make a success none. A token that comes must be right.
 */
import { type Context, Hono } from "hono";
import {
  activityAnswer,
  activityQuery,
  authConfigAnswer,
  broadcastQuery,
  restoreQuery,
  sessionEvent,
  sessionMetadata,
  sessionPrompts,
  sessionStarted,
  sessionTaken,
} from "../../protocol/line/live.ts";
import { isName } from "../../protocol/ids.ts";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { readPersonTokens, realmOf } from "../domain/person_token.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { JSON_BODY_MAX_BYTES } from "../../protocol/limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { liveSession } from "../stubs/live_session.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { openSession, sessionIdOf } from "./live_place.ts";
import type { Operation } from "./operation.ts";

const LIVES = "/api/lives";
const SESSION = `${LIVES}/sessions/:sessionId`;

export function createLiveRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const limit = bodyLimit(JSON_BODY_MAX_BYTES);

  app.get(`${LIVES}/auth-config`, (c) => {
    const way = readPersonTokens(c.env);
    // An operator in a sandbox has nobody to sign in: it must not wait for that.
    return c.json({ authRequired: false, ...realmOf(way.ok ? way.value : null) });
  });
  app.post(`${LIVES}/session-event`, limit, async (c) => {
    const body = await readBody(c, sessionEvent);
    if (!body.ok) return body.error;
    const { event, sessionId } = body.value;
    const opened = await openSession(c, sessionId);
    if (event === "start") {
      // It starts before its runner can say whose it is.
      if (!opened.ok && opened.error.status !== 404) return opened.error;
      const known = await liveSession(c.env, sessionId).started();
      return c.json({ ok: true, pin: "", env: {}, ...known });
    }
    if (!opened.ok) return opened.error;
    const { home } = opened.value;
    const { conclusion = null, message = null, gitCommit = null, gitPushError = null } = body.value;
    const told = await jobQueue(c.env, home.owner, home.project).tellSession({
      taskId: home.taskId,
      sessionId,
      idleMs: null,
      end: { conclusion, message, gitCommit, gitPushError },
      agentSessionId: null,
      note: null,
    });
    return told.ok ? c.json({ ok: true }) : answer(told);
  });
  app.post(`${LIVES}/metadata`, limit, async (c) => {
    const body = await readBody(c, sessionMetadata);
    if (!body.ok) return body.error;
    const opened = await openSession(c, body.value.sessionId);
    if (!opened.ok) return opened.error;
    await opened.value.session.hear(body.value);
    return c.json({ ok: true });
  });
  app.get(`${LIVES}/activity`, async (c) => {
    const query = readQuery(c, activityQuery);
    if (!query.ok) return query.error;
    const opened = await openedByQuery(c, query.value);
    if (!opened.ok) return opened.error;
    return c.json(await opened.value.session.activity(query.value.idleThresholdMs));
  });
  app.get(`${LIVES}/restore`, async (c) => {
    const query = readQuery(c, restoreQuery);
    if (!query.ok) return query.error;
    const opened = await openedByQuery(c, query.value);
    return opened.ok ? c.json(await opened.value.session.started()) : opened.error;
  });
  app.patch(SESSION, limit, async (c) => {
    const body = await readBody(c, sessionPrompts);
    if (!body.ok) return body.error;
    const opened = await openSession(c, c.req.param("sessionId"), true);
    if (!opened.ok) return opened.error;
    const { taskPrompt = null, systemPrompt = null } = body.value;
    await opened.value.session.setPrompts({ taskPrompt, systemPrompt });
    return c.json({ ok: true });
  });
  app.get(SESSION, async (c) => {
    const opened = await openSession(c, c.req.param("sessionId"), true);
    if (!opened.ok) return opened.error;
    const { session, home } = opened.value;
    return c.json({ taskId: home.taskId, ...await session.started(), ...await session.prompts() });
  });
  app.get(`${LIVES}/broadcast/ws`, async (c) => {
    const query = readQuery(c, broadcastQuery);
    if (!query.ok) return query.error;
    const named = sessionIdOf(query.value);
    if (!named.ok) return named.error;
    const { owner, project, broadcastId = null, token } = query.value;
    const caller = c.var.callerIn!(owner, project, token);
    if (caller === null || caller.kind === "nobody") {
      return refusalResponse(queueRefusal({ reason: "unauthenticated" }));
    }
    if (!isName(owner) || !isName(project)) {
      return refusalResponse(queueRefusal({ reason: "project_not_found", owner, project }));
    }
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      const message = "Cannot broadcast as the request must be a WebSocket upgrade";
      const refused = refusal(426, "upgrade_required", message);
      return refusalResponse({ ...refused, headers: { upgrade: "websocket" } });
    }
    const sessionId = named.value;
    const place = await jobQueue(c.env, owner, project).bindSession(caller, { sessionId, broadcastId });
    if (!place.ok) return answer(place);
    const session = liveSession(c.env, sessionId);
    const { taskId, runId, stationId } = place.value;
    if (!await session.bind({ owner, project, taskId, broadcastId })) return sessionTakenRefusal();
    const url = `https://live/ws?run=${runId ?? ""}&station=${encodeURIComponent(stationId ?? "")}`;
    return await session.fetch(new Request(url, { headers: { upgrade: "websocket" } }));
  });
  return app;
}

async function openedByQuery(c: Context<AppEnv>, query: { sessionId?: string; streamId?: string }) {
  const named = sessionIdOf(query);
  return named.ok ? await openSession(c, named.value) : named;
}

function sessionTakenRefusal(): Response {
  const message = "Cannot link session as its id must be new to other projects: one of them has linked it";
  return refusalResponse(refusal(409, "session_taken", message));
}

const OPEN = { tag: "Live sessions of the reference's operator", tokens: [] } as const;
const UNKNOWN = ["404 session_not_found"];
const KEPT = { tag: OPEN.tag, tokens: ["user", "runner", "job"], scope: "tasks:write" } as const;

export const LIVE_OPERATIONS: readonly Operation[] = [
  {
    ...OPEN,
    method: "get",
    paths: [`${LIVES}/auth-config`],
    summary: "Where people get a token of their own; an operator needs none but its job's",
    description: "The parts of `SHOPFLOOR_OIDC_USER_ISSUER` where that is a realm of Keycloak, else empty.",
    answers: { 200: authConfigAnswer },
  },
  {
    ...OPEN,
    method: "post",
    paths: [`${LIVES}/session-event`],
    summary: "A session starts or ends",
    description:
      "What is no success makes the report of its run none, as long as that is under way. The session's id stands for a token; one that comes must be right.",
    body: sessionEvent,
    answers: { 200: z.union([sessionStarted, sessionTaken]) },
    refusals: UNKNOWN,
  },
  {
    ...OPEN,
    method: "post",
    paths: [`${LIVES}/metadata`],
    summary: "An agent did something",
    description: "A sign of activity, none of its runner's life. Of what agents say nothing is kept.",
    body: sessionMetadata,
    answers: { 200: sessionTaken },
    refusals: UNKNOWN,
  },
  {
    ...OPEN,
    method: "get",
    paths: [`${LIVES}/activity`],
    summary: "Is the agent at work?",
    description: "With the runner's token a sign of its life, which renews the lease.",
    query: activityQuery,
    answers: { 200: activityAnswer },
    refusals: UNKNOWN,
  },
  {
    ...OPEN,
    method: "get",
    paths: [`${LIVES}/restore`],
    summary: "By what an operator goes on with a session",
    query: restoreQuery,
    answers: { 200: sessionStarted.omit({ ok: true, pin: true, env: true }) },
    refusals: UNKNOWN,
  },
  {
    ...KEPT,
    method: "patch",
    paths: [SESSION],
    summary: "Keep the prompts of a session",
    body: sessionPrompts,
    answers: { 200: sessionTaken },
    refusals: UNKNOWN,
  },
  {
    ...KEPT,
    method: "get",
    paths: [SESSION],
    summary: "Read a session",
    answers: {
      200: sessionStarted.omit({ ok: true, pin: true, env: true }).extend({
        taskId: z.string(),
        taskPrompt: z.string().nullable(),
        systemPrompt: z.string().nullable(),
      }),
    },
    refusals: UNKNOWN,
  },
  {
    tag: OPEN.tag,
    tokens: ["job", "runner"],
    method: "get",
    paths: [`${LIVES}/broadcast/ws`],
    summary: "Broadcast an agent's terminal",
    description:
      "Binary frames that begin with 0x30 are output of the task; text frames are metadata. The token may be in the query.",
    query: broadcastQuery,
    answers: { 101: { contentType: "application/octet-stream", description: "Frames of the operator." } },
    refusals: ["404 project_not_found", "409 no_active_job", "409 session_taken", "426 upgrade_required"],
  },
];
