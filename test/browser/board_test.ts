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
      const output = page.locator("#output");
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
      await page.getByText("Timeline").click();
      await page.getByText("job queued").first().waitFor();
      await shoot(page, "task");
      const check = await runner.claim();
      await runner.finish(check, { jobResult: "failed", exitCode: 2, summary: "2 tests failed." });
      await page.locator("#state").getByText("exit code 2").waitFor();
      assert.equal((await factory.task(task.id)).status, "failed");
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step(
      "a gate's link on a phone: looking approves nothing, approving moves the task on",
      async () => {
        const task = await factory.submit("Tidy the site", "Please.");
        await workToGate(runner);
        const link = await factory.gateLink(task.id);
        const { page, complaints, close } = await openPage(browser, {
          viewport: PHONE,
          isMobile: true,
          hasTouch: true,
        });
        for (let i = 0; i < 2; i++) {
          await page.goto("about:blank");
          await page.goto(link);
          await page.getByRole("button", { name: "Approve" }).waitFor();
        }
        assert.equal((await factory.task(task.id)).status, "awaiting_review");
        assert.ok(!page.url().includes("oag1"), "the token is not in the address any more");
        await page.getByText("12 tests passed.").waitFor();
        await page.getByText("+const a = 1;").waitFor();
        await assertNoSidewaysScroll(page);
        await shoot(page, "gate_phone");
        await shoot(page, "gate_phone_fold", false);
        await page.getByRole("button", { name: "Approve" }).click();
        await page.getByRole("status").getByText("Approved").waitFor();
        await shoot(page, "gate_phone_done");
        const deliver = await runner.claim();
        assert.equal(deliver.agentDefinition.taskId, task.id);
        await runner.finish(deliver, {});
        assert.equal((await factory.task(task.id)).status, "completed");
        assert.deepEqual(complaints, []);
        await close();
      },
    );

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
      await page.getByLabel("Reason").fill("The headings are still wrong.");
      await page.getByRole("button", { name: "Reject" }).click();
      await page.locator("#state").getByText("The headings are still wrong.").first().waitFor();
      const after = await factory.task(task.id);
      assert.equal(after.status, "failed");
      assert.match(after.rejectionReason ?? "", /The headings are still wrong\./);
      await shoot(page, "task_rejected");
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step(
      "without scripts a pasted token works, an old link says so, another answer comes too late",
      async () => {
        const task = await factory.submit("Tidy plainly", "No scripts.");
        await workToGate(runner);
        const old = await factory.gateLink(task.id);
        const token = new URL(await factory.gateLink(task.id)).hash.slice(1);
        const { page, close } = await openPage(browser, { javaScriptEnabled: false });
        await page.goto(`${factory.url}/g`);
        const paste = async (text: string) => {
          await page.getByLabel("Token").fill(text);
          await page.getByRole("button", { name: "Show the question" }).click();
        };
        await paste(new URL(old).hash.slice(1));
        await page.getByText("A newer link replaced this one").waitFor();
        await shoot(page, "gate_entry");
        await paste(token);
        await page.getByLabel("Reason").fill("Not now.");
        await page.getByRole("button", { name: "Reject" }).click();
        await page.getByText("Rejected").waitFor();
        assert.equal((await factory.task(task.id)).rejectionReason?.includes("Not now."), true);
        await page.goto(`${factory.url}/g`);
        const redeem = (decision: string) =>
          fetch(`${factory.url}/v1/gate/redeem`, {
            method: "POST",
            headers: { authorization: `Bearer ${token}` },
            body: JSON.stringify({ decision, reason: "Not now." }),
          });
        const again = await redeem("reject");
        assert.equal(again.status, 200);
        await again.body?.cancel();
        const other = await redeem("approve");
        assert.equal(other.status, 409);
        const { error } = await other.json() as { error: Refusal & { outcome: { action: string } } };
        assert.deepEqual([error.code, error.state, error.outcome.action], [
          "gate_already_resolved",
          "resolved",
          "reject",
        ]);
        await close();
      },
    );

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
