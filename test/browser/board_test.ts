import assert from "node:assert/strict";
import { assertNoSidewaysScroll, openBrowserWorld, signIn } from "./browser_world.ts";
import { ADMIN_TOKEN, type FakeRunner } from "./factory.ts";
import { openPage, PHONE, shoot } from "./page_checks.ts";

interface Refusal {
  readonly code: string;
  readonly state?: string;
}

/** Works a task up to its gate. */
async function workToGate(runner: FakeRunner): Promise<void> {
  const format = await runner.claim();
  const work = await runner.push(format, {
    "readme.md": "# Site\n\nTidy now.\n",
    "src/a.ts": "const a = 1;\n",
  });
  await runner.finish(format, { ...work, summary: "Formatted 2 files." });
  const check = await runner.claim();
  await runner.push(
    check,
    { "reports/check.md": "# Check\n\n12 tests passed.\n<script>alert(1)</script>\n" },
    true,
  );
  await runner.finish(check, { summary: "12 tests passed." });
}

Deno.test({
  name: "the board in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const { factory, browser, close: end } = await openBrowserWorld();
    const runner = await factory.runner("bench-1");

    await t.step("who is not signed in sees no task, and a wrong code lets nobody in", async () => {
      const { page, close } = await openPage(browser);
      await page.goto(`${factory.url}/`);
      assert.equal(new URL(page.url()).pathname, "/signin");
      await page.getByLabel("Code or admin token").fill("nonsense");
      await shoot(page, "signin");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
      await page.getByLabel("Code or admin token").fill(ADMIN_TOKEN);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { name: "Board" }).waitFor();
      await close();
    });

    await t.step("a task moves across the board and its output streams in, without a reload", async () => {
      const { page, complaints, close } = await openPage(browser, { viewport: { width: 1200, height: 900 } });
      await signIn(page, factory);
      await page.evaluate("globalThis.stayed = true");
      const task = await factory.submit("Tidy the readme", "Wrap long lines & fix <b>headings</b>.");
      const section = (name: string) => page.locator("section", { has: page.getByRole("heading", { name }) });
      await section("Queued").getByRole("link", { name: "Tidy the readme" }).waitFor();
      const job = await runner.claim();
      await section("In progress").getByRole("link", { name: "Tidy the readme" }).waitFor();
      await shoot(page, "board");
      await page.getByRole("link", { name: "Tidy the readme" }).click();
      await page.getByText("Wrap long lines & fix <b>headings</b>.").waitFor();
      await page.getByText("live", { exact: true }).waitFor();
      await page.evaluate("globalThis.stayed = true");
      const output = page.locator(".xterm-rows");
      await runner.print(job, 0, "\u001b[32mformatting\u001b[0m readme.md\n");
      await output.getByText("formatting readme.md").waitFor();
      await runner.print(job, 1, "wrapped 14 lines <script>alert(1)</script>\n");
      await runner.print(job, 1, "wrapped 14 lines <script>alert(1)</script>\n");
      await output.getByText("wrapped 14 lines <script>").waitFor();
      assert.equal((await output.textContent())!.split("wrapped").length, 2, "a repeated chunk shows once");
      const work = await runner.push(job, { "readme.md": "# Site\n\nTidy now.\n" });
      await runner.finish(job, { ...work, summary: "Wrapped 14 lines." });
      await page.getByText("Wrapped 14 lines.").waitFor();
      await page.getByText("+Tidy now.").waitFor();
      assert.equal(await page.evaluate("globalThis.stayed"), true, "the page was never loaded again");
      await page.getByText("Every entry").click();
      await page.getByText("job queued").first().waitFor();
      await shoot(page, "task");
      const check = await runner.claim();
      await runner.finish(check, { jobResult: "failed", exitCode: 2, summary: "2 tests failed." });
      await page.locator("#history").getByText("exit code 2").waitFor();
      assert.equal((await factory.task(task.id)).status, "failed");
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step("a signed-in person rejects with a reason, and needs one", async () => {
      const task = await factory.submit("Tidy again", "Once more.");
      await workToGate(runner);
      const { page, complaints, close } = await openPage(browser, { viewport: PHONE, colorScheme: "dark" });
      await signIn(page, factory);
      await page.getByText("Gate: Review").waitFor();
      await shoot(page, "board_phone_dark");
      await page.getByRole("link", { name: "Tidy again" }).click();
      await page.getByRole("button", { name: "Reject" }).click();
      await page.getByText("to reject, say why").waitFor();
      assert.equal((await factory.task(task.id)).status, "awaiting_review");
      await assertNoSidewaysScroll(page);
      await shoot(page, "task_phone_dark");
      await page.locator("#waiting").getByLabel("Reason").fill("The headings are still wrong.");
      await page.getByRole("button", { name: "Reject" }).click();
      await page.locator("#state").getByText("The headings are still wrong.").first().waitFor();
      const after = await factory.task(task.id);
      assert.equal(after.status, "failed");
      assert.match(after.rejectionReason ?? "", /The headings are still wrong\./);
      await shoot(page, "task_rejected");
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step("another site cannot use a signed-in browser", async () => {
      const { page, close } = await openPage(browser);
      await signIn(page, factory);
      const [cookie] = await page.context().cookies();
      assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
      const headers = { cookie: `${cookie!.name}=${cookie!.value}`, origin: "https://elsewhere.example" };
      const path = "/api/owners/acme/projects/site/assembly-lines/tidy/tasks";
      const forged = await fetch(factory.url + path, {
        method: "POST",
        headers,
        body: JSON.stringify({ title: "x" }),
      });
      assert.equal(forged.status, 403);
      const { error } = await forged.json() as { error: Refusal };
      assert.equal(error.code, "cross_site_request");
      await close();
    });

    await end();
  },
});
