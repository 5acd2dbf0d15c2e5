/** The page of an ask in real Chromium: by its link and signed in, on a phone, by keyboard, without scripts, and for robots. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { checkPage, openPage, PHONE, shoot } from "./page_checks.ts";
import { signInByGitHub, startPeopleWorld } from "./people_world.ts";

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
  name: "people answer in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    await using world = await startPeopleWorld();
    const { factory } = world;
    const browser = await chromium.launch({ executablePath });
    const statusOf = async (taskId: string) => (await factory.task(taskId)).status;
    const phone = { viewport: PHONE, isMobile: true, hasTouch: true };

    await t.step(
      "a gate's link on a phone: looking approves nothing, approving moves the task on",
      async () => {
        await world.ask({ auth: "token" });
        const taskId = await world.taskAtGate("Tidy the site");
        const link = await factory.gateLink(taskId);
        const opened = await openPage(browser, phone);
        const { page, complaints } = opened;
        for (let i = 0; i < 2; i++) {
          await page.goto("about:blank");
          await page.goto(link);
          await page.getByRole("button", { name: "Approve" }).waitFor();
        }
        assert.equal(await statusOf(taskId), "awaiting_review");
        assert.ok(!page.url().includes("oag1"), "the token is not in the address any more");
        await page.getByText("12 tests passed.").waitFor();
        await page.getByText("+const a = 1;").waitFor();
        const width = await page.evaluate("document.scrollingElement.scrollWidth");
        assert.ok(Number(width) <= PHONE.width, `the page is ${width} pixels wide`);
        const isInSight = await page.getByRole("button", { name: "Approve" }).evaluate(
          new Function("e", "return e.getBoundingClientRect().bottom <= innerHeight") as never,
        );
        assert.equal(isInSight, true, "the buttons are in sight without scrolling");
        const box = await page.getByRole("button", { name: "Approve" }).boundingBox();
        assert.ok(
          box !== null && box.height >= 44 && box.width >= 120,
          "the button is big enough for a thumb",
        );
        await shoot(page, "gate_phone");
        await page.getByRole("button", { name: "Approve" }).click();
        await page.getByRole("status").getByText("Approved").waitFor();
        const deliver = await world.runner.claim();
        assert.equal(deliver.agentDefinition.taskId, taskId);
        await world.runner.finish(deliver, {});
        assert.equal(await statusOf(taskId), "completed");
        assert.deepEqual(complaints, []);
        await opened.close();
      },
    );

    await t.step(
      "a robot that follows every link and asks with every harmless method approves nothing",
      async () => {
        const taskId = await world.taskAtGate("Tidy for robots");
        const link = await factory.gateLink(taskId);
        const token = new URL(link).hash.slice(1);
        const html = await (await fetch(`${factory.url}/g`, {
          method: "POST",
          body: new URLSearchParams({ token }),
          headers: { origin: factory.url },
        })).text();
        const wanted = new Set<string>(["/g", link, `/g?token=${token}`]);
        for (const form of ["answer", "ack", "claim", "cancel"]) {
          wanted.add(`/g/${form}?token=${token}&decision=approve`);
          wanted.add(`/g/${form}`);
        }
        for (const found of html.matchAll(/(?:href|action|src)="([^"]+)"/g)) wanted.add(found[1]!);
        const seen = new Set<string>();
        while (seen.size < wanted.size && seen.size < 200) {
          for (const one of [...wanted].filter((path) => !seen.has(path))) {
            seen.add(one);
            const url = new URL(one.replaceAll("&amp;", "&"), factory.url);
            if (url.origin !== factory.url) continue;
            for (const method of ["GET", "HEAD", "OPTIONS"]) {
              for (const headers of [{}, { authorization: `Bearer ${token}` }] as Record<string, string>[]) {
                const answer = await fetch(url, { method, headers, redirect: "manual" });
                const text = await answer.text();
                if (method !== "GET") continue;
                for (const found of text.matchAll(/(?:href|action)="(\/[^"]+)"/g)) wanted.add(found[1]!);
              }
            }
          }
        }
        assert.ok(seen.size > 12, `${seen.size} addresses were tried`);
        assert.equal(await statusOf(taskId), "awaiting_review");
        const look = await fetch(`${factory.url}/v1/gate`, { headers: { authorization: `Bearer ${token}` } });
        const { state } = await look.json() as { state: unknown };
        assert.match(JSON.stringify(state), /open/);
        await factory.call("POST", `/api/owners/acme/projects/site/tasks/${taskId}/cancel`, {});
      },
    );

    await t.step(
      "without scripts a pasted token works, an old link says so, a repeat shows the record",
      async () => {
        const taskId = await world.taskAtGate("Tidy plainly");
        const old = new URL(await factory.gateLink(taskId)).hash.slice(1);
        const token = new URL(await factory.gateLink(taskId)).hash.slice(1);
        const opened = await openPage(browser, { javaScriptEnabled: false });
        const { page } = opened;
        await page.goto(`${factory.url}/g`);
        const paste = async (text: string) => {
          await page.getByLabel("Token").fill(text);
          await page.getByRole("button", { name: "Show the question" }).click();
        };
        await paste("nonsense");
        await page.getByText("That is not the token of a gate").waitFor();
        await paste(old);
        await page.getByText("A newer link replaced this one").waitFor();
        await paste(token);
        await page.getByRole("button", { name: "Reject" }).click();
        await page.getByText("to reject, say why").waitFor();
        assert.equal(await statusOf(taskId), "awaiting_review");
        await page.getByLabel("Reason").fill("Not now.");
        await page.getByRole("button", { name: "Reject" }).click();
        await page.getByRole("status").getByText("Rejected").waitFor();
        assert.match((await factory.task(taskId)).rejectionReason ?? "", /Not now\./);
        await page.goto(`${factory.url}/g`);
        await paste(token);
        await page.getByRole("status").getByText("Not now.").waitFor();
        assert.equal(await page.getByRole("button", { name: "Approve" }).count(), 0);
        await opened.close();
      },
    );

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

    await t.step(
      "a link that wants to know who answers: sign in first, and back to the question",
      async () => {
        const taskId = await world.taskAtGate("Tidy by name");
        const link = await factory.gateLink(taskId);
        const opened = await openPage(browser, phone);
        const { page } = opened;
        const sent: string[] = [];
        page.on("request", (request) => sent.push(request.url()));
        await page.goto(link);
        await page.getByRole("heading", { name: "Sign in first" }).waitFor();
        assert.equal(await page.getByRole("button", { name: "Approve" }).count(), 0);
        world.github.login = "bob";
        await page.getByRole("link", { name: "Sign in and come back" }).click();
        await signInByGitHub(page);
        await page.getByRole("button", { name: "Approve" }).waitFor();
        assert.equal(
          sent.some((url) => url.replace(/#.*/, "").includes("oag1")),
          false,
          "no address that is sent has it",
        );
        await page.getByRole("button", { name: "Approve" }).click();
        await page.getByRole("status").getByText("Approved by bob").waitFor();
        await world.runner.finish(await world.runner.claim(), {});
        assert.equal(await statusOf(taskId), "completed");
        await opened.close();
      },
    );

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
