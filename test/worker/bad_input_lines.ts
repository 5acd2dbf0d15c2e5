/** Wrong input at the routes of projects, lines and tasks. */
import { bad, type BadRow, type RouteRows, station, TASK } from "./bad_input_row.ts";

const GOOD_LINE = { name: "L", stations: [station("a")] };
const LINE_ROWS: readonly BadRow[] = [
  bad("no stations", { name: "L" }, /'stations'.*expected array, received undefined/),
  bad("an empty list of stations", { name: "L", stations: [] }, /'stations'.*expected.*>=1.*came 0 items/),
  bad("no name", { stations: [station("a")] }, /'name'.*expected string, received undefined/),
  bad(
    "a station id twice",
    { name: "L", stations: [station("a"), station("a")] },
    /used once, came 'a' again/,
  ),
  bad(
    "a station id with a space",
    { name: "L", stations: [station("a b")] },
    /'stations\.0\.id'.*letters, digits.*came 'a b'/,
  ),
  bad(
    "an unknown trigger type",
    { name: "L", stations: [station("a", { trigger: { type: "cron" } })] },
    /expected one of "dispatch_worker"\|"none", came 'cron'/,
  ),
  bad(
    "a rule to nowhere",
    { ...GOOD_LINE, transitionRules: [{ from: "a", to: "z", condition: "any" }] },
    /'transitionRules\.0\.toStationId'.*expected the id of a station of this line, came 'z'/,
  ),
  bad(
    "a rule over an unknown gate",
    { ...GOOD_LINE, transitionRules: [{ from: "a", to: "a", condition: "any", gate: "g" }] },
    /expected the id of a gate of this line, came 'g'/,
  ),
  bad(
    "two rules for one outcome",
    {
      ...GOOD_LINE,
      transitionRules: [{ from: "a", to: "a", condition: "any" }, { from: "a", to: "a", condition: "any" }],
    },
    /expected one rule per station and condition/,
  ),
  bad(
    "two spellings that disagree",
    { ...GOOD_LINE, columns: [station("b")] },
    /expected the same value as in 'stations'/,
  ),
  bad(
    "a timeout of eight days",
    { name: "L", stations: [station("a", { trigger: { maxTimeoutMinutes: 11_520 } })] },
    /expected number to be <=10080, came 11520/,
  ),
];
const CARD_ROWS: readonly BadRow[] = [
  bad("no title", { description: "d" }, /'title'.*expected string, received undefined/),
  bad("an empty title", { title: " " }, /'title'.*expected.*>=1 characters, came 0 characters/),
  bad(
    "a title that is too long",
    { title: "t".repeat(301) },
    /expected.*<=300 characters, came 301 characters/,
  ),
  bad("a title that is a number", { title: 7 }, /'title'.*expected string, received number/),
  bad(
    "a description of 256 KiB and one",
    { title: "t", description: "d".repeat(262_145) },
    /at most 262144 bytes/,
  ),
  bad(
    "an unknown priority",
    { title: "t", priority: "urgent" },
    /'priority'.*expected one of.*came 'urgent'/,
  ),
  bad("labels that are no list", { title: "t", labels: "x" }, /'labels'.*expected array, received string/),
  bad("65 labels", { title: "t", labels: Array(65).fill("x") }, /'labels'.*<=64 items, came 65 items/),
  {
    what: "a station that the line has not",
    body: { title: "t", columnId: "zz" },
    status: 400,
    code: "unknown_station",
    says: /station 'zz': expected one of make, ship/,
  },
];
export const LINE_ROUTES: readonly RouteRows[] = [
  { route: "GET /healthz", audience: "open" },
  { route: "GET /api/healthz", audience: "open" },
  {
    route: "GET B",
    audience: "any",
    rows: [{
      what: "a project that nobody made",
      isAdmin: true,
      ids: { project: "nothing" },
      status: 404,
      code: "project_not_found",
      says: /nothing was put into it yet/,
    }],
  },
  { route: "GET B/repo-info", audience: "any" },
  {
    route: "PUT B",
    audience: "user",
    good: { gitUrl: "https://example.invalid/r.git" },
    isJson: true,
    isStrict: true,
    rows: [
      bad("a URL that is a number", { gitUrl: 1 }, /'gitUrl'.*expected string, received number/),
      bad("a URL that is too long", { gitUrl: "u".repeat(2_001) }, /<=2000 characters, came 2001/),
      bad("an empty branch", { gitBranch: "" }, /'gitBranch'.*>=1 characters, came 0/),
    ],
  },
  {
    route: "POST B/tokens",
    audience: "user",
    good: { name: "ci" },
    isJson: true,
    isStrict: true,
    rows: [
      bad("no name", {}, /'name'.*expected string, received undefined/),
      bad("an unknown scope", { name: "n", scopes: ["all"] }, /'scopes\.0'.*expected one of.*came 'all'/),
      bad("no scope at all", { name: "n", scopes: [] }, /'scopes'.*>=1 items, came 0 items/),
      bad("an unknown kind", { name: "n", kind: "runner" }, /'kind'.*"user"\|"connection", came 'runner'/),
      bad(
        "an end that is no time",
        { name: "n", expiresAt: "soon" },
        /expected an ISO-8601 time.*came 'soon'/,
      ),
      {
        what: "an end in the past",
        body: { name: "n", expiresAt: "2001-01-01T00:00:00Z" },
        status: 400,
        code: "expiry_in_the_past",
        says: /later than now.*current value is 2001-01-01/,
      },
      { what: "an unknown line", body: { name: "n", lineId: "nope" }, status: 404, code: "line_not_found" },
    ],
  },
  { route: "GET B/tokens", audience: "user" },
  { route: "DELETE B/tokens/:tokenId", audience: "user", unknown: { tokenId: "token_not_found" } },
  {
    route: "GET B/assembly-lines",
    audience: "any",
    rows: [{
      what: "a project that nobody made",
      isAdmin: true,
      ids: { project: "nothing" },
      status: 404,
      code: "project_not_found",
    }],
  },
  {
    route: "POST B/assembly-lines",
    audience: "user",
    good: GOOD_LINE,
    isJson: true,
    isStrict: true,
    rows: LINE_ROWS,
  },
  {
    route: "PUT B/assembly-lines/:lineId",
    audience: "user",
    good: GOOD_LINE,
    isJson: true,
    isStrict: true,
    rows: [
      ...LINE_ROWS,
      {
        what: "a line id with a space",
        ids: { lineId: "a%20b" },
        status: 400,
        code: "invalid_line_id",
        says: /must be 1 to 100 letters.*'a b'/,
      },
      {
        what: "another id in the body",
        body: { ...GOOD_LINE, id: "other" },
        status: 400,
        code: "line_id_mismatch",
        says: /must be that of the path, 'line': current value is 'other'/,
      },
      {
        what: "another owner in the body",
        body: { ...GOOD_LINE, owner: "other" },
        status: 400,
        code: "line_id_mismatch",
        says: /of the path, 'o1': current value is 'other'/,
      },
    ],
  },
  { route: "GET B/assembly-lines/:lineId", audience: "any", unknown: { lineId: "line_not_found" } },
  { route: "DELETE B/assembly-lines/:lineId", audience: "user", unknown: { lineId: "line_not_found" } },
  ...["stages", "assembly-lines"].map((place): RouteRows => ({
    route: `POST B/${place}/:lineId/tasks`,
    audience: "user",
    good: { title: "t" },
    isJson: true,
    isStrict: true,
    unknown: { lineId: "line_not_found" },
    rows: CARD_ROWS,
  })),
  { route: "GET B/tasks/:taskId", audience: "any", unknown: TASK },
  {
    route: "POST B/tasks/:taskId/cancel",
    audience: "user",
    good: { reason: "enough" },
    isJson: true,
    isStrict: true,
    unknown: TASK,
    rows: [
      bad("a reason that is a list", { reason: [] }, /'reason'.*expected string, received array/),
      {
        what: "a task that has ended",
        ids: { taskId: "ended" },
        status: 409,
        code: "task_ended",
        says: /already ended as 'failed'/,
      },
    ],
  },
];
