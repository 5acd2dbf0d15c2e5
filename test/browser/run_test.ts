import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { startFactory } from "./factory.ts";
import { checkPage, openPage } from "./page_checks.ts";

const API = "/api/owners/acme/projects/site";
const SANDBOX = {
  driver: "podman",
  containerId: "f00d".repeat(16),
  image: "localhost/shopfloor-agent-command:1",
  cpus: 2,
  memoryBytes: 4_000_000_000,
  pids: 512,
};
const point = (n: number) => ({
  atMs: 1_000 + n * 10_000,
  cpuMs: n * 5_000,
  memoryBytes: 100_000_000 + (n % 7) * 30_000_000,
  readBytes: n * 2_000_000,
  writeBytes: n * 500_000,
  pids: 3 + n % 4,
});

Deno.test({
  name: "a run in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    const factory = await startFactory();
    const browser = await chromium.launch({ executablePath });
    await factory.putLine();
    const runner = await factory.runner("bench-1");
    const other = await factory.runner("bench-2");
    await factory.submit("Tidy the readme", "Wrap long lines.");
    const job = await runner.claim();
    const url = `${factory.url}/p/acme/site/runs/${job.runId}`;
    const opened = await openPage(browser);
    const { page } = opened;
    const link = await factory.call<{ url: string }>("POST", "/session/links", undefined, { status: 201 });

    await t.step("who is not signed in sees no run", async () => {
      await page.goto(url);
      assert.equal(new URL(page.url()).pathname, "/signin");
      await page.goto(link.url);
      await page.waitForURL(`${factory.url}/`);
    });

    await t.step("a run under way says what is known of it", async () => {
      await page.goto(url);
      await page.getByRole("heading", { name: /run by bench-1/ }).waitFor();
      await page.getByText("Nothing is known yet").waitFor();
      await page.getByText("Its runner has not said what it ran in.").waitFor();
      await checkPage(opened, { name: "run_begun" });
    });

    await t.step("only the runner that holds the run may tell of it, in the protocol's words", async () => {
      await other.tellUsage(job, { sandbox: SANDBOX, points: [point(0)] }, 403);
      await runner.tellUsage(job, { sandbox: SANDBOX, points: [{ ...point(0), cpuMs: -1 }] }, 400);
      const path = `${API}/runs/${job.runId}/jobs/${job.id}/usage`;
      await factory.call("POST", path, { sandbox: SANDBOX, points: [] }, { status: 403 });
      assert.deepEqual(await factory.call("GET", `${API}/runs/${job.runId}/usage`), {
        sandbox: null,
        points: [],
      });
    });

    await t.step("what it used is plots, thinned, and where it ran is beside them", async () => {
      for (let from = 0; from < 200; from += 50) {
        const points = Array.from({ length: 50 }, (_, i) => point(from + i));
        await runner.tellUsage(job, { sandbox: SANDBOX, points });
        await runner.tellUsage(job, { sandbox: SANDBOX, points });
      }
      await runner.finish(job, {
        summary: "Wrapped 14 lines.",
        usage: {
          inputTokens: 12_345,
          outputTokens: 980,
          cacheReadTokens: 200_000,
          cacheWriteTokens: 0,
          costUsd: 0.4211,
        },
      });
      const kept = await factory.call<{ points: readonly unknown[] }>(
        "GET",
        `${API}/runs/${job.runId}/usage`,
      );
      assert.ok(kept.points.length > 60 && kept.points.length <= 120, String(kept.points.length));
      await page.goto(url);
      assert.equal(await page.getByRole("img").count(), 4);
      await page.getByText("Wrapped 14 lines.").first().waitFor();
      await page.getByText("localhost/shopfloor-agent-command:1").waitFor();
      await page.getByText("2 cores, 4 GB, 512 processes").waitFor();
      await page.getByText("of processor time").waitFor();
      const used = "$0.4211, 12.3 k tokens in, 980 out, 200 k from the cache";
      await page.getByText(used, { exact: true }).waitFor();
      await page.getByText("Numbers of Processor").click();
      await page.locator("figure", { has: page.getByRole("img", { name: "Processor" }) }).getByText("0.5")
        .first()
        .waitFor();
      await checkPage(opened, { name: "run" });
      await page.goto(`${factory.url}/p/acme/site/tasks/${job.agentDefinition.taskId}`);
      await page.getByText(`Its agents so far: ${used}.`).waitFor();
      assert.equal(await page.locator(`[title="${used}"]`).textContent(), "$0.4211");
      await checkPage(opened, { name: "task_with_cost", hasTerminal: true });
      assert.equal((await page.goto(`${factory.url}/p/acme/site/runs/nothing`))?.status(), 404);
    });

    await opened.close();
    await browser.close();
    await factory.close();
  },
});
