/**
 * What the reference's operator tells viewers (Line 4.3), and what people answer its agent.
 *
 * It is answered with success, so that an operator neither fails nor tries again; kept is what has a place here: texts and
 * tools of a transcript go to the activity log, if a token comes with it. Screens are in the output already.
 */
import { Hono } from "hono";
import {
  imageApproval,
  liveQuestion,
  pendingAnswer,
  questionAnswer,
  questionVote,
  screenSnapshot,
  sessionTaken,
  transcriptSync,
  transcriptSynced,
  viewerQuery,
  voteQuery,
} from "../../protocol/line/live.ts";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { broadcastName } from "../domain/broadcast_name.ts";
import { pendingAnswer as pendingOf, voteOf } from "../domain/live_question.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { LIVE_SNAPSHOT_MAX_BYTES, LIVE_SYNC_MAX_BYTES } from "../limits.ts";
import { JSON_BODY_MAX_BYTES } from "../../protocol/limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { liveSession } from "../stubs/live_session.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { openSession, sessionIdOf } from "./live_place.ts";
import type { Operation } from "./operation.ts";
import { missing, requireViewer } from "./page_response.ts";

const LIVES = "/api/lives";
const SESSION = `${LIVES}/sessions/:sessionId`;

export function createLiveViewerRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.post(`${LIVES}/sync`, bodyLimit(LIVE_SYNC_MAX_BYTES), async (c) => {
    const body = await readBody(c, transcriptSync);
    if (!body.ok) return body.error;
    const { sessionId, lines } = body.value;
    const opened = await openSession(c, sessionId);
    if (!opened.ok) return opened.error;
    const { place, session } = opened.value;
    // Whoever knows a session's id alone may not write what others read.
    const kept = place === null || place.runId === null || place.stationId === null
      ? 0
      : await session.sync(lines, { runId: place.runId, stationId: place.stationId });
    return c.json({ ok: true, counts: { lines: lines.length, kept } });
  });
  app.post("/_relay/snapshot", bodyLimit(LIVE_SNAPSHOT_MAX_BYTES), async (c) => {
    const body = await readBody(c, screenSnapshot);
    return body.ok ? c.json({ ok: true }) : body.error;
  });
  app.post(`${LIVES}/image-approve`, bodyLimit(JSON_BODY_MAX_BYTES), async (c) => {
    const body = await readBody(c, imageApproval);
    if (!body.ok) return body.error;
    const opened = await openSession(c, body.value.sessionId);
    return opened.ok ? c.json({ ok: true }) : opened.error;
  });
  app.get(`${LIVES}/chat/ws`, async (c) => {
    const query = readQuery(c, viewerQuery);
    if (!query.ok) return query.error;
    const named = sessionIdOf(query.value);
    if (!named.ok) return named.error;
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      const message = "Cannot open the viewers' chat as the request must be a WebSocket upgrade";
      const refused = refusal(426, "upgrade_required", message);
      return refusalResponse({ ...refused, headers: { upgrade: "websocket" } });
    }
    const request = new Request("https://live/ws?viewer", { headers: { upgrade: "websocket" } });
    return await liveSession(c.env, named.value).fetch(request);
  });
  app.get(`${LIVES}/question-vote`, async (c) => {
    const query = readQuery(c, voteQuery);
    if (!query.ok) return query.error;
    const named = sessionIdOf(query.value);
    if (!named.ok) return named.error;
    const opened = await openSession(c, named.value);
    if (!opened.ok) return opened.error;
    return c.json(voteOf(await opened.value.session.questions(), query.value.toolUseId ?? null));
  });
  app.get(`${SESSION}/pending-answer`, async (c) => {
    const opened = await openSession(c, c.req.param("sessionId"));
    return opened.ok ? c.json(pendingOf(await opened.value.session.questions())) : opened.error;
  });
  app.get(`${SESSION}/questions`, async (c) => {
    const opened = await openSession(c, c.req.param("sessionId"), true);
    return opened.ok ? c.json({ questions: await opened.value.session.questions() }) : opened.error;
  });
  app.post(`${SESSION}/answers`, bodyLimit(JSON_BODY_MAX_BYTES), async (c) => {
    const sessionId = c.req.param("sessionId");
    const session = liveSession(c.env, sessionId);
    const home = await session.home();
    if (home === null) {
      return refusalResponse(queueRefusal({ reason: "not_found", what: "session", id: sessionId }));
    }
    const { owner, project, taskId } = home;
    const caller = c.var.callerIn!(owner, project) ?? c.var.caller;
    const queue = jobQueue(c.env, owner, project);
    // A person alone: an agent that answers its own question asks nobody.
    const who = await queue.authorizeScope(caller, { scope: "gates:decide", isLineFine: true });
    if (!who.ok) return answer(who);
    // A token that is locked to a line sees no other's tasks.
    const task = who.value.lineId === null ? null : await queue.readTask(caller, { taskId, baseUrl: "" });
    if (task !== null && !task.ok) return answer(task);
    const body = await readBody(c, questionAnswer);
    if (!body.ok) return body.error;
    const done = await session.answer(body.value.questionId, body.value.answers, who.value.principal);
    if (done.ok) return c.json({ ok: true });
    switch (done.error) {
      case "unknown":
        return refusalResponse(
          refusal(404, "question_not_found", "Cannot find this question of the session"),
        );
      case "answered":
        return refusalResponse(
          refusal(409, "question_answered", "Cannot answer question as it must be open: it was answered"),
        );
      case "unfit": {
        const message =
          "Cannot answer question as it wants one answer for each part, and a permission 'allow' or 'deny'";
        return refusalResponse(refusal(400, "invalid_input", message));
      }
    }
  });
  // The address of a viewer in the reference: here the task's page shows the terminal.
  app.get("/live/:broadcastId", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const id = c.req.param("broadcastId");
    const home = await liveSession(c.env, broadcastName(id)).home() ?? await liveSession(c.env, id).home();
    if (home === null) return await missing(c, "There is no such broadcast.");
    const { owner, project, taskId } = home;
    return c.redirect(`/p/${[owner, project, "tasks", taskId].map(encodeURIComponent).join("/")}`, 302);
  });
  return app;
}

