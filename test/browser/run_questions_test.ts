/** A run that asks, in real Chromium: on the board, on its task's and its run's page, answered on the page of its ask. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { until } from "../worker/until.ts";
import { agentTold } from "./agent_world.ts";
import { checkPage } from "./page_checks.ts";
import { startPeopleWorld } from "./people_world.ts";

const PROJECT = "/api/owners/acme/projects/site";

Deno.test({
  name: "a run that asks people, in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    await using world = await startPeopleWorld("github:*=approver");
    const { factory, runner } = world;
    const browser = await chromium.launch({ executablePath });
    const task = await factory.submit("Tidy the readme", "Wrap long lines.");
    const job = await runner.claim();
    const told = agentTold(runner, job);
    const ask = async (id: string, change: object) =>
      (await runner.call("POST", `/runs/${job.runId}/questions`, {
        ...{ id, kind: "modify", stepId: "words", message: "Better <b>words</b>?", detail: "The old words." },
        ...change,
      }) as { askId: string }).askId;
    const heard = (id: string) =>
      factory.call<{ status: string; text: string | null; reason: string | null }>(
        "GET",
        `${PROJECT}/runs/${job.runId}/questions/${id}`,
      );
    const approver = await world.as(browser, "ada");
    const { page } = approver;
    const board = `${factory.url}/p/acme/site`;

    await t.step("the board shows its task among those that wait, and leads to the ask", async () => {
      await told.say("pipeline_step", {
        ...{ stepId: "draft", path: "main/draft", state: "completed", index: 0, total: 3 },
        ...{ costUsd: 0.42, inputTokens: 12_300, outputTokens: 45, fault: null },
      });
      const askId = await ask("q1", {});
      await page.goto(board);
      const waiting = page.getByRole("region", { name: /^Waiting for a person/ });
      await waiting.getByText("Better <b>words</b>?").first().waitFor();
      await checkPage(approver, { name: "board_run_asks" });
      await waiting.getByRole("link", { name: "Answer the run" }).click();
      await page.locator("#run-questions").getByText("words", { exact: true }).waitFor();
      await checkPage(approver, { name: "run_asks" });
      await page.locator("#run-questions").getByRole("link", { name: "Answer it" }).click();
      await page.getByText("The old words.").waitFor();
      assert.match(page.url(), new RegExp(`/asks/${askId}$`));
      await checkPage(approver, { name: "ask_run" });
    });

    await t.step("what is written there is what the run hears", async () => {
      await page.getByLabel(/^The text that goes on/).fill("New words.");
      await page.getByRole("button", { name: "Approve" }).click();
      await until("the run must hear of it", async () => (await heard("q1")).status === "answered" || null);
      assert.equal((await heard("q1")).text, "New words.");
    });

    await t.step(
      "its task's pages show the steps of its pipeline and what it asks; a rejection says why",
      async () => {
        await ask("q2", {
          kind: "permission",
          stepId: "deploy",
          message: "Use Bash?",
          detail: "rm -rf build",
        });
        await page.goto(`${board}/tasks/${task.id}/activity`);
        await page.getByText("main/draft (1 of 3)").waitFor();
        await page.getByText("$0.42").first().waitFor();
        await checkPage(approver, { name: "activity_steps" });
        await page.goto(`${board}/tasks/${task.id}`);
        await page.locator("#run-questions").getByRole("link", { name: "Answer it" }).click();
        await page.getByText("rm -rf build").waitFor();
        await page.getByLabel(/^Reason/).fill("not that folder");
        await page.getByRole("button", { name: "Reject" }).click();
        await until("the run must hear of it", async () => (await heard("q2")).status === "rejected" || null);
        assert.deepEqual([(await heard("q2")).text, (await heard("q2")).reason], [null, "not that folder"]);
        assert.deepEqual(approver.complaints, []);
      },
    );
    await browser.close();
  },
});
