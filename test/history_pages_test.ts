/** Lists, search and pruning of the history against a real sqld. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { HistoryRecord } from "../worker/domain/event.ts";
import { HISTORY_PRUNE_BATCHES_MAX, HISTORY_PRUNE_ROWS } from "../worker/limits.ts";
import { pruneHistory } from "../worker/store/history/prune.ts";
import { createHistoryReader, type HistoryReader } from "../worker/store/history/read.ts";
import { createHistoryWriter } from "../worker/store/history/write.ts";
import { audit, count, gate, row, run, task, value, withHistory } from "./fake/history.ts";

const SITE = { owner: "acme", project: "site" };

const entry = (action: string, change: Partial<Extract<HistoryRecord, { kind: "audit" }>>) => ({
  ...audit("t1", action),
  ...change,
} as HistoryRecord);

/** All rows of a list, page by page; `between` happens after the first page. */
async function walk<Row>(
  page: (cursor: string | undefined) => Promise<{ rows: readonly Row[]; nextCursor: string | null }>,
  between: () => Promise<void> = async () => {},
): Promise<Row[]> {
  const seen: Row[] = [];
  let cursor: string | undefined;
  for (let n = 0;; n++) {
    const { rows, nextCursor } = await page(cursor);
    seen.push(...rows);
    if (n === 0) await between();
    if (nextCursor === null) return seen;
    cursor = nextCursor;
  }
}

Deno.test("tasks are filtered by place, label, runner and time, and all filters must hold", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { lineId: "l1", stationId: "s1", labels: ["docs", "a%"], createdAtMs: 10 })),
      row(
        2,
        task("t2", { lineId: "l2", stationId: "s1", labels: ["doc"], status: "failed", createdAtMs: 20 }),
      ),
      row(3, task("t3", { lineId: "l1", stationId: "s2", labels: [], createdAtMs: 30 })),
      row(4, run("r1", { taskId: "t2", runnerId: "w7", runnerName: "attic" })),
      row(5, task("t9"), "acme/shop"),
    ]);
    const reader = createHistoryReader({ url });
    const find = async (filter: Parameters<HistoryReader["listTasks"]>[0]) =>
      value(await reader.listTasks({ ...SITE, ...filter })).tasks.map((t) => t.taskId);
    assert.deepEqual(await find({}), ["t3", "t2", "t1"]);
    assert.deepEqual(await find({ lineId: "l1" }), ["t3", "t1"]);
    assert.deepEqual(await find({ stationId: "s1", lineId: "l1" }), ["t1"]);
    assert.deepEqual(await find({ label: "docs" }), ["t1"]);
    assert.deepEqual(await find({ label: "doc" }), ["t2"], "labels are exact");
    assert.deepEqual(await find({ label: "a%" }), ["t1"]);
    for (const runner of ["w7", "attic"]) assert.deepEqual(await find({ runner }), ["t2"]);
    assert.deepEqual(await find({ runner: "w8" }), []);
    assert.deepEqual(await find({ statuses: ["failed", "queued"], fromMs: 20 }), ["t3", "t2"]);
    assert.deepEqual(await find({ fromMs: 10, toMs: 20 }), ["t1"], "from is in, to is out");
  }));

Deno.test("runs are found by what they reported, where and by whom, newest first", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    await writer.apply([
      row(1, task("t1", { lineId: "l1", labels: ["docs"] })),
      row(2, task("t2", { lineId: "l2" })),
      row(3, run("r1", { summary: "Formatted forty files", claimedAtMs: 10 })),
      row(4, run("r2", { summary: null, status: "claimed", outcome: null, claimedAtMs: 20 })),
      row(5, run("r3", { taskId: "t2", summary: "linker crashed", outcome: "failure", claimedAtMs: 30 })),
    ]);
    const reader = createHistoryReader({ url });
    const find = async (filter: Partial<Parameters<HistoryReader["pageRuns"]>[0]>) =>
      value(await reader.pageRuns({ ...SITE, ...filter })).rows.map((r) => r.runId);
    assert.deepEqual(await find({}), ["r3", "r2", "r1"]);
    assert.deepEqual(await find({ text: "form fort" }), ["r1"]);
    assert.deepEqual(await find({ text: "crash" }), ["r3"]);
    assert.deepEqual(await find({ lineId: "l1" }), ["r2", "r1"]);
    assert.deepEqual(await find({ label: "docs", statuses: ["claimed"] }), ["r2"]);
    assert.deepEqual(await find({ outcomes: ["failure", "cancelled"] }), ["r3"]);
    assert.deepEqual(await find({ taskId: "t1", runner: "attic", stationId: "format", toMs: 20 }), ["r1"]);
    await writer.apply([row(6, run("r2", { summary: "tidied", claimedAtMs: 20 }))]);
    assert.deepEqual(await find({ text: "tidied" }), ["r2"], "the index follows a change");
    await writer.apply([row(7, run("r2", { summary: "swept", claimedAtMs: 20 }))]);
    assert.deepEqual(await find({ text: "tidied" }), []);
  }));

