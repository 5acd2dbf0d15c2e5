/** The terminal on a task's page, in real Chromium: live with its colours, replayed from any moment, and without scripts. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { openBrowserWorld, signIn } from "./browser_world.ts";
import type { Factory } from "./factory.ts";
import { checkPage, openPage } from "./page_checks.ts";

async function openTask(browser: Browser, factory: Factory, taskId: string, javaScriptEnabled = true) {
  const opened = await openPage(browser, { javaScriptEnabled });
  if (javaScriptEnabled) await signIn(opened.page, factory);
  else {
    const { url } = await factory.call<{ url: string }>("POST", "/session/links", undefined, { status: 201 });
    await opened.page.goto(`${factory.url}/signin`);
    await opened.page.getByLabel("Code or admin token").fill(new URL(url).hash.slice(1));
    await opened.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }
  await opened.page.goto(`${factory.url}/p/acme/site/tasks/${taskId}`);
  return opened;
}

Deno.test({
  name: "the terminal of a task in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const { factory, browser, close: end } = await openBrowserWorld();
    const runner = await factory.runner("bench-1");
    const task = await factory.submit("Tidy the readme", "Wrap long lines.");
    const job = await runner.claim();
    const rows = (page: Page) => page.locator(".xterm-rows");

    await t.step("output streams in with its colours, under a policy without inline styles", async () => {
      const opened = await openTask(browser, factory, task.id);
      const { page } = opened;
      await page.getByText("live", { exact: true }).waitFor();
      await page.locator(".xterm-screen").waitFor();
      await runner.print(job, 0, "\u001b[32mformatting\u001b[0m readme.md\n");
      await rows(page).getByText("formatting readme.md").waitFor();
      await runner.print(
        job,
        1,
        "\u001b[38;2;255;120;40mwrapped\u001b[0m 14 lines <script>alert(1)</script>\n",
      );
      await rows(page).getByText("wrapped 14 lines <script>").waitFor();
      const colorOf = (text: string) =>
        rows(page).locator("span", { hasText: text }).first().evaluate(
          new Function("e", "return getComputedStyle(e).color") as never,
        );
      assert.notEqual(await colorOf("formatting"), await colorOf("readme.md"), "green");
      assert.equal(await colorOf("wrapped"), "rgb(255, 120, 40)");
      const policy = (await page.request.get(page.url())).headers()["content-security-policy"] ?? "";
      assert.match(policy, /style-src 'self';/);
      assert.doesNotMatch(policy, /unsafe/);
      await checkPage(opened, { hasTerminal: true, name: "terminal" });
      await opened.close();
    });

    await t.step("it replays from any moment, plays on from there, and goes live again", async () => {
      const opened = await openTask(browser, factory, task.id);
      const { page, complaints } = opened;
      await page.getByText("live", { exact: true }).waitFor();
      await rows(page).getByText("wrapped 14 lines").waitFor();
      await page.getByText("Replay from any moment").click();
      const slider = page.getByRole("slider", { name: "Moment" });
      await page.getByText(/^\d\d:\d\d:\d\d UTC, Format$/).waitFor();
      assert.equal(await slider.inputValue(), "1");
      await slider.focus();
      await page.keyboard.press("Home");
      await rows(page).getByText("wrapped 14 lines").waitFor({ state: "detached" });
      await rows(page).getByText("formatting readme.md").waitFor();
      await runner.print(job, 2, "while nobody looks\n");
      await page.getByLabel("Pace").selectOption("fast");
      await page.getByRole("button", { name: "Play" }).click();
      await rows(page).getByText("wrapped 14 lines").waitFor();
      assert.equal(
        await rows(page).getByText("while nobody looks").count(),
        0,
        "a replay is of what was there",
      );
      await page.getByText("Replay from any moment").click();
      await rows(page).getByText("while nobody looks").waitFor();
      await page.getByText("live", { exact: true }).waitFor();
      await page.getByRole("link", { name: "Output", exact: true }).click();
      await rows(page).getByText("while nobody looks").waitFor({ state: "detached" });
      await rows(page).getByText("formatting readme.md").waitFor();
      assert.deepEqual(complaints, []);
      await opened.close();
    });

    await t.step("the keyboard reaches the terminal, scrolls it, and leaves it", async () => {
      await runner.print(job, 3, Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join(""));
      const { page, close } = await openTask(browser, factory, task.id);
      await rows(page).getByText("line 199", { exact: true }).waitFor();
      await page.locator(".xterm-helper-textarea").focus();
      await page.keyboard.press("Home");
      await rows(page).getByText("formatting readme.md").waitFor();
      await page.keyboard.press("End");
      await rows(page).getByText("line 199", { exact: true }).waitFor();
      await page.keyboard.press("Tab");
      const isInside = await page.evaluate("document.activeElement.closest('#terminal') !== null");
      assert.equal(isInside, false, "Tab leaves the terminal");
      await close();
    });

    await t.step("without scripts the text is there, and the output of each run", async () => {
      const { page, close } = await openTask(browser, factory, task.id, false);
      await page.locator("#output").getByText("wrapped 14 lines").waitFor();
      assert.equal(await page.locator("#replay").isVisible(), false);
      await page.getByRole("link", { name: "Output", exact: true }).click();
      await page.getByText("while nobody looks").waitFor();
      await close();
    });

    await t.step("its files may be kept for ever, and a name with another hash is not there", async () => {
      const html = await (await openTask(browser, factory, task.id)).page.content();
      const names = [...html.matchAll(/\/assets\/((?:xterm|fit|style)-[0-9a-f]{12}\.\w+)/g)].map((m) =>
        m[1]!
      );
      assert.equal(new Set(names).size, 3);
      for (const name of new Set(names)) {
        const answer = await fetch(`${factory.url}/assets/${name}`);
        await answer.body?.cancel();
        assert.equal(answer.status, 200, name);
        assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
        const other = await fetch(`${factory.url}/assets/${name.replace(/-[0-9a-f]{12}/, "-000000000000")}`);
        await other.body?.cancel();
        assert.equal(other.status, 404);
      }
    });

    await t.step("a person cancels, tries again and moves, each with a reason on record", async () => {
      const { page, complaints, close } = await openTask(browser, factory, task.id);
      await page.locator("#cancel > summary").click();
      await page.locator("#cancel").getByLabel("Reason").fill("The card was wrong.");
      await page.getByRole("button", { name: "Cancel this task" }).click();
      await page.locator("#state").getByText("Failed").waitFor();
      assert.match((await factory.task(task.id)).rejectionReason ?? "", /The card was wrong/);
      await page.locator("#retry > summary").click();
      await page.getByRole("button", { name: "Try this task again" }).click();
      await page.locator("#state").getByText("Queued").waitFor();
      assert.equal((await factory.task(task.id)).attempt, 2);
      await page.locator("#move > summary").click();
      await page.locator("#move").getByLabel("Station").selectOption("check");
      await page.getByRole("button", { name: "Move this task" }).click();
      await page.getByText("Moved by a person").waitFor();
      assert.equal((await factory.task(task.id)).columnId, "check");
      const stale = await page.request.post(`${factory.url}/p/acme/site/tasks/${task.id}/retry`, {
        form: { stationId: "format" },
        headers: { origin: factory.url },
      });
      assert.match(await stale.text(), /the task is under way/);
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step("a task that waits for somebody who may dispatch is started from its page", async () => {
      const project = "/api/owners/acme/projects/site";
      const scopes = ["tasks:read", "tasks:write"];
      const { token } = await factory.call<{ token: string }>("POST", `${project}/tokens`, {
        name: "cards",
        scopes,
      });
      const path = `${project}/assembly-lines/tidy/tasks`;
      const waiting = await factory.call<{ id: string }>("POST", path, { title: "Waits" }, { token });
      const { page, complaints, close } = await openTask(browser, factory, waiting.id);
      await page.locator("#state").getByText("Waits to be started").waitFor();
      await page.locator("#retry > summary").getByText("Start").click();
      await page.getByRole("button", { name: "Start this task" }).click();
      await page.locator("#history").getByText("attempt 1").first().waitFor();
      assert.equal((await factory.task(waiting.id)).attempt, 1);
      assert.deepEqual(complaints, []);
      await close();
    });

    await end();
  },
});
