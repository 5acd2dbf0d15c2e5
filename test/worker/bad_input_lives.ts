/** Wrong input at the routes of live sessions. Their paths name no project: whose a session is, it says itself. */
import { bad, badQuery, type BadRow, type RouteRows } from "./bad_input_row.ts";
import { WORLD_SESSION } from "./bad_input_world.ts";

const NOBODYS: Omit<BadRow, "what"> = {
  status: 404,
  code: "session_not_found",
  says: /session 'nobodys'/,
};
const WRONG_TOKEN = (sessionId = WORLD_SESSION): BadRow => ({
  what: "a token that nobody made",
  isForeign: true,
  ids: { sessionId },
  status: 401,
  code: "unauthenticated",
});
const OF_SESSION: readonly BadRow[] = [
  { what: "no token", ids: { sessionId: WORLD_SESSION }, status: 401, code: "unauthenticated" },
  WRONG_TOKEN(),
  { what: "an unknown session", ids: { sessionId: "nobodys" }, ...NOBODYS },
];
const byQuery = (route: string, rest = ""): RouteRows => ({
  route,
  audience: "open",
  goodQuery: `sessionId=${WORLD_SESSION}`,
  rows: [
    {
      what: "no session",
      query: "x=1",
      status: 400,
      code: "invalid_input",
      says: /'sessionId' must be there/,
    },
    { what: "an unknown session", query: `streamId=nobodys${rest}`, ...NOBODYS },
    WRONG_TOKEN(),
    badQuery(`sessionId=${"s".repeat(201)}`, /<=200 characters/),
  ],
});

/** Its path names no project: without a token that names one nobody is asked. */
const telemetry = (signal: string, field: string): RouteRows => ({
  route: `POST /api/otel/v1/${signal}`,
  audience: "open",
  good: { [field]: [] },
  rows: [
    { what: "no token", status: 401, code: "unauthenticated" },
    { what: "a token that nobody made", isForeign: true, status: 401, code: "unauthenticated" },
  ],
});

