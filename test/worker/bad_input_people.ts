/** Wrong input at the routes of repositories, gates, sessions and pages. */
import { ASK_ROUTES } from "./bad_input_asks.ts";
import { UNKNOWN_ID } from "./bad_input_world.ts";
import { bad, badQuery, type BadRow, type RouteRows, TASK } from "./bad_input_row.ts";

const DECISION_ROWS: readonly BadRow[] = [
  bad("no action", { reason: "r" }, /'action'.*expected one of "approve"\|"reject"/),
  bad("an unknown action", { action: "maybe" }, /'action'.*expected one of.*came 'maybe'/),
  bad(
    "a reason that is too long",
    { action: "reject", reason: "r".repeat(4_001) },
    /<=4000 characters, came 4001/,
  ),
];
const REDEEM_ROWS: readonly BadRow[] = [
  bad("no decision", { reason: "r" }, /'decision'.*expected 'decision'/),
  bad("an unknown decision", { decision: "maybe" }, /'decision'.*expected one of.*came 'maybe'/),
];
const GATE_IDS = { lineId: "line_not_found", taskId: "task_not_found", gateId: "gate_not_found" };
const NOT_WAITING: BadRow = {
  what: "a task that does not wait there",
  ids: { taskId: "running" },
  status: 409,
  code: "gate_not_waiting",
  says: /must wait on it: current status is 'claimed'/,
};

