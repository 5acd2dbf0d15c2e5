import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { openBrowserWorld, signIn } from "./browser_world.ts";
import { checkPage, openPage } from "./page_checks.ts";
import { startPeopleWorld } from "./people_world.ts";

const CARDS = "/p/acme/site/cards";
const API = "/api/owners/acme/projects/site";
const FAULT = "expected at most 262144 bytes";

interface Listed {
  readonly tasks: readonly {
    readonly id: string;
    readonly title: string;
    readonly priority: string;
    readonly labels: readonly string[];
  }[];
}

Deno.test({
  name: "cards are submitted in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const { factory, browser, close: end } = await openBrowserWorld();
    await factory.call("PUT", `${API}/assembly-lines/other`, {
      name: "Other",
      stations: [{ id: "a", name: "A", trigger: { type: "dispatch_worker" } }],
    });
    const tasks = async () => (await factory.call<Listed>("GET", `${API}/tasks`)).tasks;

    await t.step(
      "from the board of all projects to a card, by keyboard alone and without scripts",
      async () => {
        const opened = await openPage(browser, { javaScriptEnabled: false });
        const { page } = opened;
        // The link's page needs a script to read its fragment; the form beside it does not.
        const { url } = await factory.call<{ url: string }>("POST", "/session/links", undefined, {
          status: 201,
        });
        await page.goto(`${factory.url}/signin`);
        const form = { code: new URL(url).hash.slice(1) };
        const headers = { origin: factory.url };
        await page.request.post(`${factory.url}/session`, { form, headers, maxRedirects: 0 });
        await page.goto(factory.url);
        await page.getByRole("link", { name: "Write a card" }).focus();
        await page.keyboard.press("Enter");
        await page.waitForURL(`${factory.url}${CARDS}`);
        await page.getByLabel("Title").focus();
        await page.keyboard.type("Tidy the readme");
        await page.keyboard.press("Tab");
        await page.keyboard.type("Wrap <b>long</b> lines.\nNothing else.");
        await page.keyboard.press("Tab");
        await page.keyboard.press("h");
        await page.keyboard.press("Tab");
        await page.keyboard.type("docs, small");
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Tidy the readme" }).waitFor();
        const [task] = await tasks();
        assert.equal(new URL(page.url()).pathname, `/p/acme/site/tasks/${task!.id}`);
        assert.deepEqual([task!.priority, task!.labels], ["high", ["docs", "small"]]);
        const { description } = await factory.task(task!.id);
        assert.equal(description, "Wrap <b>long</b> lines.\nNothing else.");
        assert.deepEqual(opened.complaints, []);
        await opened.close();
      },
    );

    const opened = await openPage(browser);
    const { page } = opened;
    await signIn(page, factory);

    await t.step("a card that cannot be keeps what was typed and says where it is wrong", async () => {
      await page.goto(`${factory.url}${CARDS}?line=tidy`);
      assert.equal(await page.getByLabel("Line").first().inputValue(), "tidy");
      await checkPage(opened, { name: "card" });
      await page.getByLabel("Title").fill("Too much");
      await page.getByLabel("Text", { exact: true }).fill(`\n${"€".repeat(100_000)}`);
      await page.getByRole("button", { name: "Submit the card" }).click();
      await page.getByRole("alert").getByText(FAULT, { exact: false }).waitFor();
      assert.equal(await page.getByLabel("Title").inputValue(), "Too much");
      const kept = await page.getByLabel("Text", { exact: true }).inputValue();
      assert.equal(kept, `\n${"€".repeat(100_000)}`, "its first line break as well");
      // The browser itself notes the status of a form that was refused.
      assert.deepEqual(opened.complaints.filter((text) => !text.includes("400 (Bad Request)")), []);
      opened.complaints.length = 0;
      await page.getByLabel("Text", { exact: true }).fill("Less.");
      await checkPage(opened, { name: "card_refused" });
      assert.equal((await tasks()).length, 1);
    });

    await t.step("a button that is pressed twice makes one task, and a changed card is another", async () => {
      const once = await page.locator("input[name=once]").first().inputValue();
      const send = async (title: string) => {
        const form = { line: "tidy", title, description: "", priority: "low", labels: "", once };
        const options = { form, headers: { origin: factory.url }, maxRedirects: 0 };
        const sent = await page.request.post(factory.url + CARDS, options);
        assert.equal(sent.status(), 303);
        return sent.headers()["location"];
      };
      const [first, again] = await Promise.all([send("Once"), send("Once")]);
      assert.equal(first, again);
      assert.notEqual(await send("Twice"), first);
      assert.deepEqual((await tasks()).slice(0, 2).map(({ title }) => title), ["Twice", "Once"]);
      await page.getByRole("button", { name: "Submit the card" }).click();
      await page.getByRole("heading", { name: "Too much" }).waitFor();
      assert.equal((await tasks()).length, 4);
    });

    await t.step("a file is a card: Markdown or JSON; anything else is refused", async () => {
      const upload = async (name: string, text: string) => {
        await page.goto(`${factory.url}${CARDS}?line=other`);
        const file = { name, mimeType: "text/plain", buffer: Buffer.from(text) };
        await page.getByLabel("A card in Markdown").setInputFiles(file);
        await page.getByRole("button", { name: "Submit the file" }).click();
      };
      await upload("card.md", "---\nlabels: docs\npriority: low\n---\n# From a file\n\nThe text.\n");
      await page.getByRole("heading", { name: "From a file" }).waitFor();
      const [task] = await tasks();
      assert.deepEqual([task!.title, task!.priority, task!.labels], ["From a file", "low", ["docs"]]);
      await upload("card.json", '{"title":"From JSON","description":"d"}');
      await page.getByRole("heading", { name: "From JSON" }).waitFor();
      const before = (await tasks()).length;
      await upload("card.md", "no heading");
      await page.getByRole("alert").getByText("expected a first heading").waitFor();
      await upload("card.json", '{"title":"t","surprise":1}');
      await page.getByRole("alert").getByText("came 'surprise'").waitFor();
      assert.equal(await page.getByLabel("Title").inputValue(), "t");
      await upload("card.json", `{"title":"t","x":${"[".repeat(200)}${"]".repeat(200)}}`);
      await page.getByRole("alert").getByText("at most 100 levels").waitFor();
      assert.equal((await tasks()).length, before);
    });

    await t.step("a line that is gone, and a project without one, say so", async () => {
      await page.goto(`${factory.url}${CARDS}?line=other`);
      await page.getByLabel("Title").fill("Too late");
      await factory.call("DELETE", `${API}/assembly-lines/other`, undefined);
      await page.getByRole("button", { name: "Submit the card" }).click();
      await page.getByRole("alert").getByText("other", { exact: false }).waitFor();
      assert.equal(await page.getByLabel("Title").inputValue(), "Too late");
      opened.complaints.length = 0;
      await page.goto(`${factory.url}/p/acme/empty/cards`);
      await page.getByText("This project has no line yet").waitFor();
      await checkPage(opened, { name: "card_no_line" });
    });

    await opened.close();
    await end();
  },
});

Deno.test({
  name: "who may not write tasks finds no way to submit a card",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using world = await startPeopleWorld();
    const browser = await chromium.launch({ executablePath: await ensureChromium() });
    for (const login of ["vera", "ada"]) {
      const { page, close } = await world.as(browser, login);
      await page.goto(`${world.factory.url}/p/acme/site`);
      await page.getByRole("heading", { name: "Board" }).waitFor();
      assert.equal(await page.getByRole("link", { name: "Write a card" }).count(), 0);
      assert.equal((await page.goto(`${world.factory.url}${CARDS}`))?.status(), 403);
      const headers = { origin: world.factory.url };
      const form = { line: "tidy", title: "By hand" };
      const sent = await page.request.post(`${world.factory.url}${CARDS}`, { form, headers });
      assert.equal(sent.status(), 403);
      await close();
    }
    const { tasks } = await world.factory.call<Listed>("GET", `${API}/tasks`);
    assert.deepEqual(tasks, []);
    await browser.close();
  },
});
