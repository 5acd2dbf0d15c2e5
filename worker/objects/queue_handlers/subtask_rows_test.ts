/// <reference lib="deno.ns" />
/**
 * Rows of subtasks, whatever happens: those of living tasks are all there, those of tasks that left the archive are gone,
 * and there are never more than the bounds allow. Decisions come through the handlers, with evictions, snapshots and failed
 * writes in between.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { lineInput } from "../../../protocol/line/line.ts";
import { taskCard } from "../../../protocol/line/task.ts";
import { ok } from "../../../protocol/result.ts";
import type { Caller } from "../../domain/caller.ts";
import { putLine } from "../../domain/line_catalog.ts";
import { subtaskHandlers } from "./subtask_handlers.ts";
import { submitCard, taskHandlers } from "./task_handlers.ts";
import { openQueueParts, type QueueParts } from "./queue_parts_test_rig.ts";
import { lineOf, START_MS, station } from "../../../test/fake/queue_rig.ts";
import { createQueueSql } from "../../../test/fake/queue_sql.ts";

const SEED = Number(Deno.env.get("FC_SEED") ?? 20_260_801);
const ADMIN: Caller = { kind: "admin", via: "token" };
const BOUNDS = { subtasksMax: 12, outcomesOfSubtask: 5, outcomesOfProject: 8 };
const ARCHIVE_PAGES = 2;
const BASE_URL = "https://shopfloor.example";

type Step =
  | { readonly kind: "submit" | "shorten" | "evict" }
  | { readonly kind: "end" | "retry"; readonly task: number }
  | { readonly kind: "create"; readonly task: number; readonly count: number }
  | { readonly kind: "verify"; readonly task: number; readonly checks: number }
  | { readonly kind: "fail"; readonly afterWrites: number };

const task = fc.nat(99);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Step>({ kind: "submit" }, { kind: "shorten" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "evict" }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("end" as const, "retry" as const), task }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("create" as const), task, count: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("verify" as const), task, checks: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), afterWrites: fc.nat(4) }) },
);

/** A project, and what its subtasks must be. */
class Project {
  readonly sql = createQueueSql();
  nowMs = START_MS;
  #parts: QueueParts = this.#open();
  readonly tasks: string[] = [];
  /** Ids of subtasks that were made and answered, by task. */
  readonly made = new Map<string, Set<string>>();
  refused = 0;
  removed = 0;

  constructor() {
    const line = lineInput.parse(lineOf([station("make")]));
    this.#parts.queue.core.run((draft) => putLine(draft, "user:admin", { lineId: "l" as never, line }));
    this.#parts.endTurn();
  }

