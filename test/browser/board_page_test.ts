/** The board and the page of runners in real Chromium: live, filtered, without scripts, by keyboard alone. */
import assert from "node:assert/strict";
import { chromium, type Page } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { type Factory, startFactory } from "./factory.ts";
import { checkPage, type OpenPage, openPage, PHONE } from "./page_checks.ts";

const BOARD = "/p/acme/site";
const RUNNERS = `${BOARD}/runners`;

async function signIn(page: Page, factory: Factory, path: string): Promise<void> {
  const { url } = await factory.call<{ url: string }>("POST", "/session/links", undefined, { status: 201 });
  const code = new URL(url).hash.slice(1);
  await page.goto(`${factory.url}/signin?next=${encodeURIComponent(path)}`);
  await page.getByLabel("Code or admin token").fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(factory.url + path);
}

/** Presses Tab until the element has the focus; each stop must be seen to have it. */
async function tabTo(page: Page, name: string | RegExp, role: "link" | "button" | "textbox"): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  for (let stops = 0; stops < 60; stops++) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(`(() => {
      const style = getComputedStyle(document.activeElement);
      return style.outlineStyle === "none" ? "" : style.outlineWidth;
    })()`);
    assert.notEqual(outline, "", "the focus is seen");
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
  }
  assert.fail(`Tab never reaches ${role} ${name}`);
}

