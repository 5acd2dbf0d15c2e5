/** Wrong input at the routes of agents: tools, commands, activity, specs, subtasks, and what people keep for them. */
import { bad, badQuery, type BadRow, type RouteRows, TASK } from "./bad_input_row.ts";
import { QUESTION_ROUTES } from "./bad_input_questions.ts";
import { WORKTREE_ROUTES } from "./bad_input_worktree.ts";

const RUN = { runId: "run_not_found" };
const SUBTASK = { ...TASK, subtaskId: "subtask_not_found" };
const CONTEXT = { contextId: "context_not_found" };
const SOURCE = { sourceId: "source_not_found" };
const MEMORY = { memoryId: "memory_not_found" };
const nothing = (what: string, code: string, ids: Readonly<Record<string, string>> = {}): BadRow => (
  { what, status: 404, code, ids }
);
const offRow = (code: string): BadRow => ({ what: "it is off", status: 409, code, says: /as it is off/ });
const event = { sequence: 0, atMs: 1, type: "text", payload: {} };

const TOOLS: readonly RouteRows[] = [{
  route: "POST B/runs/:runId/tools/:tool",
  audience: "agent",
  good: { action: "search" },
  isJson: true,
  isStrict: true,
  unknown: RUN,
  rows: [
    nothing("an unknown tool", "tool_not_found", { tool: "af_shell" }),
    bad("no action", {}, /'action'.*expected one of/),
    bad("an action without what it needs", { action: "get" }, /'ref'.*expected a value for this action/),
    bad("a page that is too small", { action: "search", max_bytes: 1 }, /'max_bytes'.*>=1024, came 1/),
    {
      what: "a cursor that nobody made",
      body: { action: "search", cursor: "x" },
      ...{ status: 409, code: "cursor_stale", says: /begin again without one/ },
    },
    {
      what: "another project's issue",
      body: { action: "get", ref: { tracker: "builtin", project: "o/x", key: "1" } },
      ...{ status: 403, code: "project_not_yours", says: /must be your own/ },
    },
  ],
}];

const COMMANDS: readonly RouteRows[] = [
  { route: "GET B/runs/:runId/messages", audience: "job", unknown: RUN },
  {
    route: "POST B/runs/:runId/messages",
    audience: "user",
    good: { text: "Hello" },
    isJson: true,
    isStrict: true,
    unknown: RUN,
    rows: [
      bad("no text", {}, /'text'.*expected string/),
      bad("an empty text", { text: "" }, /'text'.*>=1 characters/),
      bad("a text that is too large", { text: "x".repeat(204_801) }, /at most 204800 bytes/),
      bad("a time that is over at once", { text: "Hello", expiresInS: 0 }, /'expiresInS'.*>=1/),
      bad("a time that is too long", { text: "Hello", expiresInS: 604_801 }, /'expiresInS'.*<=604800/),
    ],
  },
  {
    route: "POST B/runs/:runId/keys",
    audience: "user",
    good: { keys: ["Escape"] },
    isJson: true,
    isStrict: true,
    unknown: RUN,
    rows: [
      bad("no keys", { keys: [] }, /'keys'.*>=1 items/),
      bad("a key with a space", { keys: ["C c"] }, /tmux name.*came 'C c'/),
    ],
  },
  {
    route: "POST B/runs/:runId/resume",
    audience: "user",
    good: { text: "Go on" },
    isJson: true,
    isStrict: true,
    unknown: RUN,
  },
  ...["interrupt", "suspend"].map((kind): RouteRows => ({
    route: `POST B/runs/:runId/${kind}`,
    audience: "user",
    good: {},
    isJson: true,
    isStrict: true,
    unknown: RUN,
  })),
  {
    route: "POST B/runs/:runId/commands/:commandId",
    audience: "runner",
    good: { outcome: "done" },
    isJson: true,
    isStrict: true,
    unknown: { ...RUN, commandId: "command_not_found" },
    rows: [bad("an unknown outcome", { outcome: "fine" }, /'outcome'.*expected one of.*came 'fine'/)],
  },
];

