import assert from "node:assert/strict";
import type { HistoryRecord } from "../../worker/domain/event.ts";
import { createHistoryWriter } from "../../worker/store/history/write.ts";
import { row, task } from "../fake/history.ts";
import { openBrowserWorld, signIn } from "./browser_world.ts";
import { checkPage, openPage } from "./page_checks.ts";

const HOUR = 3_600_000;

/** A week of work of a project that no queue knows: 14 tasks, of which every fourth failed and every third was asked for. */
function weekOfWork(nowMs: number): HistoryRecord[] {
  return Array.from({ length: 14 }, (_, n): HistoryRecord[] => {
    const endedAtMs = nowMs - n * 12 * HOUR;
    const outcome = n % 4 === 3 ? "failure" : "success";
    const ids = { taskId: `t${n}`, jobId: `j${n}`, stationId: n % 2 === 0 ? "format" : "check & more" };
    return [
      task(ids.taskId, {
        createdAtMs: endedAtMs - HOUR,
        endedAtMs,
        status: outcome === "failure" ? "failed" : "completed",
      }),
      {
        kind: "job",
        ...ids,
        attempt: 1,
        status: "finished",
        outcome,
        reason: null,
        queuedAtMs: endedAtMs - HOUR,
        endedAtMs,
      },
      {
        kind: "run",
        ...ids,
        runId: `r${n}`,
        runnerId: "w1",
        runnerName: "attic",
        leaseEpoch: 1,
        status: "finished",
        outcome,
        exitCode: 0,
        summary: null,
        headCommit: null,
        // Every other harness says nothing of its use.
        ...(n % 2 === 0
          ? {
            inputTokens: 40_000 + n * 1_000,
            outputTokens: 3_000,
            cacheReadTokens: 400_000,
            cacheWriteTokens: 20_000,
            costUsd: 0.4 + n * 0.05,
          }
          : {}),
        claimedAtMs: endedAtMs - HOUR + 1_000 * (n + 1),
        startedAtMs: null,
        endedAtMs,
      },
      ...(n % 3 === 0
        ? [
          {
            kind: "gate",
            origin: "line_gate",
            askId: `a${n}`,
            taskId: ids.taskId,
            gateId: "review",
            gateName: "Review",
            state: "resolved",
            outcome: "approve",
            decidedBy: "link",
            reason: null,
            openedAtMs: endedAtMs - HOUR / 2,
            endedAtMs: endedAtMs - HOUR / 4,
          } as const,
        ]
        : []),
    ];
  }).flat();
}

Deno.test({
  name: "the metrics in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const { factory, browser, close: end } = await openBrowserWorld();
    const records = weekOfWork(Date.now() - 60_000);
    await createHistoryWriter({ url: factory.historyUrl }).apply(
      records.map((record, n) => row(n + 1, record, "acme/elsewhere")),
    );

    await t.step("who is not signed in sees no numbers", async () => {
      const { page, close } = await openPage(browser);
      await page.goto(`${factory.url}/metrics`);
      assert.equal(new URL(page.url()).pathname, "/signin");
      await close();
    });

    await t.step("a week of all projects is charts with their numbers beside them", async () => {
      const opened = await openPage(browser);
      const { page } = opened;
      await signIn(page, factory);
      await page.goto(`${factory.url}/metrics`);
      const tile = (name: string) =>
        page.locator(".tiles > div", { has: page.getByText(name, { exact: true }) }).locator(".figure")
          .textContent();
      assert.equal(await tile("Tasks ended"), "14");
      assert.equal(await tile("Completed"), "78.6 %");
      assert.equal(await tile("Autonomy"), "64.3 %");
      assert.equal(await tile("Wait for a runner"), "7 s");
      assert.equal(await tile("Wait for an answer"), "15 min");
      assert.equal(await tile("Agents' cost"), "$4.90");
      await page.getByText("$0.70 a day; 7 of 14 runs said; 3.28 M tokens").waitFor();
      await page.getByText("Numbers of Cost").click();
      const costs = page.locator("figure", { has: page.getByRole("img", { name: "Cost" }) }).locator(
        "tbody tr",
      );
      const rows = await costs.allTextContents();
      assert.ok(
        rows.some((text) => text.includes("$0.4")) && rows.some((text) => text.includes("none")),
        rows.join(),
      );
      await page.getByText("Numbers of Cost").click();
      assert.equal(await page.getByRole("img").count(), 7);
      await page.getByRole("img", { name: "Throughput" }).waitFor();
      await page.getByText("Numbers of Failures per station").click();
      const cells = page.locator("figure", { has: page.getByRole("img", { name: "Failures per station" }) })
        .locator("td");
      assert.deepEqual(await cells.allTextContents(), ["42.9 %", "0 %", "0 %", "0 %"]);
      await checkPage(opened, { name: "metrics" });
      await opened.close();
    });

    await t.step("the time is chosen by links, and a project has its own", async () => {
      const opened = await openPage(browser, { javaScriptEnabled: true });
      const { page } = opened;
      await signIn(page, factory);
      await page.goto(`${factory.url}/metrics`);
      await page.getByRole("link", { name: "24 hours" }).click();
      await page.getByText("3 of 3", { exact: false }).or(page.getByText("2 of 2", { exact: false })).first()
        .waitFor();
      assert.equal(await page.getByRole("link", { name: "24 hours" }).getAttribute("aria-current"), "page");
      await page.goto(`${factory.url}/p/acme/site/metrics`);
      await page.getByText("Nothing in this time.").first().waitFor();
      await checkPage(opened, { name: "metrics_empty" });
      const begun = await page.goto(`${factory.url}/p/acme/nowhere/metrics`);
      assert.equal(begun?.status(), 200, "as its board, its lines and its runners");
      await opened.close();
    });

    await end();
  },
});