  #open(): QueueParts {
    const bounds = { archivePagesMax: ARCHIVE_PAGES, subtasks: BOUNDS };
    return openQueueParts(this.sql, () => this.nowMs, bounds);
  }

  apply(next: Step): void {
    const { queue, store, endTurn } = this.#parts;
    this.nowMs += 1_000;
    switch (next.kind) {
      case "submit": {
        const card = taskCard.parse({ title: "t" });
        const submitted = submitCard(queue, ADMIN, { lineId: "l", card }, (_draft, { id }) => id);
        assert.ok(submitted.ok);
        this.tasks.push(submitted.value);
        return endTurn();
      }
      case "shorten":
        store.shorten(queue.core.state as never);
        return store.forget(queue.core.state as never, Infinity);
      case "evict":
        this.#parts = this.#open();
        return;
      case "fail": {
        this.sql.failAfter(next.afterWrites);
        try {
          store.shorten(queue.core.state as never);
        } catch {
          // As the platform does with an object that was aborted.
        }
        this.sql.failAfter(null);
        this.#parts = this.#open();
        return;
      }
    }
    const taskId = this.tasks[next.task % Math.max(1, this.tasks.length)];
    if (taskId === undefined) return;
    if (next.kind === "create") this.#create(taskId, next.count);
    else if (next.kind === "verify") this.#verify(taskId, next.checks);
    else if (next.kind === "end") {
      void taskHandlers.cancelTask(queue, ADMIN, { taskId, reason: "", baseUrl: BASE_URL } as never);
    } else {
      void taskHandlers.retryTask(queue, ADMIN, { taskId, reason: "", baseUrl: BASE_URL } as never);
    }
    endTurn();
  }

  #create(taskId: string, count: number): void {
    const known = this.made.get(taskId) ?? new Set();
    const ids = Array.from({ length: count }, (_, n) => `s${this.nowMs}.${n}`);
    const made = subtaskHandlers.createSubtasks(this.#parts.queue, ADMIN, {
      ...{ taskId, isRepeatFine: false },
      subtasks: ids.map((id) => ({
        ...{ id, title: id, spec: null, requirementIds: [], stationId: null, state: "queued" as const },
      })),
    }) as Awaited<ReturnType<typeof subtaskHandlers.createSubtasks>>;
    if (made.ok) this.made.set(taskId, known.union(new Set(ids)));
    else if (made.error.reason === "too_many_subtasks") this.refused++;
  }

  #verify(taskId: string, checks: number): void {
    const { queue } = this.#parts;
    const [subtask] = queue.subtasks.list(taskId);
    if (subtask === undefined) return;
    const outcomes = Array.from({ length: checks + 1 }, (_, n) => ({
      ...{ checkId: `${n}`, result: "passed" as const, detail: "", by: "a", atMs: this.nowMs },
    }));
    queue.core.run(() => {
      queue.core.beside(() => queue.subtasks.change(subtask, outcomes));
      return ok(null);
    });
  }

  /** `isShort`: a snapshot was written just now. */
  check(isShort: boolean): void {
    const { queue } = this.#parts;
    const rows = [...this.sql.rows("SELECT task_id, id FROM subtask")];
    assert.ok(rows.length <= BOUNDS.subtasksMax, `${rows.length} subtasks`);
    const counts = [...this.sql.rows(
      "SELECT task_id, subtask_id, count(*) AS n FROM subtask_outcome GROUP BY task_id, subtask_id",
    )];
    let outcomes = 0;
    for (const { task_id, subtask_id, n } of counts) {
      outcomes += n as number;
      assert.ok((n as number) <= BOUNDS.outcomesOfSubtask, `${n} outcomes of one subtask`);
      assert.ok(rows.some((row) => row["task_id"] === task_id && row["id"] === subtask_id), "of a subtask");
    }
    assert.ok(outcomes <= BOUNDS.outcomesOfProject, `${outcomes} outcomes`);
    const { state } = queue.core;
    for (const taskId of this.tasks) {
      const there = new Set(
        rows.filter((row) => row["task_id"] === taskId).map((row) => row["id"] as string),
      );
      const made = this.made.get(taskId) ?? new Set();
      const inMemory = state.tasks.get(taskId as never);
      const hasEnded = inMemory === undefined || inMemory.state.kind !== "at_station";
      if (there.size === 0 && hasEnded) {
        if (made.size > 0) {
          this.removed++;
          if (isShort) queue.core.page({ taskId });
          if (isShort) {
            assert.ok(!state.tasks.has(taskId as never), "what is in the archive has its subtasks");
          }
        }
        this.made.delete(taskId);
      } else assert.deepEqual(there, made, "all of a task's are there, or none");
      if (!isShort || there.size === 0) continue;
      queue.core.page({ taskId });
      assert.ok(state.tasks.has(taskId as never), "no subtask outlives its task");
    }
  }
}

Deno.test("subtasks live as long as their task and its archive, and are bounded", () => {
  let refused = 0;
  let removed = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (story) => {
      const project = new Project();
      for (const next of story) {
        project.apply(next);
        project.check(next.kind === "shorten");
      }
      refused += project.refused;
      removed += project.removed;
    }),
    { seed: SEED, numRuns: 100 },
  );
  assert.ok(refused > 0, "some story fills a project with subtasks of living tasks");
  assert.ok(removed > 0, "some story removes subtasks");
});