const ACTIVITY: readonly RouteRows[] = [
  {
    route: "POST B/runs/:runId/jobs/:jobId/events",
    audience: "runner",
    good: { events: [event] },
    isJson: true,
    isStrict: true,
    unknown: { runId: "run_not_found", jobId: "job_not_found" },
    rows: [
      bad("no events", { events: [] }, /'events'.*>=1 items/),
      bad("an unknown type", { events: [{ ...event, type: "x" }] }, /expected one of.*came 'x'/),
      bad("sequences that do not ascend", { events: [event, event] }, /expected ascending sequences/),
      bad(
        "a payload that is too large",
        { events: [{ ...event, payload: { x: "x".repeat(33_000) } }] },
        /at most 32768/,
      ),
    ],
  },
  {
    route: "GET B/tasks/:taskId/events",
    audience: "any",
    unknown: TASK,
    rows: [badQuery("limit=0", /'limit'.*>=1/), badQuery("cursor=x", /nextCursor.*came 'x'/)],
  },
];

const SUBTASKS: readonly RouteRows[] = [
  { route: "GET B/tasks/:taskId/specs", audience: "any", unknown: TASK },
  {
    route: "GET B/tasks/:taskId/specs/:spec",
    audience: "any",
    unknown: TASK,
    rows: [
      nothing("a task without specs", "no_specs"),
      badQuery("what=all", /'what'.*expected one of.*came 'all'/),
      badQuery("what=artifact", /'artifact_name'.*expected a value/),
      badQuery("max_bytes=1", /'max_bytes'.*>=1024/),
    ],
  },
  { route: "GET B/tasks/:taskId/subtasks", audience: "any", unknown: TASK },
  {
    route: "POST B/tasks/:taskId/subtasks",
    audience: "user",
    good: { id: "one", title: "One" },
    unknown: TASK,
    rows: [
      bad("neither a spec nor a title", { id: "one" }, /title|Invalid input|expected/),
      bad("an id with a space", { id: "a b", title: "t" }, /expected|Invalid input/),
      {
        what: "a spec of a task that has none",
        body: { spec: "login" },
        ...{ status: 404, code: "no_specs", says: /has none/ },
      },
    ],
  },
  {
    route: "POST B/tasks/:taskId/subtasks/:subtaskId/transition",
    audience: "user",
    good: { state: "queued" },
    isJson: true,
    isStrict: true,
    unknown: SUBTASK,
    rows: [bad("an unknown state", { state: "ready" }, /'state'.*expected one of.*came 'ready'/)],
  },
  {
    route: "POST B/tasks/:taskId/subtasks/:subtaskId/verification",
    audience: "user",
    good: { outcomes: [{ checkId: "c", result: "passed" }] },
    isJson: true,
    isStrict: true,
    unknown: SUBTASK,
    rows: [bad("no outcomes", { outcomes: [] }, /'outcomes'.*>=1 items/)],
  },
];