const OPEN = { tag: "Live sessions of the reference's operator", tokens: [] } as const;
const UNKNOWN = ["404 session_not_found"];

export const LIVE_VIEWER_OPERATIONS: readonly Operation[] = [
  {
    ...OPEN,
    method: "get",
    paths: [`${LIVES}/question-vote`],
    summary: "What a person said to a permission that an agent's tool asks for",
    description:
      "Answered by `answers`. An operator goes on by itself after 31 s; nobody's silence is ever an answer here.",
    query: voteQuery,
    answers: { 200: z.union([questionVote, z.object({})]) },
    refusals: UNKNOWN,
  },
  {
    ...OPEN,
    method: "get",
    paths: [`${SESSION}/pending-answer`],
    summary: "What a person answered last, for the agent's screen",
    description: "Permissions are votes.",
    answers: { 200: z.union([pendingAnswer, z.object({})]) },
    refusals: UNKNOWN,
  },
  {
    tag: OPEN.tag,
    tokens: ["user", "runner", "job"],
    scope: "tasks:write",
    method: "get",
    paths: [`${SESSION}/questions`],
    summary: "What a session's agent asked",
    answers: { 200: z.object({ questions: z.array(liveQuestion) }) },
    refusals: UNKNOWN,
  },
  {
    tag: OPEN.tag,
    tokens: ["user"],
    scope: "gates:decide",
    method: "post",
    paths: [`${SESSION}/answers`],
    summary: "Answer what a session's agent asked",
    body: questionAnswer,
    answers: { 200: sessionTaken },
    refusals: [...UNKNOWN, "404 question_not_found", "409 question_answered"],
  },
  {
    ...OPEN,
    method: "post",
    paths: [`${LIVES}/sync`],
    summary: "Lines of an agent's transcript",
    description:
      "With a token of the run, its runner or a user the activity log gets the agent's texts and tools; without one nothing is kept. Lines that were kept are known again by their time.",
    body: transcriptSync,
    answers: { 200: transcriptSynced },
    refusals: [...UNKNOWN, "413 body_too_large"],
  },
  {
    ...OPEN,
    method: "post",
    paths: ["/_relay/snapshot"],
    summary: "A screen of an agent, which the output has already: nothing is kept",
    body: screenSnapshot,
    answers: { 200: sessionTaken },
    refusals: ["413 body_too_large"],
  },
  {
    ...OPEN,
    method: "post",
    paths: [`${LIVES}/image-approve`],
    summary: "A picture may be shown: pictures here are shown to who may read the task",
    body: imageApproval,
    answers: { 200: sessionTaken },
    refusals: UNKNOWN,
  },
  {
    ...OPEN,
    method: "get",
    paths: [`${LIVES}/chat/ws`],
    summary: "The viewers' chat, over a WebSocket on which nothing is said",
    description: "People talk with agents by messages to their runs.",
    query: viewerQuery,
    answers: { 101: { contentType: "application/octet-stream", description: "No frames." } },
    refusals: ["426 upgrade_required"],
  },
];
