/** The pages of lines that several routes answer with: the list, and one line with its numbers. */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { LineView } from "../domain/job_queue_api.ts";
import { LINE_NUMBERS_DAYS } from "../limits.ts";
import { LinePage } from "../pages/line.tsx";
import { LinesPage } from "../pages/lines.tsx";
import { createLineReader } from "../store/history/line_read.ts";
import { type OpenedProject, refusedPage } from "./opened_project.ts";
import { page } from "./page_response.ts";

const DAY_MS = 86_400_000;

/** What an import that failed leaves on the page of lines. */
export interface ImportAttempt {
  readonly fault: string;
  readonly gitUrl: string;
  readonly ref: string;
}

/** The page of a project's lines. */
export async function linesPage(
  c: Context<AppEnv>,
  { at, queue }: OpenedProject,
  nowMs: number,
  attempt: ImportAttempt | null = null,
): Promise<Response> {
  const [lines, open] = await Promise.all([queue.listLines(c.var.caller), lineReader(c).openByLine(at)]);
  const isEmptyProject = !lines.ok && lines.error.reason === "project_not_found";
  if (!lines.ok && !isEmptyProject) return refusedPage(c, lines.error);
  const { fault = null, gitUrl = "", ref = "" } = attempt ?? {};
  const view = { at, nowMs, lines: lines.ok ? lines.value : [], open, fault, gitUrl, ref };
  return page(c, LinesPage({ view }), attempt === null ? 200 : 400);
}

/** The page of one line. */
export async function linePage(
  c: Context<AppEnv>,
  { at }: Pick<OpenedProject, "at">,
  line: LineView,
  nowMs: number,
  { isNewest = true, notices = [], status = 200 }: {
    readonly isNewest?: boolean;
    readonly notices?: readonly string[];
    readonly status?: number;
  } = {},
): Promise<Response> {
  const fromMs = nowMs - LINE_NUMBERS_DAYS * DAY_MS;
  const numbers = isNewest ? await lineReader(c).numbers({ ...at, lineId: line.id }, fromMs) : null;
  const view = { at, nowMs, line, isNewest, numbers, notices, days: LINE_NUMBERS_DAYS };
  return page(c, LinePage({ view }), status);
}

function lineReader(c: Context<AppEnv>) {
  return createLineReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
}
