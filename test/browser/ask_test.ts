/** The page of an ask for who is signed in, in real Chromium: two at once, by keyboard, in turns, by the form of a schema. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { checkPage } from "./page_checks.ts";
import { startPeopleWorld } from "./people_world.ts";

const ASK = "/p/acme/site/asks/";
const SCHEMA = {
  type: "object",
  required: ["target", "copies"],
  properties: {
    target: { enum: ["staging", "production"], title: "Where to" },
    copies: { type: "integer", minimum: 1, maximum: 9, title: "Copies" },
    urgent: { type: "boolean", title: "Urgent" },
    note: { type: "string", maxLength: 80, title: "Note" },
  },
};

Deno.test({
  name: "people who are signed in answer",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    await using world = await startPeopleWorld();
    const { factory } = world;
    const browser = await chromium.launch({ executablePath });
    const statusOf = async (taskId: string) => (await factory.task(taskId)).status;

    await t.step("two people decide at once: one wins, the other sees who and what", async () => {
      await world.ask({ auth: "token+identity", candidates: { users: ["user:ada", "user:bob"] } });
      const taskId = await world.taskAtGate("Tidy together");
      const [ada, bob] = [await world.as(browser, "ada"), await world.as(browser, "bob")];
      for (const { page } of [ada, bob]) {
        await page.goto(`${factory.url}/worklist`);
        await page.getByRole("link", { name: "Tidy together" }).click();
        await page.getByRole("button", { name: "Approve" }).waitFor();
      }
      await bob.page.getByLabel("Reason").fill("Needs another look.");
      await Promise.all([
        ada.page.getByRole("button", { name: "Approve" }).click(),
        bob.page.getByRole("button", { name: "Reject" }).click(),
      ]);
      await Promise.all(
        [ada, bob].map(({ page }) => page.getByRole("status").getByText(/Approved|Rejected/).waitFor()),
      );
      const isApproved = await ada.page.getByRole("status").getByText("Approved").count() > 0;
      const [winner, loser] = isApproved ? [ada, bob] : [bob, ada];
      const late = await loser.page.getByRole("alert").textContent();
      assert.match(late ?? "", /too late/);
      assert.match(late ?? "", isApproved ? /ada approved it/ : /bob rejected it: Needs another look\./);
      assert.equal(await winner.page.getByRole("alert").count(), 0);
      assert.equal(await statusOf(taskId), isApproved ? "queued" : "failed");
      if (isApproved) await world.runner.finish(await world.runner.claim(), {});
      await ada.close();
      await bob.close();
    });

    await t.step("by keyboard alone: from the worklist to an answer", async () => {
      await world.taskAtGate("Tidy by keyboard");
      const opened = await world.as(browser, "ada");
      const { page } = opened;
      await page.goto(`${factory.url}/p/acme/site/worklist`);
      await page.getByRole("link", { name: "Tidy by keyboard" }).waitFor();
      const tabTo = async (name: string) => {
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press("Tab");
          const label = await page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()",
          );
          if (String(label).replace("Review: ", "").startsWith(name)) return;
        }
        assert.fail(`Tab never came to ${name}`);
      };
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the content");
      await tabTo("Tidy by keyboard");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Approve" }).waitFor();
      await tabTo("I have it");
      await page.keyboard.press("Enter");
      await tabTo("What is asked");
      await page.keyboard.type("Whether the readme may go out.");
      await tabTo("Acknowledge");
      await page.keyboard.press("Enter");
      await page.getByText("acknowledged by ada").waitFor();
      await tabTo("Reason");
      await page.keyboard.type("The headings are wrong.");
      await tabTo("Reject");
      await page.keyboard.press("Enter");
      await page.getByRole("status").getByText("Rejected by ada").waitFor();
      await checkPage(opened, { name: "gate_rejected" });
      await opened.close();
    });

    await t.step("claim, delegate for advice, snooze and take over, each on the record", async () => {
      await world.ask({
        auth: "token+identity",
        candidates: { users: ["user:ada", "user:bob"] },
        owner: "user:ada",
        snoozeMaxMinutes: 240,
        levels: [{ to: ["user:ada", "user:bob"], leaveAfterMinutes: 30 }],
      });
      const taskId = await world.taskAtGate("Tidy in turns");
      const ada = await world.as(browser, "ada");
      await ada.page.goto(`${factory.url}/worklist`);
      await checkPage(ada, { name: "worklist" });
      await ada.page.getByRole("link", { name: "Tidy in turns" }).click();
      await ada.page.getByText("I have it", { exact: true }).click();
      await ada.page.getByRole("button", { name: "Acknowledge" }).click();
      await ada.page.getByText("acknowledged by ada").waitFor();
      await ada.page.getByText("Snooze", { exact: true }).first().click();
      await ada.page.getByLabel("For").selectOption("60");
      await ada.page.getByRole("button", { name: "Snooze" }).click();
      await ada.page.getByText("quiet in 60 min").or(ada.page.getByText("quiet in 1 h")).first().waitFor();
      await ada.page.getByRole("button", { name: "Claim it" }).click();
      await ada.page.getByText("claimed by ada").waitFor();
      await ada.page.getByText("Delegate", { exact: true }).first().click();
      await ada.page.getByLabel("To", { exact: true }).first().fill("bob");
      await ada.page.getByRole("button", { name: "Delegate" }).click();
      await ada.page.getByText("ada asked bob for advice").waitFor();
      const bob = await world.as(browser, "bob");
      await bob.page.goto(`${factory.url}/worklist?show=mine`);
      await bob.page.getByRole("link", { name: "Tidy in turns" }).click();
      await bob.page.getByLabel("Reason").fill("Looks right to me.");
      await bob.page.getByRole("button", { name: "Approve" }).click();
      await bob.page.getByText("Looks right to me.").first().waitFor();
      assert.equal(await statusOf(taskId), "awaiting_review", "advice decides nothing");
      await ada.page.reload();
      await ada.page.getByRole("heading", { name: "Advice" }).waitFor();
      await ada.page.locator("#audit > summary").click();
      await checkPage(ada, { name: "gate_wide" });
      await ada.page.getByRole("button", { name: "Approve" }).click();
      await ada.page.getByRole("status").getByText("Approved by ada").waitFor();
      await world.runner.finish(await world.runner.claim(), {});
      assert.equal(await statusOf(taskId), "completed");
      await ada.close();
      await bob.close();
    });

    await t.step("a decision by a form of its schema, something done, and who may only look", async () => {
      await world.ask({ auth: "token+identity", candidates: { groups: ["leads"] } });
      const decide = await world.askByApi({
        ask: "decide",
        title: "Where does release 4 go?",
        in: { situation: "Release 4 is built.", numbers: { tests: 12 } },
        decision_schema: SCHEMA,
      });
      const todo = await world.askByApi({ ask: "do", title: "Turn the old server off" });
      const opened = await world.as(browser, "ada");
      const { page } = opened;
      await page.goto(factory.url + ASK + decide);
      await page.getByText("Release 4 is built.").waitFor();
      await checkPage(opened, { name: "gate_decide" });
      await page.getByLabel("Where to").selectOption("production");
      await page.getByLabel("Copies").fill("3");
      await page.getByLabel("Urgent").check();
      await page.getByRole("button", { name: "Send this decision" }).click();
      await page.getByRole("status").getByText("Answered by ada").waitFor();
      await page.getByRole("status").getByText("production").waitFor();
      await page.goto(factory.url + ASK + todo);
      await page.getByLabel("It is done").check();
      await page.getByLabel("Note").fill("At noon.");
      await page.getByRole("button", { name: "Report it done" }).click();
      await page.getByRole("status").getByText("Answered by ada").waitFor();
      await opened.close();
      const other = await world.askByApi({
        ask: "approve",
        title: "May it go out?",
        subject: { ref: "r4", rev: "abc" },
      });
      const vera = await world.as(browser, "vera");
      await vera.page.goto(factory.url + ASK + other);
      await vera.page.getByText("somebody else’s to answer").waitFor();
      assert.equal(await vera.page.getByRole("button", { name: "Approve" }).count(), 0);
      const forced = await vera.page.request.post(`${factory.url}${ASK}${other}/answer`, {
        form: { decision: "approve" },
        headers: { origin: factory.url },
      });
      assert.equal(forced.status(), 403);
      await vera.page.goto(factory.url + `/p/acme/other/asks/${other}`);
      await vera.page.getByText("There is no such question.").waitFor();
      await vera.close();
    });

    await t.step(
      "a held request is shown with its method, address, labels and digest, and let through",
      async () => {
        await world.ask({ auth: "token+identity", candidates: { users: ["user:ada"] } });
        const task = await factory.submit("Publish the package", "Please.");
        const job = await world.runner.claim();
        const askId = await world.runner.hold(job, {
          method: "POST",
          url: "https://registry.example.org/packages/site?dry=1",
          body: '{"name":"site"}',
          labels: ["publish", "network"],
        });
        const opened = await world.as(browser, "ada");
        const { page } = opened;
        await page.goto(`${factory.url}/worklist`);
        await page.locator(`a[href$="${askId}"]`).click();
        await page.getByText("POST", { exact: true }).first().waitFor();
        await page.getByText("https://registry.example.org/packages/site").first().waitFor();
        for (const label of ["publish", "network"]) await page.locator(".chip", { hasText: label }).waitFor();
        const digest = await page.locator("dt", { hasText: "Body digest" }).locator("+ dd").textContent();
        assert.match(digest ?? "", /^[0-9a-f]{64}$/);
        await checkPage(opened, { name: "gate_held" });
        await page.getByRole("link", { name: "this task" }).click();
        await page.getByRole("heading", { name: "Publish the package" }).waitFor();
        await page.goBack();
        await page.getByRole("button", { name: "Approve" }).click();
        await page.getByRole("status").getByText("Approved by ada").waitFor();
        await world.runner.finish(job, { jobResult: "failed", exitCode: 1 });
        assert.equal(await statusOf(task.id), "failed");
        await opened.close();
      },
    );

    await browser.close();
  },
});
