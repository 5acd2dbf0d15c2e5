/** Wrong input at the routes of people, worklist, notices and webhooks. `OWNER/PROJECT` is the project of the test. */
import { bad, badQuery, type BadRow, type RouteRows } from "./bad_input_row.ts";

const HOOK = "B/webhooks/:webhookId";
const NO_HOOK = { webhookId: "webhook_not_found" };
const GOOD_HOOK = { url: "https://example.org/hook" };
const GOOD_NOTICE = { install: "OWNER/PROJECT", to: ["user:bob"], title: "t" };

const HOOK_ROWS: readonly BadRow[] = [
  bad("no address", {}, /'url'.*expected string, received undefined/),
  bad("an event that there is not", { ...GOOD_HOOK, types: ["gate.sung"] }, /'types.0'.*expected 'gate\.\*'/),
  ...["ftp://example.org/", "what", "http://127.0.0.1/", "https://user:secret@example.org/"].map((url) => ({
    what: `address ${url}`,
    body: { url },
    status: 400,
    code: "url_refused",
  })),
];
const LIST_ROWS: readonly BadRow[] = [
  badQuery("install=OWNER/PROJECT&limit=0", /'limit'.*>=1, came '0'/),
  badQuery("install=OWNER/PROJECT&state=lost", /'state'.*expected one of.*came 'lost'/),
  badQuery("install=OWNER/PROJECT&mine=maybe", /'mine'.*expected one of.*came 'maybe'/),
  {
    what: "a cursor of another list",
    query: "install=OWNER/PROJECT&cursor=x",
    status: 400,
    code: "invalid_cursor",
  },
];
const NO_PROJECT: BadRow = {
  what: "an impossible project",
  query: "install=-x/y",
  status: 404,
  code: "project_not_found",
};

export const WORKLIST_ROUTES: readonly RouteRows[] = [
  { route: "GET B/people", audience: "user" },
  {
    route: "PUT B/people",
    audience: "user",
    isJson: true,
    isStrict: true,
    good: { documents: {}, expectedVersion: 9 },
    rows: [
      { what: "another version", status: 409, code: "version_conflict" },
      bad("no documents", {}, /'documents'.*expected object, received undefined/),
      bad("a person without a name", { documents: { people: [{}] } }, /'documents\.people\.0\.name'/),
      bad("a policy that approves by itself", {
        documents: { policies: [{ name: "p", clocks: { onExpiry: "approve" } }] },
      }, /'documents\.policies\.0\.clocks\.onExpiry'/),
      bad("a gate with a policy that nobody wrote", {
        documents: { gates: [{ line: "*", gate: "*", policy: "p" }] },
      }, /'documents\.gates\.0\.policy'/),
    ],
  },
  { route: "GET B/people/versions", audience: "user" },
  {
    route: "GET B/people/versions/:version",
    audience: "user",
    unknown: { version: "version_not_found" },
    rows: [{ what: "no number", ids: { version: "x" }, status: 404, code: "version_not_found" }],
  },
  { route: "GET B/worklist", audience: "user", rows: LIST_ROWS },
  {
    route: "GET /v1/worklist",
    audience: "install",
    goodQuery: "install=OWNER/PROJECT",
    rows: [...LIST_ROWS, badQuery("install=x", /'install'.*expected 'OWNER\/PROJECT'|'install'/), NO_PROJECT],
  },
  {
    route: "POST /v1/notices",
    audience: "install",
    good: GOOD_NOTICE,
    isJson: true,
    isStrict: true,
    rows: [
      bad("nobody to tell", { ...GOOD_NOTICE, to: [] }, /'to'.*>=1 items, came 0/),
      bad("no principal", { ...GOOD_NOTICE, to: ["bob"] }, /'to\.0'.*expected 'user:NAME'/),
      bad("no title", { ...GOOD_NOTICE, title: " " }, /'title'.*>=1 characters, came 0/),
      {
        what: "an impossible project",
        body: { ...GOOD_NOTICE, install: "-x/y" },
        status: 404,
        code: "project_not_found",
      },
    ],
  },
  { route: "GET B/webhooks", audience: "user" },
  {
    route: "POST B/webhooks",
    audience: "user",
    good: GOOD_HOOK,
    isJson: true,
    isStrict: true,
    rows: HOOK_ROWS,
  },
  { route: `GET ${HOOK}`, audience: "user", unknown: NO_HOOK },
  {
    route: `PUT ${HOOK}`,
    audience: "user",
    good: GOOD_HOOK,
    isJson: true,
    isStrict: true,
    unknown: NO_HOOK,
    rows: HOOK_ROWS.filter(({ code }) => code === "invalid_input"),
  },
  { route: `DELETE ${HOOK}`, audience: "user", unknown: NO_HOOK },
  {
    route: `POST ${HOOK}/rotate`,
    audience: "user",
    good: {},
    isJson: true,
    isStrict: true,
    unknown: NO_HOOK,
    rows: [bad("a key that signs for ever", { overlapHours: 1_000 }, /'overlapHours'.*<=168, came 1000/)],
  },
  {
    route: `POST ${HOOK}/replay`,
    audience: "user",
    good: { from: "2026-01-01T00:00:00Z" },
    isJson: true,
    isStrict: true,
    unknown: NO_HOOK,
    rows: [bad("no time", { from: "yesterday" }, /'from'/)],
  },
  {
    route: "GET B/webhooks/deliveries",
    audience: "user",
    rows: [
      badQuery("state=lost", /'state'.*expected one of.*came 'lost'/),
      badQuery("limit=0", /'limit'.*>=1, came '0'/),
      { what: "a cursor of another list", query: "cursor=x", status: 400, code: "invalid_cursor" },
    ],
  },
  {
    route: "POST B/webhooks/deliveries/:deliveryId/replay",
    audience: "user",
    unknown: { deliveryId: "delivery_not_found" },
    rows: [{ what: "no id", ids: { deliveryId: "x" }, status: 404, code: "delivery_not_found" }],
  },
];
