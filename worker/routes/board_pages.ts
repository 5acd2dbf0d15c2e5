/**
 * The board, of every project or of one. Its lists are the history's; where there is none, the board of a project shows
 * what its queue has in memory: every task that has not ended (O5).
 */
import { type Context, Hono } from "hono";
import { isName } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import {
  BOARD_STATES,
  type BoardFilter,
  boardQuery,
  readBoardFilter,
  stateOf,
  statusesOf,
  tasksOf,
} from "../domain/board_filter.ts";
import type { Viewer } from "../domain/caller.ts";
import { roleMay } from "../domain/role.ts";
import { BOARD_PAGE_TASKS, BOARD_SAME_MS, BOARD_SECTION_TASKS } from "../limits.ts";
import type { BoardTask } from "../pages/board_cards.tsx";
import { BoardPage, type BoardSection, type BoardView } from "../pages/board.tsx";
import {
  createHistoryReader,
  type GateRow,
  type HistoryAnswer,
  type HistoryReader,
  isTaskCursor,
  type StationCount,
  type TaskPage,
  type TaskRow,
} from "../store/history/read.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { baseUrlOf } from "./input.ts";
import { missing, page, requireViewer, unchanged } from "./page_response.ts";

type Scope = { readonly owner?: string; readonly project?: string };

const OFF =
  "This control plane runs without a history, so there are no lists of what has ended and no search. Set " +
  "HISTORY_URL to a libSQL server to have them.";
const OPEN_STATUSES = (["waiting", "working", "queued"] as const).flatMap(statusesOf);

/** `GET /`, `GET /p/{owner}/{project}`. */
export function createBoardPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const chosen = c.req.query("project") ?? "";
    const [owner = "", project = ""] = chosen.split("/");
    const filter = readBoardFilter(c.req.query());
    if (isName(owner) && isName(project)) {
      return c.redirect(
        `/p/${encodeURIComponent(owner)}/${encodeURIComponent(project)}${boardQuery(filter)}`,
        303,
      );
    }
    return await board(c, {}, viewer, nowMs());
  });

  app.get("/p/:owner/:project", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const { owner, project } = c.req.param();
    if (!isName(owner) || !isName(project)) return missing(c, "There is no such project.");
    return await board(c, { owner, project }, viewer, nowMs());
  });
  return app;
}

async function board(c: Context<AppEnv>, scope: Scope, viewer: Viewer, nowMs: number): Promise<Response> {
  const history = createHistoryReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
  const revision = await history.boardRevision();
  const filter = cleaned(readBoardFilter(c.req.query()));
  if (revision.kind !== "ok") {
    const view = await queueView(c, scope, { filter, nowMs, fault: revision });
    return view instanceof Response ? view : await page(c, BoardPage({ view }));
  }
  // The same revision looks the same to the same person, but for how long ago things were.
  const tag = `W/"${
    [revision.value, Math.floor(nowMs / BOARD_SAME_MS), viewer.role, viewer.principal].join(" ")
  }"`;
  const same = unchanged(c, tag);
  if (same !== null) return same;
  const { view, waiting, fault } = await historyView(history, scope, filter, nowMs);
  // Of all projects together, where nobody can ask each one's people: every task that waits is asked of who may decide.
  const isAsked = scope.owner === undefined && roleMay(viewer.role, "gates:decide");
  const sent = await page(c, BoardPage({ view }), 200, isAsked ? waiting : null);
  // What is incomplete is not what the revision stands for.
  if (fault === null) sent.headers.set("etag", tag);
  return sent;
}

/** A cursor that none of our pages gave out is the first page. */
function cleaned(filter: BoardFilter): BoardFilter {
  return filter.cursor === null || isTaskCursor(filter.cursor) ? filter : { ...filter, cursor: null };
}

async function historyView(history: HistoryReader, scope: Scope, filter: BoardFilter, nowMs: number) {
  const where = {
    ...scope,
    lineId: filter.lineId ?? undefined,
    stationId: filter.stationId ?? undefined,
    label: filter.label ?? undefined,
    ...(filter.text === "" ? {} : { text: filter.text }),
  };
  const states = filter.state === null ? BOARD_STATES : [filter.state];
  const limit = filter.state === null ? BOARD_SECTION_TASKS : BOARD_PAGE_TASKS;
  const [projects, lines, counts, gates, ...lists] = await Promise.all([
    history.listProjects(),
    history.listLineOutlines(scope),
    // Stations are counted whatever station and state is looked at: they lead there.
    history.countAtStations({ ...where, stationId: undefined, statuses: OPEN_STATUSES }),
    history.listOpenGates(scope, { isOfTask: true }),
    ...states.map((state) =>
      history.listTasks({ ...where, ...tasksOf(state), limit, cursor: filter.cursor })
    ),
  ]);
  const fault = [projects, lines, counts, gates, ...lists].map(faultOf).find((word) => word !== null) ?? null;
  const tally = orNone(counts);
  const names = orNone(gates);
  const view: BoardView = {
    nowMs,
    filter,
    projects: orNone(projects),
    lines: orNone(lines),
    tally,
    sections: states.map((state, at) => sectionOf(state, lists[at]!, names, totalOf(filter, tally, state))),
    nextCursor: lists.length === 1 && lists[0]!.kind === "ok" ? lists[0]!.value.nextCursor : null,
    source: fault === null ? { kind: "history" } : { kind: "none", why: awayText(fault) },
  };
  return { view, waiting: totalOf({ ...filter, stationId: null }, tally, "waiting"), fault };
}