export const LIVE_ROUTES: readonly RouteRows[] = [
  { route: "GET /api/lives/auth-config", audience: "open" },
  // The reference's address of a line's page leads to ours, which asks who is there.
  { route: "GET /p/:owner/:project/assembly-lines/:lineId", audience: "open" },
  {
    route: "POST /api/lives/session-event",
    audience: "open",
    good: { sessionId: WORLD_SESSION, event: "start" },
    isJson: true,
    rows: [
      bad("no session", { event: "start" }, /'sessionId'.*expected string, received undefined/),
      bad("an unknown event", { sessionId: "s", event: "pause" }, /'event'.*expected one of.*came 'pause'/),
      bad(
        "an unknown conclusion",
        { sessionId: "s", event: "end", conclusion: "fine" },
        /'conclusion'.*expected one of.*came 'fine'/,
      ),
      { what: "the end of an unknown session", body: { sessionId: "nobodys", event: "end" }, ...NOBODYS },
      WRONG_TOKEN(),
    ],
  },
  {
    route: "POST /api/lives/metadata",
    audience: "open",
    good: { sessionId: WORLD_SESSION, subtype: "dims" },
    isJson: true,
    rows: [
      bad("no session", { subtype: "prompt" }, /'sessionId'.*expected string, received undefined/),
      bad("an endless kind", { sessionId: "s", subtype: "x".repeat(101) }, /'subtype'.*<=100 characters/),
      { what: "an unknown session", body: { sessionId: "nobodys", subtype: "prompt" }, ...NOBODYS },
      WRONG_TOKEN(),
    ],
  },
  byQuery("GET /api/lives/activity", "&idleThresholdMs=5"),
  byQuery("GET /api/lives/restore"),
  byQuery("GET /api/lives/question-vote", "&toolUseId=t"),
  {
    route: "GET /api/lives/sessions/:sessionId/pending-answer",
    audience: "open",
    rows: [WRONG_TOKEN(), { what: "an unknown session", ids: { sessionId: "nobodys" }, ...NOBODYS }],
  },
  { route: "GET /api/lives/sessions/:sessionId/questions", audience: "open", rows: OF_SESSION },
  {
    route: "POST /api/lives/sessions/:sessionId/answers",
    audience: "open",
    good: { questionId: "nobodys", answers: ["deny"] },
    rows: [
      ...OF_SESSION,
      { what: "an unknown question", isAdmin: true, status: 404, code: "question_not_found" },
      {
        ...bad("no answer", { questionId: "q", answers: [] }, /'answers'.*>=1 items/),
        isAdmin: true,
      },
    ],
  },
  {
    route: "POST /api/lives/sync",
    audience: "open",
    good: { sessionId: WORLD_SESSION, lines: ["{}"] },
    rows: [
      bad("no lines", { sessionId: "s" }, /'lines'.*expected array/),
      bad("too many lines", { sessionId: "s", lines: Array(501).fill("") }, /'lines'.*<=500 items/),
      { what: "an unknown session", body: { sessionId: "nobodys", lines: [] }, ...NOBODYS },
      WRONG_TOKEN(),
    ],
  },
  {
    route: "POST /_relay/snapshot",
    audience: "open",
    good: { sessionId: "s", snapshot: "$ " },
    isJson: true,
    rows: [bad("no screen", { sessionId: "s" }, /'snapshot'.*expected string/)],
  },
  {
    route: "POST /api/lives/image-approve",
    audience: "open",
    good: { sessionId: WORLD_SESSION, imageId: "i", approved: true },
    isJson: true,
    rows: [
      bad("no decision", { sessionId: "s", imageId: "i" }, /'approved'.*expected boolean/),
      {
        what: "an unknown session",
        body: { sessionId: "nobodys", imageId: "i", approved: true },
        ...NOBODYS,
      },
      WRONG_TOKEN(),
    ],
  },
  {
    route: "GET /api/lives/chat/ws",
    audience: "open",
    goodQuery: "sessionId=s",
    rows: [
      {
        what: "no session",
        query: "x=1",
        status: 400,
        code: "invalid_input",
        says: /'sessionId' must be there/,
      },
    ],
  },
  { route: "GET /live/:broadcastId", audience: "page" },
  {
    route: "PATCH /api/lives/sessions/:sessionId",
    audience: "open",
    good: { taskPrompt: "Do it." },
    isJson: true,
    rows: [...OF_SESSION, bad("a prompt that is none", { taskPrompt: 1 }, /'taskPrompt'.*expected string/)],
  },
  { route: "GET /api/lives/sessions/:sessionId", audience: "open", rows: OF_SESSION },
  {
    route: "GET /api/lives/broadcast/ws",
    audience: "open",
    goodQuery: "sessionId=s&owner=o&project=p",
    rows: [
      badQuery("sessionId=s&owner=o", /'project'.*expected string, received undefined/),
      { what: "no token", status: 401, code: "unauthenticated" },
      {
        what: "a token that nobody made",
        query: "sessionId=s&owner=o&project=p&token=x",
        status: 401,
        code: "unauthenticated",
      },
      {
        what: "no session",
        query: "owner=o&project=p",
        status: 400,
        code: "invalid_input",
        says: /'sessionId' must be there/,
      },
    ],
  },
  {
    route: "PUT /api/lives/sessions/:sessionId/workspace-archive",
    audience: "open",
    good: "PK",
    rows: OF_SESSION,
  },
  { route: "GET /api/lives/sessions/:sessionId/workspace-archive", audience: "open", rows: OF_SESSION },
  {
    route: "POST /api/lives/media/upload",
    audience: "open",
    goodQuery: `sessionId=${WORLD_SESSION}`,
    good: "picture",
    rows: [
      { what: "no token", status: 401, code: "unauthenticated" },
      WRONG_TOKEN(),
      { what: "an unknown session", query: "sessionId=nobodys", ...NOBODYS },
      badQuery("sessionId=s&mimeType=html", /'mimeType'/),
    ],
  },
  { route: "GET /api/lives/sessions/:sessionId/media/:mediaId", audience: "open", rows: OF_SESSION },
  {
    route: "GET /api/lives/chat/channel/ws",
    audience: "open",
    goodQuery: "jobId=j",
    rows: [
      badQuery("token=x", /'jobId'.*expected string, received undefined/),
      { what: "no token", status: 401, code: "unauthenticated" },
      { what: "a token of nobody", query: "jobId=j&token=x", status: 401, code: "unauthenticated" },
      { what: "a token that nobody made", isForeign: true, status: 401, code: "unauthenticated" },
    ],
  },
  {
    route: "POST B/jobs/:jobId/chat/completions",
    audience: "user",
    good: { messages: [] },
    isJson: true,
    unknown: { jobId: "job_not_found" },
    rows: [bad("a stream that is none", { stream: "yes" }, /'stream'.*expected boolean/)],
  },
  { route: "GET B/jobs/:jobId/chat/models", audience: "user", unknown: { jobId: "job_not_found" } },
  { route: "DELETE B/jobs/:jobId/chat", audience: "user", unknown: { jobId: "job_not_found" } },
  telemetry("traces", "resourceSpans"),
  telemetry("metrics", "resourceMetrics"),
  telemetry("logs", "resourceLogs"),
];
