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
