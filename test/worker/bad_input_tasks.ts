/** Wrong input at the routes of tasks. */
import { bad, badQuery, type BadRow, type RouteRows, TASK } from "./bad_input_row.ts";

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
export const TASK_ROUTES: readonly RouteRows[] = [
  ...["stages", "assembly-lines"].map((place): RouteRows => ({
    route: `POST B/${place}/:lineId/tasks`,
    audience: "user",
    good: { title: "t" },
    isJson: true,
    isStrict: true,
    unknown: { lineId: "line_not_found" },
    rows: CARD_ROWS,
  })),
  ...["tasks", "stages/:lineId/tasks", "assembly-lines/:lineId/tasks"].flatMap((place): RouteRows[] => [
    {
      route: `GET B/${place}`,
      audience: "any",
      rows: [
        badQuery("limit=0", /'limit'.*>=1, came '0'/),
        badQuery("limit=201", /'limit'.*<=200, came '201'/),
        badQuery("cursor=x", /'cursor'.*expected the 'nextCursor' of the page before, came 'x'/),
        badQuery("status=failed", /'status'.*expected one of "queued".*came 'failed'/),
        badQuery("station=a%20b", /'station'.*letters, digits.*came 'a b'/),
      ],
    },
    {
      route: `GET B/${place}/:taskId`,
      audience: "any",
      unknown: { ...TASK, ...(place === "tasks" ? {} : { lineId: "line_not_found" }) },
    },
    {
      route: `POST B/${place}/:taskId/streams`,
      audience: "stream",
      good: { sessionId: "s" },
      isJson: true,
      unknown: { ...TASK, ...(place === "tasks" ? {} : { lineId: "line_not_found" }) },
      rows: [
        bad("no session", { broadcastId: "b" }, /'sessionId'.*expected string, received undefined/),
        bad("an empty session", { sessionId: "" }, /'sessionId'.*>=1 characters, came 0/),
        {
          what: "a task that has ended",
          ids: { taskId: "ended" },
          status: 409,
          code: "task_ended",
          says: /already ended as 'failed'/,
        },
      ],
    },
  ]),
  { route: "GET B/tasks/:taskId/assets", audience: "any", unknown: TASK },
  {
    route: "GET B/tasks/:taskId/assets/:name",
    audience: "any",
    unknown: { ...TASK, name: "asset_not_found" },
    rows: [
      badQuery("sha256=x", /'sha256'.*expected 64 hexadecimal digits, came 'x'/),
      {
        what: "bytes that nobody put",
        query: `sha256=${"0".repeat(64)}`,
        status: 404,
        code: "asset_not_found",
        says: /asset 'no-name' of this task/,
      },
    ],
  },
  {
    route: "PUT B/tasks/:taskId/assets/:name",
    audience: "user",
    good: "bytes",
    unknown: TASK,
    rows: [
      ...["..%2Fx", "%2Fetc%2Fpasswd", "a%5Cb", "a%00b", ".git", "manifest.json", "x".repeat(201)].map(
        (name): BadRow => ({
          what: `the name ${name.slice(0, 20)}`,
          ids: { name },
          status: 400,
          code: "invalid_input",
          says: /'name': expected the name of a file: it must/,
        }),
      ),
      {
        what: "a type that is none",
        headers: { "content-type": "a picture" },
        status: 400,
        code: "invalid_input",
        says: /'type': expected a media type such as image\/png, came 'a picture'/,
      },
      {
        what: "bytes that are too many",
        body: "x".repeat(10_485_761),
        status: 413,
        code: "body_too_large",
        says: /at most 10485760 bytes/,
      },
    ],
  },
  {
    route: "DELETE B/tasks/:taskId/assets/:name",
    audience: "user",
    unknown: { ...TASK, name: "asset_not_found" },
  },
  {
    route: "POST B/tasks/:taskId/retry",
    audience: "user",
    good: { reason: "again" },
    isJson: true,
    isStrict: true,
    unknown: TASK,
    rows: [
      {
        what: "a task that lives",
        ids: { taskId: "running" },
        status: 409,
        code: "task_not_retryable",
        says: /must have ended or wait.*current status is 'claimed'/,
      },
      {
        what: "an unknown station",
        ids: { taskId: "ended" },
        body: { stationId: "zz" },
        status: 400,
        code: "unknown_station",
        says: /station 'zz': expected one of make, ship/,
      },
    ],
  },
  {
    route: "POST B/tasks/:taskId/move",
    audience: "user",
    good: { stationId: "ship" },
    isJson: true,
    isStrict: true,
    unknown: TASK,
    rows: [
      bad("no station", { reason: "r" }, /'stationId'.*expected string, received undefined/),
      {
        what: "an unknown station",
        body: { stationId: "zz" },
        status: 400,
        code: "unknown_station",
        says: /station 'zz': expected one of make, ship/,
      },
      {
        what: "a task in a runner's hands",
        ids: { taskId: "running" },
        status: 409,
        code: "task_held",
        says: /runner 'ada' does, so cancel it first/,
      },
      { what: "a task that has ended", ids: { taskId: "ended" }, status: 409, code: "task_ended" },
    ],
  },
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