function sectionOf(
  state: BoardSection["state"],
  list: HistoryAnswer<TaskPage>,
  gates: readonly GateRow[],
  total: number | null,
): BoardSection {
  const { tasks, nextCursor } = list.kind === "ok" ? list.value : { tasks: [], nextCursor: null };
  return { state, tasks: tasks.map((row) => taskOf(row, gates)), total, hasMore: nextCursor !== null };
}

function taskOf(row: TaskRow, gates: readonly GateRow[]): BoardTask {
  const asked = gates.filter((gate) =>
    gate.taskId === row.taskId && gate.owner === row.owner && gate.project === row.project
  );
  const { owner, project, taskId, title, status, lineName, stationName, attempt, labels, updatedAtMs } = row;
  return {
    ...{ owner, project, taskId, title, status, lineName, stationName, attempt, labels, updatedAtMs },
    gateName: status === "awaiting_review"
      ? asked.find(({ gateId, origin }) => origin === "line_gate" && gateId === row.pendingGateId)
        ?.gateName ?? null
      : null,
    asked: asked.find(({ origin }) => origin !== "line_gate" && origin !== "agent_wait")?.gateName ?? null,
    agent: row.agentWait === null || row.agentRunId === null
      ? null
      : { kind: row.agentWait, says: row.agentSays, runId: row.agentRunId },
    reason: row.rejectionReason,
  };
}

/** Tasks of a state as they were counted; null for those that have ended, which nobody counts. */
function totalOf(
  filter: BoardFilter,
  tally: readonly StationCount[],
  state: BoardSection["state"],
): number | null {
  if (state === "completed" || state === "failed") return null;
  return tally.filter((count) =>
    stateOf(count) === state && (filter.stationId === null || count.stationId === filter.stationId)
  ).reduce((sum, { tasks }) => sum + tasks, 0);
}

function orNone<T>(answer: HistoryAnswer<readonly T[]>): readonly T[] {
  return answer.kind === "ok" ? answer.value : [];
}

function faultOf(answer: HistoryAnswer<unknown>): string | null {
  return answer.kind === "unavailable" ? answer.fault : null;
}

function awayText(fault: string): string {
  return `The history does not answer (${fault}). Tasks go on; the lists come back when it does, and nothing is lost.`;
}

interface WithoutHistory {
  readonly filter: BoardFilter;
  readonly nowMs: number;
  readonly fault: Exclude<HistoryAnswer<unknown>, { kind: "ok" }>;
}

/** What there is to see while the history is off or away. */
async function queueView(
  c: Context<AppEnv>,
  { owner, project }: Scope,
  { filter, nowMs, fault }: WithoutHistory,
): Promise<BoardView | Response> {
  const why = fault.kind === "off" ? OFF : awayText(fault.fault);
  const empty = { nowMs, filter, projects: [], lines: [], tally: [], sections: [], nextCursor: null };
  if (owner === undefined || project === undefined) {
    const choose = " The board of one project shows what is under way there.";
    return { ...empty, source: { kind: "none", why: why + choose } };
  }
  const listed = await jobQueue(c.env, owner, project).listTasks(c.var.caller, {
    limit: BOARD_PAGE_TASKS,
    ...(filter.lineId === null ? {} : { line: filter.lineId as never }),
    ...(filter.stationId === null ? {} : { station: filter.stationId as never }),
    baseUrl: baseUrlOf(c),
  });
  if (!listed.ok) return await missing(c, "There is no such project.");
  const tasks = listed.value.tasks.filter(({ labels }) =>
    filter.label === null || labels.includes(filter.label)
  );
  const sections = BOARD_STATES.map((state) => ({
    state,
    tasks: tasks.filter((task) =>
      stateOf({ status: task.status, hasAgentWaiting: task.agentWait !== null }) === state
    ).map((task): BoardTask => ({
      owner,
      project,
      taskId: task.id,
      title: task.title,
      status: task.status,
      lineName: task.assemblyLineId,
      stationName: task.columnId,
      gateName: task.pendingGateId,
      asked: null,
      agent: task.agentWait,
      attempt: task.attempt,
      labels: task.labels,
      reason: task.rejectionReason,
      updatedAtMs: task.updatedAt,
    })),
    total: null,
    hasMore: false,
  })).filter(({ state }) => filter.state === null || filter.state === state);
  return { ...empty, sections, source: { kind: "queue", why } };
}