Deno.test("the audit is found by words and by who did what, and belongs to lines through its tasks", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { lineId: "l1" })),
      row(2, entry("task_submitted", { actor: "user:ada", subject: "t1", detail: "Fix the Größe" })),
      row(3, entry("runner_registered", { taskId: null, subject: "attic" })),
      row(4, entry("task_cancelled", { actor: "user:bob", detail: "not wanted" })),
    ]);
    const reader = createHistoryReader({ url });
    const find = async (filter: Partial<Parameters<HistoryReader["pageAudit"]>[0]>) =>
      value(await reader.pageAudit({ ...SITE, ...filter })).rows.map((e) => e.sequence);
    assert.deepEqual(await find({}), [3, 2, 1]);
    assert.deepEqual(await find({ text: "grosse" }), []);
    assert.deepEqual(await find({ text: "GROß" }), [1]);
    assert.deepEqual(await find({ text: "registered attic" }), [2]);
    assert.deepEqual(await find({ text: "task" }), [3, 1], "an action is words");
    assert.deepEqual(await find({ actor: "user:bob" }), [3]);
    assert.deepEqual(await find({ action: "task_submitted", taskId: "t1" }), [1]);
    assert.deepEqual(await find({ lineId: "l1" }), [3, 1]);
    assert.deepEqual(await find({ lineId: "l2" }), []);
  }));

Deno.test("pages neither repeat nor leave out, also while rows come", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    const at = (n: number) => 1_000 + Math.floor(n / 3);
    const some = (n: number, text = "word") => [
      row(3 * n + 1, task(`t${n}`, { createdAtMs: at(n), title: text })),
      row(3 * n + 2, run(`r${n}`, { claimedAtMs: at(n), summary: text })),
      row(3 * n + 3, entry("noted", { atMs: at(n), detail: text })),
    ];
    await writer.apply(Array.from({ length: 12 }, (_, n) => some(n)).flat());
    const reader = createHistoryReader({ url });
    let newer = 12;
    const between = async () => await writer.apply([...some(newer++), ...some(newer++)]);
    const lists: [
      string,
      (cursor: string | undefined) => Promise<{ rows: readonly string[]; nextCursor: string | null }>,
    ][] = [
      ["tasks", async (cursor) => {
        const page = value(await reader.listTasks({ ...SITE, limit: 5, cursor }));
        return { rows: page.tasks.map((t) => t.taskId), nextCursor: page.nextCursor };
      }],
      ["runs", async (cursor) => {
        const page = value(await reader.pageRuns({ ...SITE, limit: 5, cursor }));
        return { ...page, rows: page.rows.map((r) => r.runId) };
      }],
      ["audit", async (cursor) => {
        const page = value(await reader.pageAudit({ ...SITE, limit: 5, cursor }));
        return { ...page, rows: page.rows.map((e) => String(e.sequence)) };
      }],
      ["search", async (cursor) => {
        const page = value(await reader.search({ ...SITE, text: "word", order: "newest", limit: 5, cursor }));
        return { ...page, rows: page.rows.map((h) => `${h.kind} ${h.id}`) };
      }],
    ];
    for (const [name, page] of lists) {
      const before = newer * (name === "search" ? 3 : 1);
      const seen = await walk(page, between);
      assert.equal(seen.length, before, name);
      assert.equal(new Set(seen).size, before, name);
    }
    await assert.rejects(
      async () => await reader.pageRuns({ ...SITE, cursor: "nonsense" }),
      /Cannot list run/,
    );
    const { nextCursor } = value(await reader.listTasks({ ...SITE, limit: 1 }));
    await assert.rejects(
      async () => await reader.pageRuns({ ...SITE, cursor: nextCursor! }),
      /Cannot list run/,
    );
  }));

Deno.test("search mixes cards, reports and audit, marks the words as text, and ranks titles first", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(
        1,
        task("t1", { title: "Add docs", description: "for the <b>parser</b> and more", createdAtMs: 1 }),
      ),
      row(2, task("t2", { title: "Parser", description: "long lines everywhere", createdAtMs: 2 })),
      row(3, run("r1", { taskId: "t2", summary: "the parser is tidy", claimedAtMs: 3 })),
      row(4, entry("task_submitted", { taskId: "t2", subject: "t2", detail: "Parser", atMs: 2 })),
      row(5, task("t1", { title: "Parser" }), "acme/shop"),
    ]);
    const reader = createHistoryReader({ url });
    const find = async (filter: Partial<Parameters<HistoryReader["search"]>[0]> = {}) =>
      value(await reader.search({ ...SITE, text: "pars", ...filter })).rows;
    const hits = await find();
    assert.deepEqual(hits.map((h) => `${h.kind} ${h.id}`).sort(), [
      "audit 1",
      "run r1",
      "task t1",
      "task t2",
    ]);
    const cards = hits.filter((h) => h.kind === "task");
    assert.deepEqual(cards.map((h) => h.id), ["t2", "t1"]);
    assert.ok(cards[0]!.rank < cards[1]!.rank);
    assert.equal(cards[1]!.snippet, "for the <b>\u00abparser\u00bb</b> and more");
    assert.deepEqual(hits.find((h) => h.kind === "run"), {
      kind: "run",
      id: "r1",
      taskId: "t2",
      title: "format on attic",
      snippet: "the \u00abparser\u00bb is tidy",
      rank: hits.find((h) => h.kind === "run")!.rank,
      atMs: 3,
    });
    assert.deepEqual((await find({ order: "newest" })).map((h) => h.id), ["r1", "1", "t2", "t1"]);
    assert.deepEqual((await find({ kinds: ["run"] })).map((h) => h.id), ["r1"]);
    assert.deepEqual((await find({ fromMs: 2, toMs: 3 })).map((h) => h.id).sort(), ["1", "t2"]);
    assert.deepEqual(await find({ lineId: "other" }), []);
    assert.deepEqual(await find({ text: "..." }), []);
  }));