export const PEOPLE_ROUTES: readonly RouteRows[] = [
  ...["history/tasks", "history/runs", "history/audit", "search"].map((place): RouteRows => ({
    route: `GET B/${place}`,
    audience: "any",
    ...(place === "search" ? { goodQuery: "q=x" } : {}),
    rows: [
      badQuery("limit=0&q=x", /'limit'.*>=1, came '0'/),
      badQuery("from=x&q=x", /'from'.*expected number, received NaN/),
      { what: "a cursor of another list", query: "cursor=x&q=x", status: 400, code: "invalid_cursor" },
    ],
  })),
  ...["refs", "commits", "bundle"].map((place): RouteRows => ({
    route: `GET B/tasks/:taskId/${place}`,
    audience: "git",
    unknown: TASK,
    rows: place === "commits"
      ? [
        badQuery("limit=x", /'limit'.*expected number, received NaN/),
        { what: "an unknown ref", query: "ref=refs/heads/nope", status: 404, code: "ref_not_found" },
      ]
      : [],
  })),
  ...["files", "files/content"].map((place): RouteRows => ({
    route: `GET B/tasks/:taskId/${place}`,
    audience: "git",
    unknown: TASK,
    rows: [
      badQuery(`ref=${"r".repeat(301)}`, /'ref'.*<=300 characters, came 301/),
      {
        what: "an unknown ref",
        query: "ref=refs/heads/nope",
        status: 404,
        code: "ref_not_found",
        says: /refs\/heads\/nope/,
      },
      {
        what: "an unknown path",
        query: "path=no/where",
        status: 404,
        code: "path_not_found",
        says: /'no\/where'/,
      },
    ],
  })),
  {
    route: "GET B/tasks/:taskId/diff",
    audience: "git",
    unknown: TASK,
    rows: [
      badQuery("base=abc", /'base'.*expected 40 hex digits, came 'abc'/),
      { what: "a task without commits", status: 404, code: "no_commits" },
      {
        what: "unknown commits",
        query: `base=${"0".repeat(40)}&head=${"1".repeat(40)}`,
        status: 404,
        code: "ref_not_found",
      },
    ],
  },
  ...["stages", "assembly-lines"].flatMap((place): RouteRows[] => [
    {
      route: `POST B/${place}/:lineId/tasks/:taskId/gates/:gateId`,
      audience: "user",
      good: { action: "approve", reason: "" },
      isJson: true,
      isStrict: true,
      unknown: GATE_IDS,
      rows: [...DECISION_ROWS, NOT_WAITING],
    },
    {
      route: `POST B/${place}/:lineId/tasks/:taskId/gates/:gateId/link`,
      audience: "user",
      unknown: GATE_IDS,
      rows: [NOT_WAITING],
    },
  ]),
  { route: "GET /v1/gate", audience: "link" },
  { route: "GET /v1/gate/evidence", audience: "link" },
  {
    route: "POST /v1/gate/redeem",
    audience: "link",
    good: { decision: "approve" },
    isJson: true,
    rows: REDEEM_ROWS,
  },
  ...["GET", "POST", "POST"].map((method, n): RouteRows => ({
    route: `${method} /api/git/:owner/:project/:repository{[^/]+\\.git}/${
      ["info/refs", "git-upload-pack", "git-receive-pack"][n]
    }`,
    audience: "git",
    rows: [
      {
        what: "an unknown task",
        ids: { repository: "nope.git" },
        status: 404,
        says: /Cannot find task 'nope'/,
      },
      ...(n === 0 ? [{ what: "no service", status: 403, says: /only speaks git's smart HTTP/ }] : []),
      ...(n === 2 ? [{ what: "a body that is no pack", body: "what", status: 400, says: /./ }] : []),
    ],
  })),
  { route: "GET /openapi.json", audience: "open" },
  { route: "GET /api-docs", audience: "open" },
  { route: "POST /session/links", audience: "admin" },
  {
    route: "POST /session",
    audience: "open",
    rows: [
      bad("no code", {}, /'code'.*expected string, received undefined/),
      bad("a code that is too long", { code: "c".repeat(1_001) }, /<=1000 characters, came 1001/),
      {
        what: "a wrong code",
        body: { code: "guess" },
        status: 401,
        code: "code_refused",
        says: /not ours or has ended/,
      },
      {
        what: "a body that is too large",
        body: { code: "c".repeat(70_000) },
        status: 413,
        code: "body_too_large",
      },
    ],
  },
  { route: "POST /session/end", audience: "open" },
  {
    route: "GET /assets/:name",
    audience: "open",
    rows: [{ what: "an unknown file", ids: { name: "x" }, status: 404 }],
  },
  { route: "GET /signin", audience: "open" },
  {
    route: "GET /signin/github",
    audience: "open",
    rows: [{ what: "it is not set up", status: 404, says: /not set up here/ }],
  },
  {
    route: "GET /signin/github/callback",
    audience: "open",
    rows: [{ what: "it is not set up", query: "code=c&state=s", status: 404, says: /not set up here/ }],
  },
  { route: "GET /", audience: "page" },
  { route: "GET /projects", audience: "page" },
  {
    route: "GET /p/:owner/:project",
    audience: "page",
    rows: [{ what: "an impossible project", isAdmin: true, ids: { project: "-x" }, status: 404 }],
  },
  {
    route: "GET /p/:owner/:project/runners",
    audience: "page",
    rows: [{ what: "an impossible project", isAdmin: true, ids: { project: "-x" }, status: 404 }],
  },
  { route: "POST /p/:owner/:project/runners/registration", audience: "page" },
  ...["GET", "POST"].flatMap((method): RouteRows[] =>
    (method === "GET"
      ? ["action{(?:drain|rotate|remove)}"]
      : ["action{(?:pause|resume|drain)}", "rotate", "remove"])
      .map((
        action,
      ) => ({
        route: `${method} /p/:owner/:project/runners/:runnerId/${
          action.startsWith("action") ? ":" : ""
        }${action}`,
        audience: "page",
        rows: [{
          what: "a runner that nobody made",
          isAdmin: true,
          ids: { runnerId: UNKNOWN_ID },
          status: 404,
          says: /Cannot find runner/,
        }],
      }))
  ),
  { route: "GET /p/:owner/:project/tasks/:taskId/files", audience: "page" },
  { route: "GET /p/:owner/:project/tasks/:taskId/commits", audience: "page" },
  { route: "GET /p/:owner/:project/tasks/:taskId/commits/:commitId", audience: "page" },
  ...ASK_ROUTES,
];
