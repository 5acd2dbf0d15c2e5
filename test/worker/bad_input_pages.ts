/** Wrong input at the pages of lines, metrics and runs, and at what a run used. */
import { bad, type BadRow, type RouteRows } from "./bad_input_row.ts";

const CARDS = "/p/:owner/:project/cards";
const LINES = "/p/:owner/:project/lines";
const NO_PROJECT: BadRow = {
  what: "an impossible project",
  isAdmin: true,
  ids: { project: "-x" },
  status: 404,
};
const NO_LINE: BadRow = {
  what: "a line that nobody made",
  isAdmin: true,
  ids: { lineId: "nothing" },
  status: 404,
};
const SANDBOX = { driver: "podman", containerId: "c", image: "i", cpus: 1, memoryBytes: 1, pids: 1 };
const POINT = { atMs: 1, cpuMs: 1, memoryBytes: 1, readBytes: 1, writeBytes: 1, pids: 1 };

const TASK_PAGE = "/p/:owner/:project/tasks/:taskId";
const NO_TASK: BadRow = {
  what: "a task that nobody made",
  isAdmin: true,
  ids: { taskId: "nothing" },
  status: 404,
};
const noSuch = (what: string, ids: Readonly<Record<string, string>>): BadRow => (
  { what, isAdmin: true, ids, status: 404 }
);
const notWhole = (says: RegExp): BadRow => (
  { what: "an empty form", isAdmin: true, body: "", status: 400, says }
);
const CONTEXTS = "/p/:owner/:project/contexts";
const CONTEXT = `${CONTEXTS}/:contextId`;
const MEMORY = "/p/:owner/:project/memory";
const ISSUES = "/p/:owner/:project/issues";

/** Of agents, subtasks, specs and the library. */
const AGENT_PAGES: readonly RouteRows[] = [
  {
    route: "POST /p/:owner/:project/runs/:runId/agent/:action{(?:message|interrupt|suspend|resume)}",
    audience: "page",
    rows: [
      { ...noSuch("a run that never was", { runId: "nothing", action: "interrupt" }), body: "" },
      {
        what: "a message without a text",
        isAdmin: true,
        ids: { action: "message" },
        body: "",
        status: 400,
        says: /Nothing was sent/,
      },
    ],
  },
  { route: `GET ${TASK_PAGE}/activity`, audience: "page", rows: [NO_PROJECT, NO_TASK] },
  { route: `GET ${TASK_PAGE}/subtasks`, audience: "page", rows: [NO_PROJECT, NO_TASK] },
  {
    route: `POST ${TASK_PAGE}/subtasks`,
    audience: "page",
    rows: [NO_TASK, notWhole(/Nothing was changed/)],
  },
  {
    route: `POST ${TASK_PAGE}/subtasks/transition`,
    audience: "page",
    rows: [NO_TASK, notWhole(/Nothing was changed/)],
  },
  {
    route: `POST ${TASK_PAGE}/subtasks/verification`,
    audience: "page",
    rows: [NO_TASK, notWhole(/Nothing was changed/)],
  },
  { route: `GET ${TASK_PAGE}/specs`, audience: "page", rows: [NO_PROJECT, NO_TASK] },
  {
    route: `GET ${TASK_PAGE}/specs/:spec`,
    audience: "page",
    rows: [NO_TASK, noSuch("a spec of a task that has none", { spec: "login" })],
  },
  {
    route: `POST ${TASK_PAGE}/specs/:spec/subtasks`,
    audience: "page",
    rows: [NO_TASK, noSuch("a spec of a task that has none", { spec: "login" })],
  },
  { route: `GET ${CONTEXTS}`, audience: "page", rows: [NO_PROJECT] },
  { route: `POST ${CONTEXTS}`, audience: "page", rows: [NO_PROJECT, notWhole(/Nothing was changed/)] },
  {
    route: `GET ${CONTEXT}`,
    audience: "page",
    rows: [NO_PROJECT, noSuch("a context that nobody made", { contextId: "nothing" })],
  },
  {
    route: `POST ${CONTEXT}/sources`,
    audience: "page",
    rows: [noSuch("a context that nobody made", { contextId: "nothing" })],
  },
  {
    route: `POST ${CONTEXT}/attach`,
    audience: "page",
    rows: [noSuch("a context that nobody made", { contextId: "nothing" })],
  },
  {
    route: `POST ${CONTEXT}/delete`,
    audience: "page",
    rows: [noSuch("a context that nobody made", { contextId: "nothing" })],
  },
  {
    route: `GET ${CONTEXT}/sources/:sourceId`,
    audience: "page",
    rows: [noSuch("a document that nobody wrote", { sourceId: "nothing" })],
  },
  {
    route: `POST ${CONTEXT}/sources/:sourceId/delete`,
    audience: "page",
    rows: [noSuch("a document that nobody wrote", { sourceId: "nothing" })],
  },
  { route: `GET ${MEMORY}`, audience: "page", rows: [NO_PROJECT] },
  { route: `POST ${MEMORY}`, audience: "page", rows: [NO_PROJECT, notWhole(/Nothing was changed/)] },
  {
    route: `POST ${MEMORY}/:memoryId/forget`,
    audience: "page",
    rows: [noSuch("a note that nobody wrote", { memoryId: "nothing" })],
  },
  { route: `GET ${ISSUES}`, audience: "page", rows: [NO_PROJECT] },
  { route: `POST ${ISSUES}`, audience: "page", rows: [NO_PROJECT, notWhole(/Nothing was changed/)] },
  {
    route: `GET ${ISSUES}/:key`,
    audience: "page",
    rows: [noSuch("an issue that nobody made", { key: "404" })],
  },
  {
    route: `POST ${ISSUES}/:key/:action{(?:comments|state)}`,
    audience: "page",
    rows: [noSuch("an issue that nobody made", { key: "404", action: "comments" })],
  },
];

