/** The routes of the history, over the whole Worker with a real sqld behind it. */
import assert from "node:assert/strict";
import {
  historyAuditAnswer,
  historyRunsAnswer,
  historyTasksAnswer,
  searchAnswer,
} from "../../protocol/line/history.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import { startFactory } from "../browser/factory.ts";

const PROJECT = "/api/owners/acme/projects/site";

Deno.test({
  name: "routes of the history",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const factory = await startFactory();
    await factory.putLine();
    const runner = await factory.runner("bench-1");
    const titles = ["Tidy the parser", "Write the manual", "Parser speed"];
    const tasks: TaskData[] = [];
    for (const title of titles) tasks.push(await factory.submit(title, "Card."));
    const job = await runner.claim();
    await runner.finish(job, {
      summary: "Sorted the imports of the parser",
      usage: { inputTokens: 1_200, outputTokens: 80, costUsd: 0.02 },
    });
    const get = async (path: string, token?: string) => {
      const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(`${factory.url}${PROJECT}/${path}`, { headers });
      const body = await response.json();
      return { status: response.status, body, code: (body as { error?: { code: string } }).error?.code };
    };
    const list = <T>(path: string) => factory.call<T>("GET", `${PROJECT}/${path}`);

    // The history is told after the fact: wait until it has heard of the last thing.
    const endMs = Date.now() + 10_000;
    for (;;) {
      const { runs } = historyRunsAnswer.parse(await list("history/runs?status=finished"));
      if (runs.length === 1) break;
      assert.ok(Date.now() < endMs, "the history never heard of the run");
    }

    await t.step("tasks are listed with filters and pages", async () => {
      const all = historyTasksAnswer.parse(await list("history/tasks"));
      assert.deepEqual(all.tasks.map((task) => task.title), titles.toReversed());
      assert.equal(all.nextCursor, null);
      const first = historyTasksAnswer.parse(await list("history/tasks?limit=2&q=parser"));
      assert.deepEqual(first.tasks.map((task) => task.taskId), [tasks[2]!.id, tasks[0]!.id]);
      const page = historyTasksAnswer.parse(await list("history/tasks?limit=1"));
      const rest = historyTasksAnswer.parse(await list(`history/tasks?limit=9&cursor=${page.nextCursor}`));
      assert.deepEqual(rest.tasks.map((task) => task.title), titles.slice(0, 2).toReversed());
      const busy = historyTasksAnswer.parse(await list("history/tasks?runner=bench-1&line=tidy&label=docs"));
      assert.equal(busy.tasks.length, 1);
    });

    await t.step("runs, audit and search answer what the schemas say", async () => {
      const { runs } = historyRunsAnswer.parse(await list("history/runs?q=imports&outcome=success"));
      assert.deepEqual(runs.map((run) => run.runId), [job.runId]);
      const none = { cacheReadTokens: 0, cacheWriteTokens: 0 };
      assert.deepEqual(runs[0]!.usage, { inputTokens: 1_200, outputTokens: 80, ...none, costUsd: 0.02 });
      const { entries } = historyAuditAnswer.parse(await list("history/audit?action=task_submitted&limit=1"));
      assert.equal(entries[0]?.taskId, tasks[2]!.id);
      const { hits } = searchAnswer.parse(await list("search?q=parser"));
      assert.ok(hits.some((hit) => hit.kind === "run" && hit.snippet.includes("\u00abparser\u00bb")));
      assert.equal(hits.filter((hit) => hit.kind === "task").length, 2);
      const newest = searchAnswer.parse(await list("search?q=parser&order=newest&limit=1&kind=task"));
      const older = searchAnswer.parse(
        await list(`search?q=parser&order=newest&kind=task&cursor=${newest.nextCursor}`),
      );
      assert.deepEqual([...newest.hits, ...older.hits].map((hit) => hit.id), [tasks[2]!.id, tasks[0]!.id]);
    });

    await t.step("what cannot be asked is refused by name", async () => {
      const { token } = await factory.call<{ token: string }>("POST", `${PROJECT}/tokens`, { name: "ci" });
      for (
        const [path, code] of [
          ["history/tasks?status=lost", "invalid_input"],
          ["history/tasks?limit=0", "invalid_input"],
          ["history/tasks?from=yesterday", "invalid_input"],
          ["history/runs?cursor=nonsense", "invalid_cursor"],
          ["search?q=%20", "invalid_input"],
          ["search", "invalid_input"],
        ] as const
      ) {
        const answer = await get(path, token);
        assert.deepEqual([answer.status, answer.code], [400, code], path);
      }
      const { nextCursor } = historyTasksAnswer.parse(await list("history/tasks?limit=1"));
      assert.equal((await get(`history/runs?cursor=${nextCursor}`, token)).code, "invalid_cursor");
      assert.equal((await get(`search?q=a&cursor=${nextCursor}`, token)).code, "invalid_cursor");
    });

    await t.step("only who may read the project reads its history, and never a job", async () => {
      assert.equal((await get("history/tasks")).status, 401);
      assert.ok(job.jobToken, "the job must bring a token of its own");
      for (const path of ["history/tasks", "history/runs", "history/audit", "search?q=parser"]) {
        const answer = await get(path, job.jobToken);
        assert.ok([401, 403].includes(answer.status), `${path}: ${answer.status}`);
      }
    });

    await t.step("a token that is locked to a line sees what is about that line", async () => {
      const mint = async (line: string) =>
        (await factory.call<{ token: string }>("POST", `${PROJECT}/tokens`, {
          name: `of-${line}`,
          scopes: ["tasks:read"],
          lineId: line,
        })).token;
      const station = { id: "a", name: "A", trigger: { type: "dispatch_worker" } };
      await factory.call("PUT", `${PROJECT}/assembly-lines/other`, { name: "Other", stations: [station] });
      const [own, other] = [await mint("tidy"), await mint("other")];
      assert.equal(historyTasksAnswer.parse((await get("history/tasks", own)).body).tasks.length, 3);
      assert.equal((await get("history/tasks?line=tidy", other)).code, "token_locked_to_line");
      assert.deepEqual(historyTasksAnswer.parse((await get("history/tasks", other)).body).tasks, []);
      assert.deepEqual(historyRunsAnswer.parse((await get("history/runs", other)).body).runs, []);
      assert.deepEqual(historyAuditAnswer.parse((await get("history/audit", other)).body).entries, []);
      assert.deepEqual(searchAnswer.parse((await get("search?q=parser", other)).body).hits, []);
    });

    await factory.close();
  },
});
