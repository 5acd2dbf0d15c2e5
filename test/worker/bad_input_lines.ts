/** Wrong input at the routes of projects, tokens and lines. */
import { bad, badQuery, type BadRow, type RouteRows, station } from "./bad_input_row.ts";

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
      ...[
        "https://ada:s3cret@git.example/r.git",
        "https://s3cret@git.example/r.git",
        "ssh://git:s3cret@x/r.git",
      ]
        .map((gitUrl) =>
          bad(
            "a URL with a credential, which is not repeated",
            { gitUrl },
            /^(?!.*s3cret).*'gitUrl'.*credential/,
          )
        ),
      bad("an empty branch", { gitBranch: "" }, /'gitBranch'.*>=1 characters, came 0/),
      bad("no answer whether people are asked", { asksForAgents: "no" }, /'asksForAgents'.*expected boolean/),
      bad("an unknown matching", { labelMatching: "any" }, /'labelMatching'.*expected one of.*came 'any'/),
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
    route: "POST B/assembly-lines/import",
    audience: "user",
    isStrict: true,
    good: {
      files: { "assembly-line.json": '{"name":"L"}', "stations/01-a/station.json": '{"id":"a","name":"A"}' },
    },
    isJson: true,
    rows: [
      bad("neither files nor a URL", {}, /expected 'files', or 'gitUrl' and maybe 'ref'/),
      {
        what: "no line in the files",
        body: { files: { "README.md": "x" } },
        status: 400,
        code: "import_file_missing",
        says: /must have 'assembly-line.json'/,
      },
      {
        what: "a file that is no JSON",
        body: { files: { "assembly-line.json": "{" } },
        status: 400,
        code: "import_not_json",
        says: /'assembly-line.json' must be JSON/,
      },
      {
        what: "a file that is a list",
        body: { files: { "assembly-line.json": "[]" } },
        status: 400,
        code: "import_not_an_object",
        says: /must be a JSON object/,
      },
      bad(
        "a line that does not fit",
        { files: { "assembly-line.json": "{}", "stations/01-a/station.json": '{"id":"a","name":"A"}' } },
        /'name'.*expected string, received undefined/,
      ),
      ...([
        ["no URL at all", "nowhere", /must be a URL/],
        ["plain HTTP", "http://example.com/x.git", /must begin with https: current value begins with 'http'/],
        ["a password", "https://a:b@example.com/x.git", /must have no user and no password/],
      ] as const).map(([what, gitUrl, says]): BadRow => ({
        what,
        body: { gitUrl },
        status: 400,
        code: "import_url_invalid",
        says,
      })),
      {
        what: "a host of the control plane's own network",
        body: { gitUrl: "https://169.254.169.254/latest.git" },
        status: 403,
        code: "import_host_not_allowed",
        says: /'169\.254\.169\.254' is not.*SHOPFLOOR_IMPORT_HOSTS/,
      },
    ],
  },
  {
    route: "GET B/assembly-lines/:lineId/versions",
    audience: "any",
    unknown: { lineId: "line_not_found" },
    rows: [
      badQuery("limit=0", /'limit'.*>=1, came '0'/),
      badQuery("limit=201", /'limit'.*<=200, came '201'/),
      badQuery("cursor=x", /'cursor'.*expected the 'nextCursor' of the page before, came 'x'/),
    ],
  },
  {
    route: "GET B/assembly-lines/:lineId/versions/:version",
    audience: "any",
    unknown: { lineId: "line_not_found" },
    rows: [
      {
        what: "a version that is not there",
        ids: { version: "99" },
        status: 404,
        code: "line_version_not_found",
      },
      {
        what: "a version that is no number",
        ids: { version: "x" },
        status: 404,
        code: "line_version_not_found",
      },
    ],
  },
  {
    route: "GET B/assembly-lines/:lineId/export",
    audience: "any",
    unknown: { lineId: "line_not_found" },
    rows: [badQuery("format=zip", /'format'.*expected one of "json"\|"tar", came 'zip'/)],
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
];