export const PAGE_ROUTES: readonly RouteRows[] = [
  { route: "GET /metrics", audience: "page" },
  { route: "GET /p/:owner/:project/metrics", audience: "page", rows: [NO_PROJECT] },
  {
    route: "GET /p/:owner/:project/runs/:runId",
    audience: "page",
    rows: [NO_PROJECT, {
      what: "a run that never was",
      isAdmin: true,
      ids: { runId: "nothing" },
      status: 404,
    }],
  },
  {
    route: "GET /p/:owner/:project/runs/:runId/worktree",
    audience: "page",
    rows: [NO_PROJECT, noSuch("a run that never was", { runId: "nothing" }), {
      ...noSuch("a way out of it", {}),
      query: "path=../x",
    }],
  },
  {
    route: "GET /p/:owner/:project/runs/:runId/worktree/diff",
    audience: "page",
    rows: [NO_PROJECT, noSuch("a run that never was", { runId: "nothing" })],
  },
  ...AGENT_PAGES,
  { route: `GET ${CARDS}`, audience: "page", rows: [NO_PROJECT] },
  {
    route: `POST ${CARDS}`,
    audience: "page",
    rows: [NO_PROJECT, {
      what: "no title",
      isAdmin: true,
      body: "",
      status: 400,
      says: /Nothing was submitted/,
    }],
  },
  {
    route: `POST ${CARDS}/upload`,
    audience: "page",
    rows: [NO_PROJECT, { what: "no file", isAdmin: true, body: "", status: 400, says: /expected a file/ }],
  },
  { route: `GET ${LINES}`, audience: "page", rows: [NO_PROJECT] },
  { route: `GET ${LINES}/new`, audience: "page", rows: [NO_PROJECT] },
  {
    route: `POST ${LINES}/new`,
    audience: "page",
    rows: [NO_PROJECT, {
      what: "no definition",
      isAdmin: true,
      body: "",
      status: 400,
      says: /expected JSON/,
    }],
  },
  {
    route: `POST ${LINES}/import`,
    audience: "page",
    rows: [{ what: "nothing to import", isAdmin: true, body: "", status: 400, says: /an address or a file/ }],
  },
  { route: `GET ${LINES}/:lineId`, audience: "page", rows: [NO_PROJECT, NO_LINE] },
  { route: `GET ${LINES}/:lineId/edit`, audience: "page", rows: [NO_LINE] },
  {
    route: `POST ${LINES}/:lineId/edit`,
    audience: "page",
    rows: [NO_LINE, { what: "no definition", isAdmin: true, body: "", status: 400, says: /expected JSON/ }],
  },
  {
    route: `GET ${LINES}/:lineId/versions`,
    audience: "page",
    rows: [NO_LINE, { what: "a cursor of nobody's", isAdmin: true, query: "cursor=x", status: 404 }],
  },
  {
    route: `GET ${LINES}/:lineId/versions/:version`,
    audience: "page",
    rows: [NO_LINE, { what: "a version that never was", isAdmin: true, ids: { version: "99" }, status: 404 }],
  },
  {
    route: `GET ${LINES}/:lineId/diff`,
    audience: "page",
    rows: [
      { what: "no versions", isAdmin: true, status: 404 },
      { what: "a version that never was", isAdmin: true, query: "from=1&to=99", status: 404 },
      { what: "a version that is none", isAdmin: true, query: "from=1&to=1e3", status: 404 },
    ],
  },
  { route: "GET B/runs/:runId/usage", audience: "job", unknown: { runId: "run_not_found" } },
  {
    route: "POST B/runs/:runId/jobs/:jobId/usage",
    audience: "runner",
    good: { sandbox: SANDBOX, points: [POINT] },
    isJson: true,
    unknown: { runId: "run_not_found", jobId: "job_not_found" },
    rows: [
      bad("no sandbox", { points: [] }, /'sandbox'.*received undefined/),
      bad(
        "a time before the start",
        { sandbox: SANDBOX, points: [{ ...POINT, atMs: -1 }] },
        /'points\.0\.atMs'.*>=0, came -1/,
      ),
      bad(
        "more looks than one message has",
        { sandbox: SANDBOX, points: Array(101).fill(POINT) },
        /'points'.*<=100 items, came 101 items/,
      ),
    ],
  },
];
