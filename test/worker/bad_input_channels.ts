/** Wrong input at the routes of approval requests and of channels. What each channel refuses is in `test/routes/`. */
import { bad, type RouteRows } from "./bad_input_row.ts";
import { UNKNOWN_ID } from "./bad_input_world.ts";

const REQUESTS = "B/runners/:runnerId/approval-requests";
const GONE = { requestId: "approval_request_not_found" };
const GOOD = { url: "https://example.com", method: "POST", body: "", jobId: UNKNOWN_ID, labels: [] };

export const CHANNEL_ROUTES: readonly RouteRows[] = [
  {
    route: `POST ${REQUESTS}`,
    audience: "runner",
    good: GOOD,
    isJson: true,
    unknown: { runnerId: "not_your_runner" },
    rows: [
      { what: "a job that nobody made", status: 404, code: "job_not_found" },
      bad("no job", { url: "https://example.com", method: "GET" }, /'jobId'.*expected string/),
      bad("no web address", { ...GOOD, url: "file:///etc/passwd" }, /'url'/),
      bad("no method", { ...GOOD, method: "G T" }, /'method'.*expected the method of a request/),
      bad("a digest that is none", { ...GOOD, bodySha256: "x" }, /'bodySha256'.*expected 64 hex digits/),
      bad("no time at all", { ...GOOD, timeoutMinutes: 0 }, /'timeoutMinutes'.*>=1, came 0/),
    ],
  },
  { route: `GET ${REQUESTS}/:requestId`, audience: "any", unknown: GONE },
  {
    route: `POST ${REQUESTS}/:requestId`,
    audience: "user",
    good: { action: "approve" },
    isJson: true,
    unknown: GONE,
    rows: [
      bad("an unknown action", { action: "maybe" }, /'action'.*expected one of.*came 'maybe'/),
      {
        what: "a use of an approval by a user",
        body: { action: "consume" },
        status: 403,
        code: "wrong_token_kind",
      },
    ],
  },
  {
    route: "POST /channels/:kind/owners/:owner/projects/:project",
    audience: "open",
    good: {},
    rows: [
      { what: "no channel", ids: { kind: "pigeon" }, status: 404, code: "channel_not_found" },
      ...["webhook", "slack", "github"].map((kind) => ({
        what: `${kind} without its variable`,
        ids: { kind },
        status: 501,
        code: "channel_off",
        says: /the channel is off: set SHOPFLOOR_/,
      })),
      { what: "an impossible owner", ids: { owner: "-x" }, status: 404, code: "project_not_found" },
    ],
  },
];
