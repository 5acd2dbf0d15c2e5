/**
 * Tasks that have ended, with their jobs and runs, in pages: read back when somebody asks for one of their ids. Our ids
 * sort by their time of creation and a page holds tasks that ended about together, so few pages span an id.
 *
 * The oldest pages go when there are too many: what was in them is in the history alone.
 *
 * Sole writer of the table `archive`. A page is never changed; a task that lives again and ends again is in a newer
 * page too, and the newest counts.
 *
 * A page is one row: a JSON list. A task that is too much for a row has a page of several: the first begins with how
 * many follow it, which span no id, so that nobody finds them by one.
 */
import { applyChange, type WritableQueueState } from "../../domain/apply_changes.ts";
import type { QueueState, RowChange, Task } from "../../domain/queue_state.ts";
import { ARCHIVE_PAGE_CHARS, ARCHIVE_PAGES_MAX, QUEUE_ROW_MAX_CHARS } from "../../limits.ts";
import { decodeChange, type Encoded, encodeRow } from "./row_codec.ts";
import { cutText } from "./row_text.ts";
import type { Sql } from "./sql.ts";
import { rowsOfTask } from "./task_rows.ts";

export interface Archive {
  /**
   * Adds tasks in memory. In a transaction of the caller. Answers ids of tasks that were in pages which went: not all of
   * them need be gone ({@link holds}).
   */
  addFrom(state: QueueState, tasks: Iterable<Task>): readonly string[];
  /** Adds tasks given as their rows. */
  add(tasks: Iterable<readonly RowChange[]>): void;
  /** May it have a task with an id from the first to the second? */
  mayHold(minId: string, maxId: string): boolean;
  /** Has a page this task? */
  holds(taskId: string): boolean;
  /** Brings the task to which an id belongs into memory; null if no page has it. */
  load(state: WritableQueueState, kind: "task" | "job" | "run", id: string): Task | null;
}

/** Keeps the newest `pagesMax` rows. */
export function createArchive(sql: Sql, pagesMax = ARCHIVE_PAGES_MAX): Archive {
  function write(tasks: readonly string[], ids: { readonly min: string; readonly max: string }): void {
    const put = (min: string, max: string, body: string) =>
      sql.run("INSERT INTO archive (min_id, max_id, body) VALUES (?, ?, ?)", min, max, body);
    const text = `[${tasks.join(",")}]`;
    if (text.length <= QUEUE_ROW_MAX_CHARS) return put(ids.min, ids.max, text);
    const [first, ...more] = cutText(text, QUEUE_ROW_MAX_CHARS - COUNT_MAX_CHARS);
    put(ids.min, ids.max, `${more.length}${first}`);
    for (const body of more) put(NO_IDS.min, NO_IDS.max, body);
  }

  function pageText(page: number): string {
    const [row] = [...sql.rows("SELECT body FROM archive WHERE page = ?", page)];
    const body = row!["body"] as string;
    const begin = body.indexOf("[");
    if (begin === 0) return body;
    const query = "SELECT body FROM archive WHERE page > ? ORDER BY page LIMIT ?";
    const more = [...sql.rows(query, page, Number(body.slice(0, begin)))];
    return [body.slice(begin), ...more.map((row) => row["body"])].join("");
  }

  function add(tasks: Iterable<readonly RowChange[]>): readonly string[] {
    let page: string[] = [];
    let chars = 0;
    let min = "";
    let max = "";
    for (const rows of tasks) {
      const text = JSON.stringify(rows.map(encodeRow));
      if (chars > 0 && chars + text.length > ARCHIVE_PAGE_CHARS) {
        write(page, { min, max });
        page = [];
        chars = 0;
      }
      for (const { kind, row } of rows) {
        if (kind !== "task" && kind !== "job" && kind !== "run") continue;
        min = chars === 0 && kind === "task" || row.id < min ? row.id : min;
        max = chars === 0 && kind === "task" || row.id > max ? row.id : max;
      }
      page.push(text);
      chars += text.length;
    }
    if (page.length > 0) write(page, { min, max });
    return removeOld();
  }

  function removeOld(): readonly string[] {
    const tasks: string[] = [];
    const old = "FROM archive WHERE page <= (SELECT max(page) FROM archive) - ?";
    for (const { body } of sql.rows(`SELECT body ${old}`, pagesMax)) tasks.push(...tasksOf(body as string));
    sql.run(`DELETE ${old}`, pagesMax);
    return tasks;
  }

  return {
    add: (tasks) => void add(tasks),
    addFrom: (state, tasks) => add(rowsOf(state, tasks)),
    mayHold: (minId, maxId) => {
      const query = "SELECT 1 FROM archive WHERE min_id <= ? AND max_id >= ? LIMIT 1";
      return [...sql.rows(query, maxId, minId)].length > 0;
    },
    holds: (taskId) => {
      const query = "SELECT 1 FROM archive WHERE min_id <= ? AND max_id >= ? AND instr(body, ?) > 0 LIMIT 1";
      return [...sql.rows(query, taskId, taskId, taskMark(taskId))].length > 0;
    },
    load: (state, kind, id) => {
      const query = "SELECT page FROM archive WHERE min_id <= ? AND max_id >= ? ORDER BY page DESC";
      // Read whole: nothing else may be asked while rows are read.
      for (const { page } of [...sql.rows(query, id, id)]) {
        const body = pageText(page as number);
        // An id stands in quotes wherever it is; most pages that span it do not have it.
        if (!body.includes(`"${id}"`)) continue;
        const tasks = JSON.parse(body) as Encoded[][];
        const found = tasks.findLast((rows) => rows.some((row) => row[0] === CODES[kind] && row[1] === id));
        if (found === undefined) continue;
        for (const row of found) applyChange(state, decodeChange(state, row));
        return state.tasks.get(found[0]![1] as never)!;
      }
      return null;
    },
  };
}

/** No id is after the first and before the second. */
const NO_IDS = { min: "z", max: "" };
/** Room for the number of rows that follow. */
const COUNT_MAX_CHARS = 10;
const CODES = { task: "t", job: "j", run: "r" } as const;

/** How a task's own row begins: no text in JSON can look like it, as its quotes are escaped. */
function taskMark(taskId: string): string {
  return `["${CODES.task}","${taskId}"`;
}

/** The tasks whose rows begin in a page's row. Somebody's two words may look like one, which then is no id of ours. */
function tasksOf(body: string): string[] {
  return [...body.matchAll(/\["t","([^"\\]+)"/g)].map(([, id]) => id!);
}

function* rowsOf(state: QueueState, tasks: Iterable<Task>): Iterable<readonly RowChange[]> {
  for (const task of tasks) yield rowsOfTask(state, task);
}
