/** The page behind a gate's link in real Chromium: on a phone, without scripts, signed out and in, and for robots. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { checkPage, openPage, PHONE, shoot } from "./page_checks.ts";
import { signInByGitHub, startPeopleWorld } from "./people_world.ts";

Deno.test({
  name: "people answer by a link",
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
          // The second time in the same tab: only the fragment of its address changes.
          await page.goto(link);
          await page.waitForURL((url) => url.hash === "");
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
        await checkPage(opened, { name: "gate_link" });
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
        assert.equal((await look.json() as { state: unknown }).state, "open");
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

    await t.step(
      "a link that wants to know who answers: sign in first, and back to the question",
      async () => {
        await world.ask({ auth: "token+identity", candidates: { users: ["user:ada", "user:bob"] } });
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

    await browser.close();
  },
});