Deno.test("whatever somebody types, the search answers", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([row(1, task("t1"))]);
    const reader = createHistoryReader({ url });
    const nasty = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(..."\"'*()^:-+{}ANDORNOTNEAR \\\u0000"), maxLength: 40 }),
      fc.constantFrom(
        '"',
        "title:x",
        "NEAR(a b, 2)",
        "a AND",
        "^a",
        "{title}:a",
        "a*b",
        "𝒳 \ud800",
        "x".repeat(5_000),
      ),
    );
    await fc.assert(
      fc.asyncProperty(nasty, async (text) => {
        value(await reader.search({ ...SITE, text }));
        value(await reader.listTasks({ ...SITE, text }));
      }),
      { numRuns: 120 },
    );
  }));

Deno.test("pruning takes ended tasks with all that is theirs, and the audit only by its own setting", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { status: "completed", endedAtMs: 99, title: "oldest" })),
      row(2, task("t2", { status: "completed", endedAtMs: 100 })),
      row(3, task("t3", { createdAtMs: 1 })),
      row(4, run("r1", { summary: "swept" })),
      row(5, run("r2", { taskId: "t2" })),
      row(6, gate("k1")),
      row(7, entry("task_submitted", { atMs: 50 })),
      row(8, task("t1", { status: "failed", endedAtMs: 98 }), "acme/shop"),
      row(9, run("r9", { taskId: "t1" }), "acme/other"),
      row(10, gate("k2", { taskId: null, origin: "api", endedAtMs: 99 })),
      row(11, gate("k3", { taskId: null, origin: "api", endedAtMs: 100 })),
      row(12, gate("k4", { taskId: null, origin: "api", state: "open", endedAtMs: null })),
      row(13, gate("k5", { taskId: "t3", endedAtMs: 50 })),
    ]);
    const reader = createHistoryReader({ url });
    const none = { tasks: 0, auditEntries: 0, isMoreDue: false };
    assert.deepEqual(await pruneHistory({ url }, { tasksBeforeMs: null, auditBeforeMs: null }), none);
    assert.deepEqual(await pruneHistory({ url }, { tasksBeforeMs: 100, auditBeforeMs: null }), {
      ...none,
      tasks: 2,
    });
    assert.deepEqual(value(await reader.listTasks({})).tasks.map((t) => t.taskId).sort(), ["t2", "t3"]);
    assert.deepEqual(value(await reader.pageRuns(SITE)).rows.map((r) => r.runId), ["r2"]);
    assert.equal(await count(url, "runs"), 2, "a run of a task of the same id elsewhere stays");
    assert.equal(await count(url, "gates"), 3, "an ask about no task goes by its own end");
    assert.deepEqual(value(await reader.search({ ...SITE, text: "swept" })).rows, []);
    assert.deepEqual(value(await reader.search({ ...SITE, text: "oldest" })).rows, []);
    assert.equal(value(await reader.pageAudit(SITE)).rows.length, 1);
    assert.deepEqual(await pruneHistory({ url }, { tasksBeforeMs: 100, auditBeforeMs: 51 }), {
      ...none,
      auditEntries: 1,
    });
    assert.equal(await count(url, "audit"), 0);
  }));

Deno.test("one run of the pruning is bounded, and the next goes on", () =>
  withHistory(async ({ url }) => {
    const most = HISTORY_PRUNE_ROWS * HISTORY_PRUNE_BATCHES_MAX;
    const writer = createHistoryWriter({ url });
    const rows = Array.from({ length: most + 7 }, (_, n) => row(n + 1, entry("noted", { atMs: n })));
    for (let at = 0; at < rows.length; at += 500) await writer.apply(rows.slice(at, at + 500));
    const order = { tasksBeforeMs: null, auditBeforeMs: 1_000_000 };
    assert.deepEqual(await pruneHistory({ url }, order), { tasks: 0, auditEntries: most, isMoreDue: true });
    assert.deepEqual(await pruneHistory({ url }, order), { tasks: 0, auditEntries: 7, isMoreDue: false });
  }));