const name = { ids: { contextId: "-x" }, status: 400, code: "invalid_input", says: /letters, digits/ };
const LIBRARY: readonly RouteRows[] = [
  { route: "GET B/contexts", audience: "user" },
  { route: "GET B/contexts/:contextId", audience: "user", unknown: CONTEXT },
  {
    route: "PUT B/contexts/:contextId",
    audience: "user",
    good: { title: "Guide" },
    isJson: true,
    isStrict: true,
    rows: [bad("no title", {}, /'title'.*expected string/), { what: "an impossible name", ...name }],
  },
  { route: "DELETE B/contexts/:contextId", audience: "user", unknown: CONTEXT },
  {
    route: "PUT B/contexts/:contextId/attachments",
    audience: "user",
    good: { attachments: [{}] },
    isJson: true,
    isStrict: true,
    unknown: CONTEXT,
    rows: [
      bad(
        "a station without a line",
        { attachments: [{ stationId: "make" }] },
        /expected the line of the station/,
      ),
    ],
  },
  {
    route: "GET B/contexts/:contextId/sources/:sourceId",
    audience: "user",
    unknown: SOURCE,
    rows: [badQuery("revision=0", /'revision'.*>=1/)],
  },
  {
    route: "PUT B/contexts/:contextId/sources/:sourceId",
    audience: "user",
    good: { title: "S", text: "words" },
    isJson: true,
    isStrict: true,
    unknown: CONTEXT,
    rows: [
      bad("a text that is too large", { title: "S", text: "x".repeat(524_289) }, /at most 524288 bytes/),
    ],
  },
  { route: "DELETE B/contexts/:contextId/sources/:sourceId", audience: "user", unknown: SOURCE },
  {
    route: "GET B/memory",
    audience: "user",
    rows: [badQuery("limit=0", /'limit'.*>=1/), badQuery("namespace=x", /expected 'project'/)],
  },
  {
    route: "POST B/memory",
    audience: "user",
    good: { content: "c", provenance: "p" },
    isJson: true,
    isStrict: true,
    rows: [
      bad("no provenance", { content: "c" }, /'provenance'.*expected string/),
      bad(
        "a principal of nobody",
        { content: "c", provenance: "p", principal: "ada" },
        /expected '\*'.*came 'ada'/,
      ),
      bad("too sure", { content: "c", provenance: "p", confidence: 2 }, /'confidence'.*<=1, came 2/),
    ],
  },
  { route: "GET B/memory/:memoryId", audience: "user", unknown: MEMORY },
  {
    route: "PUT B/memory/:memoryId",
    audience: "user",
    good: { content: "c", provenance: "p" },
    isJson: true,
    isStrict: true,
    unknown: MEMORY,
  },
  { route: "DELETE B/memory/:memoryId", audience: "user", unknown: MEMORY },
];

const OUTSIDE: readonly RouteRows[] = [
  {
    route: "GET B/issues",
    audience: "user",
    rows: [
      badQuery("state=done", /'state'.*expected one of.*came 'done'/),
      { what: "an unknown tracker", query: "tracker=jira", status: 404, code: "tracker_not_found" },
      { what: "a tracker that is off", query: "tracker=github", status: 409, code: "tracker_off" },
    ],
  },
  {
    route: "POST B/issues",
    audience: "user",
    good: { title: "t" },
    isJson: true,
    isStrict: true,
    rows: [bad("no title", {}, /'title'.*expected string/)],
  },
  { route: "GET B/issues/:tracker/:key", audience: "user", unknown: { key: "issue_not_found" } },
  {
    route: "PATCH B/issues/:tracker/:key",
    audience: "user",
    good: { state: "closed" },
    isJson: true,
    isStrict: true,
    unknown: { key: "issue_not_found" },
  },
  {
    route: "POST B/issues/:tracker/:key/comments",
    audience: "user",
    good: { body: "b" },
    isJson: true,
    isStrict: true,
    unknown: { key: "issue_not_found" },
  },
  {
    route: "GET B/ci/runs",
    audience: "user",
    rows: [badQuery("sha=x", /'sha'.*40 hex digits/), badQuery("pr=0", /'pr'.*>=1/), offRow("ci_off")],
  },
  { route: "GET B/ci/runs/:ciRunId", audience: "user", rows: [offRow("ci_off")] },
  {
    route: "GET B/ci/jobs/:ciJobId/log",
    audience: "user",
    rows: [badQuery("tail=0", /'tail'.*>=1/), offRow("ci_off")],
  },
  {
    route: "POST B/web-search",
    audience: "user",
    good: { action: "search", query: "q" },
    isJson: true,
    isStrict: true,
    rows: [
      offRow("web_search_off"),
      {
        what: "pages are off",
        body: { action: "fetch", url: "https://a.b/" },
        status: 409,
        code: "web_fetch_off",
      },
    ],
  },
];

export const AGENT_ROUTES: readonly RouteRows[] = [
  ...TOOLS,
  ...COMMANDS,
  ...QUESTION_ROUTES,
  ...WORKTREE_ROUTES,
  ...ACTIVITY,
  ...SUBTASKS,
  ...LIBRARY,
  ...OUTSIDE,
];
