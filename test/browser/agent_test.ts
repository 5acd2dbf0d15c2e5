/** The agent of a run in real Chromium: how it is, live; talking to it; typing in its terminal; what it did. */
import assert from "node:assert/strict";
import { chromium, type Page } from "playwright-core";
import type { CommandData } from "../../protocol/agent/commands.ts";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { until } from "../worker/until.ts";
import { agentTold } from "./agent_world.ts";
import { checkPage } from "./page_checks.ts";
import { startPeopleWorld } from "./people_world.ts";

const API = "/api/owners/acme/projects/site";

Deno.test({
  name: "an agent in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    await using world = await startPeopleWorld("github:vera=viewer, github:oli=operator, github:*=approver");
    const { factory, runner } = world;
    const browser = await chromium.launch({ executablePath });
    await factory.submit("Tidy the readme", "Wrap long lines.");
    const job = await runner.claim();
    const told = agentTold(runner, job);
    const taskUrl = `${factory.url}/p/acme/site/tasks/${job.agentDefinition.taskId}`;
    const runUrl = `${factory.url}/p/acme/site/runs/${job.runId}`;
    const operator = await world.as(browser, "oli");
    const { page } = operator;
    const pill = (text: string) => page.locator("#agent-state").getByText(text, { exact: true });
    const commandsOf = async (from: PolledJob) =>
      (await factory.call<{ messages: CommandData[] }>("GET", `${API}/runs/${from.runId}/messages`)).messages;

    await t.step(
      "the first sign of an agent brings its part of the page, and what it does is live",
      async () => {
        await page.goto(taskUrl);
        await page.getByText("live", { exact: true }).waitFor();
        assert.equal(await page.locator("#agent-state").count(), 0);
        await told.status({ phase: "running", activity: "thinking", detail: null });
        await pill("Thinking").waitFor();
        await told.status({ phase: "running", activity: "working", detail: "Bash" });
        await pill("Working").waitFor();
        await page.locator("#agent-state").getByText("Bash").waitFor();
        await told.status({ phase: "running", activity: "working", detail: "Bash", isStalled: true });
        await pill("Stalled").waitFor();
        await told.status({ phase: "running", activity: "waiting_for_input", detail: "Which port?" });
        await pill("Waits for input").waitFor();
      },
    );

    await t.step("a message shows each state that is recorded, while another is being written", async () => {
      await page.getByLabel("Message to the agent").fill("Use port\n8080, please");
      await page.getByLabel("End its turn first").check();
      await page.getByRole("button", { name: "Send the message" }).click();
      const row = page.locator("#agent-commands li").first();
      await row.getByText("Queued", { exact: true }).waitFor();
      const [sent] = await commandsOf(job);
      assert.deepEqual([sent!.text, sent!.interrupt, sent!.by], [
        "Use port\n8080, please",
        true,
        "github:oli",
      ]);
      await page.getByLabel("Message to the agent").fill("And then");
      await told.message(sent!.id, "pasted");
      await row.getByText("Pasted", { exact: true }).waitFor();
      await told.settle(sent!.id, { outcome: "confirmed" });
      await told.message(sent!.id, "confirmed");
      await row.getByText("Confirmed", { exact: true }).waitFor();
      assert.equal(await page.getByLabel("Message to the agent").inputValue(), "And then");
    });

    await t.step("interrupt, suspend and resume are buttons, and why one was refused is said", async () => {
      await page.goto(taskUrl);
      await page.getByRole("button", { name: "Interrupt" }).click();
      const row = page.locator("#agent-commands li").first();
      await row.getByText("Interrupt", { exact: true }).waitFor();
      await told.settle((await commandsOf(job)).at(-1)!.id, { outcome: "failed", detail: "no terminal" });
      await page.reload();
      await row.getByText("no terminal").waitFor();
      await page.getByRole("button", { name: "Suspend" }).click();
      await told.status({ phase: "suspended", activity: "idle", detail: null });
      await page.getByRole("button", { name: "Resume" }).click();
      await row.getByText("Resume", { exact: true }).waitFor();
      assert.deepEqual((await commandsOf(job)).map(({ kind }) => kind), [
        "message",
        "interrupt",
        "suspend",
        "resume",
      ]);
      for (const { id, state } of await commandsOf(job)) {
        if (state !== "done") await told.settle(id, { outcome: "done" });
      }
      await told.status({ phase: "running", activity: "idle", detail: null });
    });

    await t.step(
      "an operator types in the terminal; keys arrive in order, and only that is on record",
      async () => {
        await page.goto(taskUrl);
        const button = page.getByRole("button", { name: "Type in this terminal" });
        await button.waitFor();
        const { cols, rows } = await screenOf(page);
        assert.deepEqual([cols, rows], [200, 50]);
        await runner.print(job, 0, "\u001b[c> ");
        await page.locator(".xterm-rows").getByText(">").waitFor();
        await button.click();
        await page.getByText("You type in the agent's terminal").waitFor();
        await page.keyboard.type("ls -l; é");
        await page.keyboard.press("Enter");
        await page.keyboard.press("ArrowUp");
        await page.keyboard.press("Control+c");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Shift+Tab");
        const wanted = [
          ...["l", "s", "Space", "-", "l", ";", "Space", "é", "Enter", "Up", "C-c", "Tab", "BTab"],
        ];
        const keys = await until("all keys must arrive", async () => {
          const pressed = (await told.commands()).flatMap((one) => one.kind === "keys" ? one.keys : []);
          return pressed.length >= wanted.length ? pressed : null;
        });
        assert.deepEqual(keys, wanted, "and nothing that the terminal answers by itself");
        await page.keyboard.press("Control+]");
        await page.getByRole("button", { name: "Type in this terminal", pressed: false }).waitFor();
        assert.equal(await page.evaluate("document.activeElement.id"), "typing-button");
        await page.locator("#history").getByText("A person types in the terminal").first().waitFor();
        await page.locator("#history").getByText("by oli").first().waitFor();
        for (const { commandId } of await told.commands()) await told.settle(commandId, { outcome: "done" });
        assert.equal((await page.content()).includes("C-c"), false);
      },
    );

    await t.step("a click elsewhere ends it, and a refusal says so", async () => {
      const button = page.getByRole("button", { name: "Type in this terminal" });
      await button.click();
      await page.getByText("You type in the agent's terminal").waitFor();
      await page.getByRole("heading", { level: 1 }).click();
      await page.getByText("That you type goes on record").waitFor();
      await page.route(
        "**/keys",
        (route) => route.fulfill({ status: 409, json: { error: { code: "run_not_active", message: "" } } }),
      );
      await button.click();
      await page.keyboard.type("x");
      await page.getByText("The run has ended.").waitFor();
      await page.unroute("**/keys");
      operator.complaints.splice(0);
    });

    await t.step("ten minutes without a key end it", async () => {
      const idle = await operator.page.context().newPage();
      await idle.goto(taskUrl);
      const button = idle.getByRole("button", { name: "Type in this terminal" });
      await button.waitFor();
      await idle.clock.install();
      await button.click();
      await idle.clock.runFor(9 * 60_000);
      await idle.getByText("You type in the agent's terminal").waitFor();
      await idle.clock.runFor(61_000);
      await idle.getByText("Ten minutes without a key: typing has ended.").waitFor();
      await idle.close();
    });

    await t.step("a request for each batch of keys is quick enough to type by", async () => {
      const took: number[] = [];
      for (let n = 0; n < 20; n++) {
        const begun = performance.now();
        const answer = await page.request.post(`${factory.url}${API}/runs/${job.runId}/keys`, {
          data: { keys: ["a"] },
          headers: { origin: factory.url },
        });
        took.push(performance.now() - begun);
        assert.equal(answer.status(), 201);
        await told.settle((await answer.json()).id, { outcome: "done" });
      }
      const p50 = took.sort((a, b) => a - b)[10]!;
      console.log(`a key's way to the queue: p50 ${p50.toFixed(1)} ms`);
      assert.ok(p50 < 1_000, `${p50} ms`);
    });

    await t.step("activity is folded, paged and narrowed, and stays text", async () => {
      const input = { command: "cat <b>x</b>" };
      await told.say("tool_call", { tool: "Bash", callId: "c1", input: JSON.stringify(input) });
      await told.say("tool_result", {
        tool: "Bash",
        callId: "c1",
        isError: true,
        output: "<script>alert(1)</script>",
      });
      await told.say("commit", { sha: "0123456789abcdef", message: "wrap lines" });
      await told.say("text", { text: "Done & dusted" });
      await page.goto(taskUrl);
      await page.locator("#activity > summary").click();
      await page.locator("#activity").getByText("wrap lines").waitFor();
      await page.getByRole("link", { name: "All of it", exact: true }).click();
      await page.getByText("Done & dusted").waitFor();
      const call = page.locator("details", { hasText: "Bash" }).first();
      await call.getByText("failed").waitFor();
      await call.locator("summary").click();
      await call.getByText("<script>alert(1)</script>").waitFor();
      await call.getByText("cat <b>x</b>").waitFor();
      await checkPage(operator, { name: "activity" });
      await page.getByLabel("What").selectOption("commit");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByText("wrap lines").waitFor();
      assert.equal(await page.getByText("Done & dusted").count(), 0);
      for (let n = 0; n < 3; n++) {
        await told.sayAll(
          Array.from({ length: 30 }, (_, i) => ["text", { text: `word ${n * 30 + i}.` }] as const),
        );
      }
      await page.goto(`${taskUrl}/activity`);
      await page.getByText("word 89.").waitFor();
      await page.getByRole("link", { name: "Older ones" }).click();
      await page.getByRole("link", { name: "Older ones" }).click();
      await page.getByText("wrap lines").waitFor();
    });

    await t.step("the pages of task and run hold what every page holds", async () => {
      await told.status({ phase: "running", activity: "working", detail: "Bash" });
      await page.goto(taskUrl);
      await page.locator(".xterm-screen").waitFor();
      await checkPage(operator, { name: "agent_task", hasTerminal: true });
      await page.goto(runUrl);
      await pill("Working").waitFor();
      await checkPage(operator, { name: "agent_run" });
    });

    await t.step("without scripts a message is sent by its form", async () => {
      const plain = await browser.newContext({
        javaScriptEnabled: false,
        storageState: await operator.page.context().storageState(),
      });
      const open = await plain.newPage();
      await open.goto(taskUrl);
      assert.equal(await open.locator("#typing").isVisible(), false);
      await open.getByLabel("Message to the agent").fill("no script");
      await open.getByRole("button", { name: "Send the message" }).click();
      await open.locator("#agent-commands").getByText("no script").waitFor();
      await open.goto(runUrl);
      await open.getByLabel("Message to the agent").fill("from the run");
      await open.getByRole("button", { name: "Send the message" }).click();
      assert.equal(new URL(open.url()).pathname, new URL(runUrl).pathname);
      await open.locator("#agent-commands").getByText("from the run").waitFor();
      await plain.close();
    });

    await t.step("a viewer sees all of it and can do none of it", async () => {
      const viewer = await world.as(browser, "vera");
      await viewer.page.goto(taskUrl);
      await viewer.page.locator("#agent-state").getByText("Working", { exact: true }).waitFor();
      await viewer.page.locator(".xterm-screen").waitFor();
      for (const name of ["Send the message", "Interrupt", "Suspend", "Type in this terminal"]) {
        assert.equal(await viewer.page.getByRole("button", { name }).count(), 0, name);
      }
      const keys = await viewer.page.request.post(`${factory.url}${API}/runs/${job.runId}/keys`, {
        data: { keys: ["a"] },
        headers: { origin: factory.url },
      });
      assert.equal(keys.status(), 403);
      await viewer.close();
    });

    await t.step("with the end of the run nothing can be said any more", async () => {
      await page.goto(taskUrl);
      await runner.finish(job, { summary: "Done." });
      await page.getByText("Format").first().waitFor();
      await page.goto(runUrl);
      await page.locator("#agent-state").getByText("Has ended").waitFor();
      assert.equal(await page.getByRole("button", { name: "Send the message" }).count(), 0);
    });

    await operator.close();
    await browser.close();
  },
});

async function screenOf(page: Page): Promise<{ readonly cols: number; readonly rows: number }> {
  await page.locator(".xterm-rows > div").first().waitFor();
  const rows = await page.locator(".xterm-rows > div").count();
  return { rows, cols: Number(await page.locator("#terminal").getAttribute("data-cols")) };
}
