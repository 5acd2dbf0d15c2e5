/**
 * What a project did, from the history in libSQL (design O5): lists, the audit trail, and search. A token that is locked
 * to a line sees what is about that line. Without the history these answer 503 and everything else goes on.
 */
import { type Context, Hono } from "hono";
import type {
  HistoryAuditEntry,
  HistoryRun,
  HistoryTask,
  SearchHitBody,
} from "../../protocol/line/history.ts";
import {
  historyAuditQuery,
  historyRunsQuery,
  historyTasksQuery,
  searchQuery,
} from "../../protocol/line/history.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import { refusal, refusalResponse } from "../errors.ts";
import {
  type AuditRow,
  createHistoryReader,
  decodeCursor,
  type HistoryAnswer,
  type HistoryReader,
  type RunRow,
  SEARCH_KINDS,
  type SearchHit,
  type TaskRow,
} from "../store/history/read.ts";
import { answer } from "./answer.ts";
import { readQuery } from "./input.ts";
import {
  historyAuditAnswer,
  historyRunsAnswer,
  historyTasksAnswer,
  searchAnswer,
} from "../../protocol/line/history.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

/** `GET B/history/tasks`, `B/history/runs`, `B/history/audit`, `B/search`. */
export function createHistoryRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const project = "/api/owners/:owner/projects/:project";

  app.get(`${project}/history/tasks`, async (c) => {
    const query = readQuery(c, historyTasksQuery);
    if (!query.ok) return query.error;
    const { q, status, line, station, from, to, ...same } = query.value;
    const reading = await readingOf(c, line, same.cursor, ["task"]);
    if (!reading.ok) return reading.error;
    const { history, scope } = reading.value;
    const filter = { text: q, statuses: status?.split(","), stationId: station, fromMs: from, toMs: to };
    const page = await history.listTasks({ ...same, ...filter, ...scope });
    return body(page, ({ tasks, nextCursor }) => ({ tasks: tasks.map(taskBody), nextCursor }));
  });

  app.get(`${project}/history/runs`, async (c) => {
    const query = readQuery(c, historyRunsQuery);
    if (!query.ok) return query.error;
    const { q, status, outcome, line, station, task, from, to, ...same } = query.value;
    const reading = await readingOf(c, line, same.cursor, ["run"]);
    if (!reading.ok) return reading.error;
    const { history, scope } = reading.value;
    const filter = {
      text: q,
      statuses: status?.split(","),
      outcomes: outcome?.split(","),
      stationId: station,
      taskId: task,
      fromMs: from,
      toMs: to,
    };
    const page = await history.pageRuns({ ...same, ...filter, ...scope });
    return body(page, ({ rows, nextCursor }) => ({ runs: rows.map(runBody), nextCursor }));
  });

  app.get(`${project}/history/audit`, async (c) => {
    const query = readQuery(c, historyAuditQuery);
    if (!query.ok) return query.error;
    const { q, line, task, from, to, ...same } = query.value;
    const reading = await readingOf(c, line, same.cursor, ["audit"]);
    if (!reading.ok) return reading.error;
    const { history, scope } = reading.value;
    const filter = { text: q, taskId: task, fromMs: from, toMs: to };
    const page = await history.pageAudit({ ...same, ...filter, ...scope });
    return body(page, ({ rows, nextCursor }) => ({ entries: rows.map(auditBody), nextCursor }));
  });

  app.get(`${project}/search`, async (c) => {
    const query = readQuery(c, searchQuery);
    if (!query.ok) return query.error;
    const { q, kind, line, from, to, ...same } = query.value;
    const reading = await readingOf(c, line, same.cursor, SEARCH_KINDS);
    if (!reading.ok) return reading.error;
    if (same.cursor !== undefined && same.order !== "newest") {
      const why = "Cannot go on behind a cursor as 'order' must be 'newest': a list by rank is one page";
      return refusalResponse(refusal(400, "invalid_cursor", why));
    }
    const { history, scope } = reading.value;
    const kinds = SEARCH_KINDS.filter((name) => kind === undefined || kind.split(",").includes(name));
    const page = await history.search({ ...same, text: q, kinds, fromMs: from, toMs: to, ...scope });
    return body(page, ({ rows, nextCursor }) => ({ hits: rows.map(hitBody), nextCursor }));
  });
  return app;
}

interface Reading {
  readonly history: HistoryReader;
  readonly scope: { readonly owner: string; readonly project: string; readonly lineId: string | undefined };
}

