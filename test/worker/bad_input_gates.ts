/** Wrong input at the routes of asks (Autonomy 19.3). */
import { bad, badQuery, type BadRow, type RouteRows } from "./bad_input_row.ts";

const UNKNOWN = { askId: "gate_not_found" };
const TO_ROWS: readonly BadRow[] = [bad("nobody to ask", {}, /'to'.*expected string, received undefined/)];

/** The calls that take no body, or none that must be there. */
const BARE = ["ack", "unack", "claim", "unclaim", "return", "cancel", "pause", "resume", "consume"];

export const GATE_ROUTES: readonly RouteRows[] = [
  {
    route: "POST /v1/gates",
    audience: "open",
    good: {
      install: "nobody/nothing",
      ask: "decide",
      completion: { ac: "a way" },
    },
    isJson: true,
    isStrict: true,
    rows: [
      { what: "nobody", status: 401, code: "unauthenticated" },
      bad("no kind of ask", { install: "a/b" }, /'ask'/),
      bad(
        "no completion",
        { install: "a/b", ask: "do" },
        /'completion'.*expected object, received undefined/,
      ),
      bad(
        "no project",
        { install: "a-b", ask: "inform", to: ["user:x"] },
        /'install'.*expected 'owner\/project'/,
      ),
      bad("a clock that approves", {
        install: "a/b",
        ask: "do",
        completion: { ac: "x" },
        clocks: { on_expiry: "approve" },
      }, /'clocks\.on_expiry'.*no clock approves/),
      {
        what: "an impossible project",
        body: { install: "-x/y", ask: "inform", to: ["user:x"] },
        status: 404,
        code: "project_not_found",
      },
    ],
  },
  {
    route: "GET /v1/gates/:askId",
    audience: "ask",
    unknown: UNKNOWN,
    rows: [badQuery("wait=x", /'wait'.*expected number, received NaN/)],
  },
  { route: "GET /v1/gates/:askId/evidence", audience: "ask", unknown: UNKNOWN },
  { route: "GET /v1/gates/:askId/audit", audience: "ask", unknown: UNKNOWN },
  {
    route: "POST /v1/gates/:askId/redeem",
    audience: "ask",
    good: { decision: "approve" },
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    rows: [
      bad("no decision", { reason: "r" }, /'decision'.*expected 'decision' or 'out'/),
      bad("an unknown decision", { decision: "maybe" }, /'decision'.*expected one of.*came 'maybe'/),
      {
        what: "another seq",
        body: { decision: "approve", expected_seq: 99 },
        status: 409,
        code: "stale_seq",
      },
      {
        what: "another revision",
        body: { decision: "approve", subject_rev: "x" },
        status: 412,
        code: "stale_subject",
      },
      {
        what: "an answer of another form",
        body: { out: { decision: "later" } },
        status: 422,
        code: "out_invalid",
      },
    ],
  },
  {
    route: "POST /v1/gates/:askId/link",
    audience: "ask",
    good: {},
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    rows: [
      bad("no holder", { holder: "" }, /'holder'/),
      {
        what: "a link for somebody else",
        body: { holder: "user:bob" },
        status: 403,
        code: "not_candidate",
        says: /the admin makes links for others/,
      },
    ],
  },
  ...BARE.map((name): RouteRows => ({
    route: `POST /v1/gates/:askId/${name}`,
    audience: "ask",
    good: {},
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    ...(name === "consume" ? { rows: [{ what: "no answer yet", status: 409, code: "gate_not_open" }] } : {}),
  })),
  {
    route: "POST /v1/gates/:askId/delegate",
    audience: "ask",
    good: { to: "user:bob" },
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    rows: [...TO_ROWS, { what: "who has not claimed it", status: 403, code: "not_claimant" }],
  },
  {
    route: "POST /v1/gates/:askId/reassign",
    audience: "ask",
    good: { to: "user:bob" },
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    rows: [...TO_ROWS, { what: "who does not own it", status: 403, code: "not_candidate" }],
  },
  {
    route: "POST /v1/gates/:askId/snooze",
    audience: "ask",
    good: { until: "2030-01-01T00:00:00Z" },
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    rows: [
      bad("no time", { until: "tomorrow" }, /'until'/),
      { what: "who has not acked it", status: 403, code: "not_acked" },
    ],
  },
  {
    route: "POST /v1/gates/:askId/supersede",
    audience: "ask",
    good: { subject_rev: "none" },
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
  },
  {
    route: "POST /v1/gates/:askId/check",
    audience: "ask",
    good: { by: "judge", passed: true },
    isJson: true,
    isStrict: true,
    unknown: UNKNOWN,
    rows: [{ what: "no answer to check", status: 409, code: "gate_not_open" }],
  },
];
