/** Wrong input at the pages of tasks, asks and worklists, and at the forms behind a gate's link. */
import type { BadRow, RouteRows } from "./bad_input_row.ts";

const ASK = "/p/:owner/:project/asks/:askId";
const FORMS = "form{(?:answer|ack|unack|claim|unclaim|delegate|return|reassign|snooze|pause|resume|cancel)}";
const NO_PROJECT: BadRow = {
  what: "an impossible project",
  isAdmin: true,
  ids: { project: "-x" },
  status: 404,
};
const NO_ASK: BadRow = {
  what: "a question that nobody asked",
  isAdmin: true,
  ids: { askId: "01hzzzzzzzzzzzzzzzzzzzzzzz" },
  status: 404,
  says: /no such question/,
};
const NO_TOKEN: BadRow = { what: "no token", body: "", status: 400, says: /not the token of a gate/ };

export const ASK_ROUTES: readonly RouteRows[] = [
  { route: "GET /p/:owner/:project/tasks/:taskId", audience: "page" },
  {
    route: "POST /p/:owner/:project/tasks/:taskId/:action{(?:retry|move|cancel)}",
    audience: "page",
    rows: [NO_PROJECT, {
      what: "a body that is too large",
      isAdmin: true,
      body: "x".repeat(70_000),
      status: 413,
      code: "body_too_large",
    }],
  },
  { route: `GET ${ASK}`, audience: "page", rows: [NO_PROJECT, NO_ASK] },
  { route: `POST ${ASK}/:${FORMS}`, audience: "page", rows: [NO_PROJECT, NO_ASK] },
  { route: "GET /worklist", audience: "page" },
  {
    route: "GET /p/:owner/:project/worklist",
    audience: "page",
    rows: [NO_PROJECT, {
      what: "a cursor of nobody's",
      isAdmin: true,
      query: "cursor=x",
      status: 400,
      says: /does not exist/,
    }],
  },
  { route: "GET /g", audience: "open" },
  { route: "POST /g", audience: "open", rows: [NO_TOKEN] },
  {
    route: `POST /g/:${FORMS}`,
    audience: "open",
    rows: [NO_TOKEN, {
      what: "a body that is too large",
      body: "x".repeat(70_000),
      status: 413,
      code: "body_too_large",
    }],
  },
  { route: "GET B/tasks/:taskId/log/pace", audience: "any", unknown: { taskId: "task_not_found" } },
];