/** Who may read what of the project; else the refusal. */
async function readingOf(
  c: Context<AppEnv>,
  line: string | undefined,
  cursor: string | undefined,
  lists: Parameters<typeof decodeCursor>[1][] | typeof SEARCH_KINDS,
): Promise<Result<Reading, Response>> {
  const reader = await c.var.queue.authorizeReader(c.var.caller);
  if (!reader.ok) return err(answer(reader));
  const lock = reader.value.lineId;
  if (lock !== null && line !== undefined && line !== lock) {
    return err(answer({ ok: false, error: { reason: "token_locked_to_line", lineId: lock } }));
  }
  if (cursor !== undefined && decodeCursor(cursor, ...lists) === null) {
    const why = "Cannot go on behind this cursor: expected 'nextCursor' of a page of the same list";
    return err(refusalResponse(refusal(400, "invalid_cursor", why)));
  }
  const { HISTORY_URL: url, HISTORY_AUTH_TOKEN: authToken } = c.env;
  return ok({
    history: createHistoryReader({ url, authToken }),
    scope: { ...c.var.at, lineId: lock ?? line },
  });
}

function body<T>(found: HistoryAnswer<T>, toBody: (value: T) => unknown): Response {
  if (found.kind === "ok") return Response.json(toBody(found.value));
  if (found.kind === "off") {
    const why = "Cannot answer as this control plane runs without a history: HISTORY_URL is not set";
    return refusalResponse(refusal(503, "history_off", why));
  }
  const why = "Cannot answer as the history must be reachable: tasks go on without it, try again later";
  return refusalResponse(refusal(503, "history_unavailable", why, { fault: found.fault }));
}

function taskBody(row: TaskRow): HistoryTask {
  const { owner: _, project: __, sequence: ___, createdAtMs, updatedAtMs, endedAtMs, labels, ...others } =
    row;
  const { agentWait, agentSays, agentRunId, ...rest } = others;
  const waits = agentWait === null || agentRunId === null
    ? null
    : { kind: agentWait, says: agentSays, runId: agentRunId };
  return {
    ...rest,
    agentWait: waits,
    labels: [...labels],
    createdAt: createdAtMs,
    updatedAt: updatedAtMs,
    endedAt: endedAtMs,
  };
}

function runBody(row: RunRow): HistoryRun {
  return {
    runId: row.runId,
    jobId: row.jobId,
    taskId: row.taskId,
    stationId: row.stationId,
    runnerId: row.runnerId,
    runnerName: row.runnerName,
    leaseEpoch: row.leaseEpoch,
    status: row.status,
    outcome: row.outcome,
    exitCode: row.exitCode,
    summary: row.summary,
    headCommit: row.headCommit,
    usage: usageOfRow(row),
    claimedAt: row.claimedAtMs,
    startedAt: row.startedAtMs,
    endedAt: row.endedAtMs,
  };
}

function usageOfRow(row: RunRow): HistoryRun["usage"] {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = row;
  return inputTokens === null || outputTokens === null || cacheReadTokens === null ||
      cacheWriteTokens === null
    ? null
    : { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd };
}

function auditBody(row: AuditRow): HistoryAuditEntry {
  const { owner: _, project: __, atMs, ...rest } = row;
  return { ...rest, at: atMs };
}

function hitBody({ atMs, ...rest }: SearchHit): SearchHitBody {
  return { ...rest, at: atMs };
}

const OF_HISTORY = {
  tag: "History",
  method: "get",
  tokens: ["user", "runner"],
  scope: "tasks:read",
  refusals: ["400 invalid_cursor", "503 history_unavailable"],
} as const;

export const HISTORY_OPERATIONS: readonly Operation[] = [
  {
    ...OF_HISTORY,
    paths: [`${PROJECT_PATH}/history/tasks`],
    summary: "List tasks, also those that ended",
    query: historyTasksQuery,
    answers: { 200: historyTasksAnswer },
  },
  {
    ...OF_HISTORY,
    paths: [`${PROJECT_PATH}/history/runs`],
    summary: "List runs",
    query: historyRunsQuery,
    answers: { 200: historyRunsAnswer },
  },
  {
    ...OF_HISTORY,
    paths: [`${PROJECT_PATH}/history/audit`],
    summary: "Who did what",
    query: historyAuditQuery,
    answers: { 200: historyAuditAnswer },
  },
  {
    ...OF_HISTORY,
    paths: [`${PROJECT_PATH}/search`],
    summary: "Search cards, reports and the audit trail",
    query: searchQuery,
    answers: { 200: searchAnswer },
  },
];
