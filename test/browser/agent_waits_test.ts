/** An agent that waits for a person, in real Chromium: first on the board, in its own words, one click from its message box. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { agentTold } from "./agent_world.ts";
import { checkPage } from "./page_checks.ts";
import { startPeopleWorld } from "./people_world.ts";

Deno.test({
  name: "an agent that waits, in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    await using world = await startPeopleWorld("github:oli=operator, github:*=approver");
    const { factory, runner } = world;
    const browser = await chromium.launch({ executablePath });
    await factory.submit("Tidy the readme", "Wrap long lines.");
    const job = await runner.claim();
    const told = agentTold(runner, job);
    await told.status({ phase: "running", activity: "working", detail: "Bash" });
    const operator = await world.as(browser, "oli");
    const { page } = operator;
    const board = `${factory.url}/p/acme/site`;
    const waiting = page.getByRole("region", { name: /^Waiting for a person/ });

    await t.step("the board that is open shows it first, in its own words", async () => {
      await page.goto(board);
      await page.getByRole("region", { name: /^In progress/ }).getByText("Tidy the readme").waitFor();
      await told.status({ phase: "running", activity: "waiting_for_input", detail: "Which <b>port</b>?" });
      await waiting.getByText("Which <b>port</b>?").waitFor();
      const states = page.locator("#board h2").filter({ hasText: /^(?:Waiting|In progress|Queued)/ });
      assert.match(await states.first().innerText(), /^Waiting for a person\s1$/);
      assert.equal(await page.getByRole("region", { name: /^In progress/ }).count(), 0);
      await checkPage(operator, { name: "board_agent_waits" });
    });

    await t.step("the link leads to the message box, and what is said there reaches the agent", async () => {
      await waiting.getByRole("link", { name: "Answer the agent" }).click();
      await page.getByLabel("Message to the agent").fill("8080");
      await page.getByRole("button", { name: "Send the message" }).click();
      await page.locator("#agent-commands li").first().getByText("Queued", { exact: true }).waitFor();
      const commands = await told.commands();
      assert.deepEqual(commands.map((one) => one.kind === "message" ? one.text : one.kind), ["8080"]);
    });

    await t.step("the question is on the worklist, and its page leads there, too", async () => {
      const approver = await world.as(browser, "ada");
      await approver.page.goto(`${board}/worklist`);
      await approver.page.getByRole("link", { name: "An agent waits: Tidy the readme" }).click();
      await approver.page.getByText("Which <b>port</b>?").waitFor();
      await checkPage(approver, { name: "ask_agent_waits" });
      await approver.page.getByRole("link", { name: "Answer the agent" }).click();
      await approver.page.locator("#agent-say").waitFor({ state: "attached" });
      assert.match(approver.page.url(), new RegExp(`/runs/${job.runId}#agent-say$`));
      assert.deepEqual(approver.complaints, []);
    });

    await t.step("once it goes on it is at work again, and nobody is asked", async () => {
      await told.status({ phase: "running", activity: "thinking", detail: null });
      await page.goto(board);
      await page.getByRole("region", { name: /^In progress/ }).getByText("Tidy the readme").waitFor();
      assert.equal(await waiting.count(), 0);
    });

    assert.deepEqual(operator.complaints, []);
    await browser.close();
  },
});
