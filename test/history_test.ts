/** The history against a real sqld: writer and reader. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { applyMigrations } from "../tools/local/apply_migrations.ts";
import { startSqld } from "../tools/local/sqld.ts";
import { HISTORY_TIMEOUT_MS } from "../worker/limits.ts";
import { createHistoryReader } from "../worker/store/history/read.ts";
import { createHistoryWriter, HistoryWriteError } from "../worker/store/history/write.ts";
import { audit, count, gate, job, line, row, run, task, value, withHistory } from "./fake/history.ts";

Deno.test("an event that is applied twice has its effect once", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    const rows = [row(1, task("t1")), row(2, audit("t1", "task_submitted"))];
    await writer.apply(rows);
    await writer.apply(rows);
    await writer.apply([rows[1]!, row(3, audit("t1", "task_cancelled"))]);

    const reader = createHistoryReader({ url });
    const actions = value(await reader.listAudit({ owner: "acme", project: "site", taskId: "t1" })).map((a) =>
      a.action
    );
    assert.deepEqual(actions, ["task_submitted", "task_cancelled"]);
    assert.equal(value(await reader.listTasks({})).tasks.length, 1);
    assert.equal(await count(url, "audit"), 2);
  }));

Deno.test("a late and older snapshot never overwrites a newer one", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    await writer.apply([row(9, task("t1", { status: "completed", endedAtMs: 9 }))]);
    await writer.apply([row(4, task("t1", { status: "in_progress" }))]);
    const [only] = value(await createHistoryReader({ url }).listTasks({})).tasks;
    assert.equal(only?.status, "completed");
    assert.equal(only?.sequence, 9);
  }));

Deno.test("half a character in a text holds up nothing: what follows it is written too", () =>
  withHistory(async ({ url }) => {
    const cut = "Tidy \u{1f600}".slice(0, -1);
    const labels = [`label ${cut}`];
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { title: cut, labels })),
      row(2, task("t2")),
    ]);
    const { tasks } = value(await createHistoryReader({ url }).listTasks({ owner: "acme", project: "site" }));
    assert.deepEqual(tasks.map(({ title }) => title).sort().at(-1), "Tidy \ufffd");
    assert.equal(tasks.length, 2);
  }));

Deno.test("the same ids and sequences in two projects are two rows", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    await writer.apply([row(1, task("t1", { title: "one" }))]);
    await writer.apply([row(1, task("t1", { title: "two" }), "acme/shop")]);
    const reader = createHistoryReader({ url });
    assert.equal(value(await reader.listTasks({ project: "shop" })).tasks[0]?.title, "two");
    assert.equal(value(await reader.listTasks({ project: "site" })).tasks[0]?.title, "one");
  }));

Deno.test("any order, with repeats and with batches that fail in the middle, ends in the same history", () =>
  withHistory(async ({ url }) => {
    const statuses = ["queued", "claimed", "in_progress", "awaiting_review", "completed"];
    let project = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ sequence: fc.integer({ min: 1, max: 12 }), doesFail: fc.boolean() }), {
          maxLength: 30,
        }),
        async (deliveries) => {
          const source = `acme/p${++project}`;
          const writer = createHistoryWriter({ url });
          const event = (n: number) =>
            n % 4 === 0
              ? row(n, audit("t1", `a${n}`), source)
              : row(n, task(n % 2 === 0 ? "t1" : "t2", { status: statuses[n % 5]!, attempt: n }), source);
          const applied = new Set<number>();
          for (const { sequence, doesFail } of deliveries) {
            if (doesFail) {
              // The last row violates a NOT NULL: the whole batch, the good row included, must leave nothing.
              const broken = row(99, task("t3", { title: null as unknown as string }), source);
              await assert.rejects(writer.apply([event(sequence), broken]), HistoryWriteError);
            } else {
              await writer.apply([event(sequence)]);
              applied.add(sequence);
            }
          }
          const reader = createHistoryReader({ url });
          const rows = value(await reader.listTasks({ project: `p${project}` })).tasks;
          const newest = (parity: number) =>
            Math.max(0, ...[...applied].filter((n) => n % 4 !== 0 && n % 2 === parity));
          for (const [taskId, parity] of [["t1", 0], ["t2", 1]] as const) {
            assert.equal(rows.find((t) => t.taskId === taskId)?.attempt ?? 0, newest(parity));
          }
          const audits = value(
            await reader.listAudit({ owner: "acme", project: `p${project}`, taskId: "t1" }),
          );
          assert.equal(audits.length, [...applied].filter((n) => n % 4 === 0).length);
        },
      ),
      { numRuns: 30 },
    );
  }));

Deno.test("tasks are listed newest first, in pages that neither repeat nor leave out", () =>
  withHistory(async ({ url }) => {
    const rows = Array.from(
      { length: 25 },
      (_, i) => row(i + 1, task(`t${i}`, { createdAtMs: 1_000 + Math.floor(i / 3) })),
    );
    await createHistoryWriter({ url }).apply(rows);
    const reader = createHistoryReader({ url });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { tasks: readonly { taskId: string; createdAtMs: number }[]; nextCursor: string | null } =
        value(
          await reader.listTasks({ owner: "acme", project: "site", limit: 10, cursor }),
        );
      seen.push(...page.tasks.map((t) => t.taskId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.equal(seen.length, 25);
    assert.equal(new Set(seen).size, 25);
    assert.equal(seen[0], "t24");
    assert.throws(() => reader.listTasks({ cursor: "'; drop table tasks" }), /Cannot list task/);
  }));

Deno.test("search finds words and their beginnings in title and description, and follows changes", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    await writer.apply([
      row(1, task("t1", { title: "Fix the Größe parser", description: "crash at end of file" })),
      row(2, task("t2", { title: "Add docs", description: "for the parser" })),
    ]);
    const reader = createHistoryReader({ url });
    const find = async (text: string) =>
      value(await reader.listTasks({ text })).tasks.map((t) => t.taskId).sort();
    assert.deepEqual(await find("parser"), ["t1", "t2"]);
    assert.deepEqual(await find("pars crash"), ["t1"]);
    assert.deepEqual(await find("größe"), ["t1"]);
    assert.deepEqual(await find("GROß"), ["t1"], "without case and accents");
    assert.deepEqual(await find("arser"), [], "not inside a word");
    assert.deepEqual(await find('" OR NEAR( * ) AND title:'), []);
    assert.deepEqual(await find(" ... "), ["t1", "t2"], "no word: no condition");
    await writer.apply([row(3, task("t2", { title: "Add docs", description: "for the lexer" }))]);
    assert.deepEqual(await find("parser"), ["t1"]);
    assert.deepEqual(await find("lexer"), ["t2"]);
  }));

Deno.test("lines are listed in their newest version, without deleted ones", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, line("tidy", 1)),
      row(2, line("tidy", 2)),
      row(3, line("gone", 1)),
      row(4, line("gone", 1, true)),
    ]);
    const reader = createHistoryReader({ url });
    const listed = value(await reader.listLines({ owner: "acme" })).map((l) => [l.lineId, l.version]);
    assert.deepEqual(listed, [["tidy", 2]]);
    assert.deepEqual(value(await reader.listProjects()), [{ owner: "acme", project: "site" }]);
  }));

Deno.test("statuses are counted, and open gates, jobs and runs of a task are listed", () =>
  withHistory(async ({ url }) => {
    await createHistoryWriter({ url }).apply([
      row(1, task("t1", { status: "awaiting_review" })),
      row(2, task("t2")),
      row(3, gate("k1", { state: "open", outcome: null, decidedBy: null, endedAtMs: null })),
      row(4, job("j1")),
      row(5, run("r1")),
    ]);
    const reader = createHistoryReader({ url });
    const key = { owner: "acme", project: "site", taskId: "t1" };
    assert.deepEqual(value(await reader.countByStatus({})), { awaiting_review: 1, queued: 1 });
    assert.equal(value(await reader.listOpenGates({ owner: "acme" }))[0]?.askId, "k1");
    assert.equal(value(await reader.listGatesOfTask(key))[0]?.gateName, "Review");
    assert.equal(value(await reader.listJobsOfTask(key))[0]?.outcome, "success");
    assert.equal(value(await reader.listRunsOfTask(key))[0]?.runnerName, "attic");
    assert.deepEqual(value(await reader.listRunsOfTask({ ...key, taskId: "t2" })), []);
  }));

Deno.test("without a database the reader says so, the writer fails without the rows' values, and both recover", async () => {
  assert.deepEqual(await createHistoryReader({ url: "" }).listTasks({}), { kind: "off" });
  assert.deepEqual(await createHistoryReader({}).countByStatus({}), { kind: "off" });

  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_history_" });
  const first = await startSqld({ dataDir });
  await applyMigrations({ url: first.url });
  await first.kill9();
  const reader = createHistoryReader({ url: first.url });
  const writer = createHistoryWriter({ url: first.url });
  assert.deepEqual(await reader.listTasks({}), { kind: "unavailable", fault: "unreachable" });
  const failure = await writer.apply([row(1, task("t1", { title: "s3cret" }))]).then(
    () => null,
    (e: Error) => e,
  );
  assert.ok(failure instanceof HistoryWriteError);
  assert.ok(!`${failure.message}${JSON.stringify(failure)}${failure.stack}`.includes("s3cret"));

  const second = await startSqld({ dataDir });
  try {
    assert.equal(second.port, first.port, "the port is remembered");
    await writer.apply([row(1, task("t1"))]);
    assert.equal(value(await reader.listTasks({})).tasks.length, 1);
  } finally {
    await second.kill9();
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a database that accepts and never answers does not hang a page", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) held.push(connection);
  })();
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  assert.deepEqual(await createHistoryReader({ url, timeoutMs: 200 }).listTasks({}), {
    kind: "unavailable",
    fault: "timeout",
  });
  assert.ok(HISTORY_TIMEOUT_MS <= 5_000, "nor for long, where nobody says for how long");
  listener.close();
  for (const connection of held) connection.close();
  await accepting;
});