Deno.test({
  name: "the board and the runners",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const factory = await startFactory();
    const browser = await chromium.launch({ executablePath: await ensureChromium() });
    await factory.putLine();
    await factory.call("PUT", "/api/owners/acme/projects/site/assembly-lines/quick", {
      name: "Quick",
      stations: ["one", "two"].map((id) => ({
        id,
        name: id,
        trigger: { type: "dispatch_worker" },
      })),
      gates: [{ id: "look", name: "Look" }],
      transitionRules: [{ fromStationId: "one", toStationId: "two", condition: "success", gateId: "look" }],
    });
    const submit = (title: string, labels: readonly string[] = []) =>
      factory.call<{ id: string }>("POST", "/api/owners/acme/projects/site/assembly-lines/tidy/tasks", {
        title,
        description: `About ${title}`,
        labels,
      });
    const as = async (path: string, body: (opened: OpenPage) => Promise<void>, options = {}) => {
      const opened = await openPage(browser, options);
      try {
        await signIn(opened.page, factory, path);
        await body(opened);
      } finally {
        await opened.close();
      }
    };

    await t.step("an empty board and an empty list of runners say so", async () => {
      await as("/", async (opened) => {
        await opened.page.getByText("No tasks yet.").waitFor();
        await checkPage(opened, { name: "board_empty" });
        await opened.page.getByRole("link", { name: "Runners" }).click();
        await opened.page.getByText("No runner is registered yet").waitFor();
        assert.equal(new URL(opened.page.url()).pathname, RUNNERS, "there is one project only");
        await checkPage(opened, { name: "runners_empty" });
      });
    });

    await t.step(
      "it shows what happens while it happens, and is not drawn anew while nothing does",
      async () => {
        await as(BOARD, async (opened) => {
          const { page } = opened;
          await page.evaluate("globalThis.stayed = true");
          await submit("Mend the parser", ["urgent"]);
          const queued = page.getByRole("region", { name: "Queued" });
          await queued.getByRole("link", { name: "Mend the parser" }).waitFor();
          const station = page.getByRole("region", { name: "Stations" }).getByRole("link", {
            name: /^Format/,
          });
          await station.getByText("1", { exact: true }).waitFor();
          const runner = await factory.runner("bench-1");
          const job = await runner.claim();
          await page.getByRole("region", { name: "In progress" }).getByRole("link", {
            name: "Mend the parser",
          })
            .waitFor();
          const statuses: number[] = [];
          page.on("response", (response) => void statuses.push(response.status()));
          await page.waitForResponse((response) => response.status() === 304);
          await page.waitForResponse((response) => response.status() === 304);
          assert.ok(statuses.filter((status) => status === 200).length <= 2, statuses.join(" "));
          assert.equal(await page.evaluate("globalThis.stayed"), true);
          await runner.finish(job, { jobResult: "failed", exitCode: 1, summary: "It broke." });
          await page.getByRole("region", { name: "Failed" }).getByRole("link", { name: "Mend the parser" })
            .waitFor();
          await page.reload();
          await checkPage(opened, { name: "board_live" });
        });
      },
    );

    await t.step(
      "it is filtered by its form, without scripts as well, and its address keeps the filter",
      async () => {
        for (let n = 0; n < 30; n++) await submit(`Card ${n}`, n % 10 === 0 ? ["odd & ends"] : []);
        await as("/", async ({ page }) => {
          await page.getByRole("link", { name: "Card 29", exact: true }).waitFor();
          const cards = page.locator("#board .card");
          await page.getByRole("link", { name: "All that are queued" }).click();
          assert.equal(await cards.count(), 30);
          assert.equal(new URL(page.url()).search, "?state=queued");
          await page.getByLabel("Label", { exact: true }).fill("odd & ends");
          await page.getByLabel("Project", { exact: true }).selectOption("acme/site");
          await page.getByLabel("Station", { exact: true }).selectOption("format");
          await page.getByRole("button", { name: "Apply" }).click();
          await page.waitForURL(/\/p\/acme\/site\?/);
          assert.equal(await cards.count(), 3);
          assert.equal(await page.getByLabel("State", { exact: true }).inputValue(), "queued");
          await page.getByLabel("Search tasks").fill("card 20");
          await page.getByRole("button", { name: "Search" }).click();
          await page.waitForURL(/q=card\+20/);
          assert.deepEqual(await cards.getByRole("link").allTextContents(), ["Card 20"]);
          await page.getByLabel("Search tasks").fill("nothing of the kind");
          await page.keyboard.press("Enter");
          await page.getByText("No task matches.").waitFor();
          await page.getByRole("link", { name: "Clear" }).click();
          await page.waitForURL(factory.url + BOARD);
        }, { javaScriptEnabled: false });
      },
    );

    await t.step("a state has pages", async () => {
      for (let n = 30; n < 65; n++) await submit(`Card ${n}`);
      await as(`${BOARD}?state=queued`, async ({ page }) => {
        const cards = page.locator("#board .card");
        await page.waitForFunction("document.querySelectorAll('#board .card').length === 60");
        await page.getByRole("link", { name: "Older" }).click();
        await page.waitForURL(/cursor=/);
        assert.equal(await cards.count(), 5);
        await page.getByRole("link", { name: "Newest" }).click();
        await page.getByRole("link", { name: "Card 64" }).waitFor();
      });
    });

    await t.step(
      "by keyboard alone: past the navigation, into a card, back by the way that is shown",
      async () => {
        await as(BOARD, async ({ page }) => {
          await page.getByRole("link", { name: "Card 64" }).waitFor();
          await page.keyboard.press("Tab");
          await page.keyboard.press("Enter");
          assert.equal(new URL(page.url()).hash, "#main", "the first stop skips the navigation");
          await tabTo(page, "Card 64", "link");
          await page.keyboard.press("Enter");
          await page.getByRole("heading", { name: "Card 64" }).waitFor();
          await tabTo(page, /^acme\/site$/, "link");
          await page.keyboard.press("Enter");
          await page.getByRole("heading", { name: "Board" }).waitFor();
        });
      },
    );

    await t.step("a focus on a card stays while the board is drawn anew", async () => {
      await as(BOARD, async ({ page }) => {
        const focused = () => page.evaluate("document.activeElement.textContent.trim()");
        await page.getByRole("link", { name: "Card 64" }).focus();
        await submit("Something new");
        await page.getByRole("link", { name: "Something new" }).waitFor();
        assert.equal(await focused(), "Card 64");
        await page.getByRole("region", { name: "Stations" }).getByRole("link", { name: /^Check/ }).focus();
        await submit("Something newer");
        await page.getByRole("link", { name: "Something newer" }).waitFor();
        assert.match(String(await focused()), /^Check/, "also on a link that has no name of its own");
      });
    });

    await t.step(
      "what waits for a person comes first, and the navigation counts what is asked of them",
      async () => {
        const { id } = await factory.call<{ id: string }>(
          "POST",
          "/api/owners/acme/projects/site/assembly-lines/quick/tasks",
          { title: "Ask me", priority: "high" },
        );
        const quick = await factory.runner("bench-1");
        const job = await quick.claim();
        assert.equal(job.agentDefinition.taskId, id);
        await quick.finish(job, {});
        await as(BOARD, async (opened) => {
          const { page } = opened;
          await page.getByText("Gate: Look").waitFor();
          const headings = await page.locator("#board section h2").allTextContents();
          assert.match(headings[1]!, /^Waiting for a person/, headings.join());
          await page.getByRole("region", { name: "Stations" }).getByText("1 waiting").waitFor();
          await page.goto(factory.url + RUNNERS);
          await page.getByRole("link", { name: /^Worklist 1/ }).click();
          await page.getByRole("heading", { name: "Worklist" }).waitFor();
          await page.goto(`${factory.url}/`);
          await page.getByRole("link", { name: /^Worklist 1/ }).waitFor();
          await checkPage(opened, { name: "board_waiting" });
        });
      },
    );

    await t.step(
      "runners are paused and resumed, and a new one registers with the command that is shown",
      async () => {
        await as(RUNNERS, async (opened) => {
          const { page } = opened;
          const card = page.locator(".card", { has: page.getByRole("heading", { name: "bench-1" }) });
          await card.getByText("Online").waitFor();
          await page.getByRole("button", { name: "Pause bench-1" }).click();
          await card.getByText("Paused").waitFor();
          await page.getByRole("button", { name: "Resume bench-1" }).click();
          await card.getByText("Paused").waitFor({ state: "detached" });
          await page.evaluate("globalThis.stayed = true");
          await factory.runner("bench-2");
          await page.getByRole("heading", { name: "bench-2" }).waitFor();
          assert.equal(await page.evaluate("globalThis.stayed"), true, "it came live");
          await page.reload();
          await checkPage(opened, { name: "runners" });

          await page.getByRole("button", { name: "Make a registration command" }).click();
          const command = await page.locator("code.clone").first().textContent();
          const [, token, server] =
            /^SHOPFLOOR_TOKEN=(\S+) deno task runner register --server (\S+) --owner acme --project site$/
              .exec(command!)!;
          assert.equal(server, factory.url);
          const registrar = { token: token! };
          const made = "/api/owners/acme/projects/site/runners/register";
          await factory.call("POST", made, { name: "bench-3" }, { ...registrar, status: 201 });
          const other = "/api/owners/acme/projects/site/assembly-lines/tidy/tasks";
          await factory.call("POST", other, { title: "x" }, { ...registrar, status: 403 });
          await checkPage(opened, { name: "runners_command" });
          await page.goto(factory.url + RUNNERS);
          assert.equal((await page.content()).includes(token!), false, "it is shown once");
        });
      },
    );

    await t.step(
      "draining, a new token and removing ask first, without scripts as well, on a phone",
      async () => {
        await as(RUNNERS, async (opened) => {
          const { page } = opened;
          await page.getByRole("link", { name: "Drain bench-2" }).click();
          await page.getByRole("link", { name: "Leave it as it is" }).click();
          await page.getByRole("link", { name: "Drain bench-2" }).click();
          await page.getByRole("button", { name: "Drain it" }).click();
          const card = page.locator(".card", { has: page.getByRole("heading", { name: "bench-2" }) });
          await card.getByText("Draining").waitFor();
          await page.getByRole("link", { name: "New token bench-2" }).click();
          await page.getByRole("button", { name: "Make a new token" }).click();
          assert.match((await page.locator("code.clone").textContent())!, /^sf_runner_/);
          await page.getByRole("link", { name: "Back to the runners" }).click();
          await page.getByRole("link", { name: "Remove bench-2" }).click();
          await page.getByRole("button", { name: "Remove it" }).click();
          await page.getByText("The runner is removed.").waitFor();
          assert.equal(await page.getByRole("heading", { name: "bench-2" }).count(), 0);
        }, { javaScriptEnabled: false, viewport: PHONE });
      },
    );

    await browser.close();
    await factory.close();
  },
});
