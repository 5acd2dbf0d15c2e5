import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { filesOfTar } from "../../worker/routes/ustar_read.ts";
import { openBrowserWorld, signIn } from "./browser_world.ts";
import type { Factory } from "./factory.ts";
import { checkPage, openPage, PHONE } from "./page_checks.ts";

const LINES = "/p/acme/site/lines";

async function signedIn(browser: Browser, factory: Factory, options = {}) {
  const opened = await openPage(browser, options);
  await signIn(opened.page, factory);
  return opened;
}

/** What the editor holds, changed. */
async function rewrite(page: Page, change: (text: string) => string): Promise<void> {
  const editor = page.getByLabel("Definition, as JSON");
  await editor.fill(change(await editor.inputValue()));
}

Deno.test({
  name: "the lines in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const { factory, browser, close: end } = await openBrowserWorld();
    const runner = await factory.runner("bench-1");

    await t.step("who is not signed in sees no line", async () => {
      const { page, close } = await openPage(browser);
      await page.goto(`${factory.url}${LINES}/tidy`);
      assert.equal(new URL(page.url()).pathname, "/signin");
      await close();
    });

    await t.step(
      "a line is a drawing with what is where, whose boxes lead to the stations by keyboard",
      async () => {
        const task = await factory.submit("Tidy the readme", "Wrap long lines.");
        await runner.finish(await runner.claim(), { summary: "Done." });
        await factory.submit("Tidy more", "Please.");
        const opened = await signedIn(browser, factory);
        const { page } = opened;
        assert.equal((await factory.task(task.id)).columnId, "check");
        await page.goto(`${factory.url}${LINES}`);
        await page.getByText("2 tasks now").waitFor();
        await checkPage(opened, { name: "lines" });
        await page.getByRole("link", { name: "Tidy", exact: true }).click();
        const box = page.locator("svg.graph a").first();
        await page.getByRole("link", { name: /^Format\s*1 task now\s*median \d/ }).waitFor();
        await page.getByText("Review", { exact: false }).first().waitFor();
        await box.focus();
        await page.keyboard.press("Enter");
        assert.equal(new URL(page.url()).hash, "#station-format");
        await page.locator("#station-format").getByText("to Check").waitFor();
        await checkPage(opened, { name: "line" });
        await opened.close();
      },
    );

    await t.step("on a phone the drawing scrolls in its own box", async () => {
      const { page, complaints, close } = await signedIn(browser, factory, {
        viewport: PHONE,
        isMobile: true,
      });
      await page.goto(`${factory.url}${LINES}/tidy`);
      const sizes = await page.locator(".graph-box").evaluate(
        (box: unknown) => {
          const { clientWidth, scrollWidth } = box as Record<string, number>;
          return [clientWidth!, scrollWidth!];
        },
      );
      const wide = Number(await page.evaluate("document.scrollingElement.scrollWidth"));
      assert.ok(sizes[0]! < sizes[1]! && wide <= PHONE.width, `${sizes} ${wide}`);
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step(
      "an edit that is wrong keeps the text and says where; a right one is the next version",
      async () => {
        const opened = await signedIn(browser, factory);
        const { page } = opened;
        await page.goto(`${factory.url}${LINES}/tidy`);
        await page.getByRole("link", { name: "Edit" }).click();
        await checkPage(opened, { name: "line_edit" });
        opened.complaints.length = 0;
        await rewrite(page, (text) => text.replace('"toStationId": "deliver"', '"toStationId": "nowhere"'));
        await page.getByRole("button", { name: "Save as the next version" }).click();
        const alert = page.getByRole("alert");
        await alert.getByText("expected the id of a station of this line, came 'nowhere'").waitFor();
        assert.match(await alert.textContent() ?? "", /Line \d+, transitionRules\.1\.toStationId/);
        assert.match(await page.getByLabel("Definition, as JSON").inputValue(), /nowhere/);
        await rewrite(page, (text) => text.replace('"nowhere",', '"nowhere"'));
        await page.getByRole("button", { name: "Save as the next version" }).click();
        await page.getByRole("alert").getByText("expected JSON").waitFor();
        // The browser itself notes the status of a form that was refused.
        assert.deepEqual(opened.complaints.filter((text) => !text.includes("400 (Bad Request)")), []);
        opened.complaints.length = 0;
        await rewrite(page, (text) => text.replace('"toStationId": "nowhere"', '"toStationId": "deliver",'));
        await rewrite(
          page,
          (text) => text.replace('"promptTemplate": "tidy"', '"promptTemplate": "tidy well"'),
        );
        await page.getByRole("button", { name: "Save as the next version" }).click();
        await page.waitForURL(`${factory.url}${LINES}/tidy`);
        await page.getByText("version 2", { exact: true }).waitFor();
        assert.deepEqual(opened.complaints, []);
        await opened.close();
      },
    );

    await t.step("two people edit: the second is told, and sees what the first one saved", async () => {
      const [one, two] = [await signedIn(browser, factory), await signedIn(browser, factory)];
      for (const { page } of [one, two]) await page.goto(`${factory.url}${LINES}/tidy/edit`);
      const save = async ({ page }: typeof one, name: string) => {
        await rewrite(page, (text) => text.replace('"name": "Tidy"', `"name": "${name}"`));
        await page.getByRole("button", { name: "Save as the next version" }).click();
      };
      await save(one, "Tidy one");
      await one.page.waitForURL(`${factory.url}${LINES}/tidy`);
      await save(two, "Tidy two");
      await two.page.getByText("somebody saved version 3 meanwhile").waitFor();
      const newest = async () => (await factory.call<{ name: string; revision: number }>(
        "GET",
        "/api/owners/acme/projects/site/assembly-lines/tidy",
      ));
      assert.equal((await newest()).name, "Tidy one");
      await two.page.getByRole("button", { name: "Save as the next version" }).click();
      await two.page.waitForURL(`${factory.url}${LINES}/tidy`);
      assert.deepEqual([(await newest()).name, (await newest()).revision], ["Tidy two", 4]);
      await one.close();
      await two.close();
    });

    await t.step("versions are listed, and two of them compared file by file", async () => {
      const opened = await signedIn(browser, factory);
      const { page } = opened;
      await page.goto(`${factory.url}${LINES}/tidy`);
      await page.getByRole("link", { name: "Versions", exact: true }).click();
      await page.getByRole("link", { name: "Version 4: Tidy two" }).waitFor();
      await checkPage(opened, { name: "line_versions" });
      await page.getByRole("link", { name: "What changed in version 2" }).click();
      await page.getByText("+tidy well").waitFor();
      await page.getByText(".agentics/stations/01-format/prompt.md").waitFor();
      await checkPage(opened, { name: "line_diff" });
      await page.goto(`${factory.url}${LINES}/tidy/versions/1`);
      await page.getByText("version 1, an older one").waitFor();
      await checkPage(opened, { name: "line_older" });
      await opened.close();
    });

    await t.step(
      "an export is imported again, as a line of its own; what is no line is refused in words",
      async () => {
        const opened = await signedIn(browser, factory, { acceptDownloads: true });
        const { page } = opened;
        await page.goto(`${factory.url}${LINES}/tidy`);
        const downloading = page.waitForEvent("download");
        await page.getByRole("link", { name: "Export as .tar" }).click();
        const tar = await Deno.readFile((await (await downloading).path())!);
        assert.ok(filesOfTar(tar, 100).ok);
        await page.goto(`${factory.url}${LINES}`);
        const upload = async (name: string, buffer: Uint8Array) => {
          await page.getByLabel(/^An export/).setInputFiles(
            { name, mimeType: "application/octet-stream", buffer } as never,
          );
          await page.getByRole("button", { name: "Import the file" }).click();
        };
        // deno-lint-ignore no-node-globals
        const { Buffer } = await import("node:buffer");
        await upload("line.tar", Buffer.from(tar));
        await page.getByText("is not used: an import makes a new line").or(
          page.getByText("version 1", { exact: true }),
        )
          .first().waitFor();
        await page.goto(`${factory.url}${LINES}`);
        await upload(
          "line.json",
          Buffer.from('{"name": "From a file", "stations": [{"id": "a", "name": "A"}]}'),
        );
        await page.getByRole("heading", { name: "From a file" }).waitFor();
        await page.goto(`${factory.url}${LINES}`);
        await upload("broken.json", Buffer.from('{"name": "No stations",\n "stations": []}'));
        await page.getByRole("alert").getByText("line 2, stations").waitFor();
        await upload("photo.png", Buffer.from("PNG"));
        await page.getByRole("alert").getByText("must be a tar archive or JSON").waitFor();
        await page.getByLabel("Address, with https").fill("https://127.0.0.1/line.git");
        await page.getByRole("button", { name: "Import from the repository" }).click();
        await page.getByRole("alert").getByText("its host must be public").waitFor();
        assert.equal(await page.getByLabel("Address, with https").inputValue(), "https://127.0.0.1/line.git");
        await opened.close();
      },
    );

    await t.step(
      "a line can be written from nothing, without scripts, and an unreachable station is a warning",
      async () => {
        const opened = await signedIn(browser, factory);
        const { page } = opened;
        const context = await browser.newContext({ javaScriptEnabled: false });
        await context.addCookies(await page.context().cookies());
        const plain = await context.newPage();
        await plain.goto(`${factory.url}${LINES}/new`);
        const editor = plain.getByLabel("Definition, as JSON");
        const text = await editor.inputValue();
        const line = JSON.parse(text) as { stations: object[]; transitionRules: object[] };
        line.stations.push({ id: "lost", name: "Lost" });
        line.transitionRules.push({ fromStationId: "deliver", toStationId: "work", condition: "any" });
        await editor.fill(JSON.stringify(line));
        await plain.getByRole("button", { name: "Save the line" }).click();
        await plain.getByText("No path from the first station reaches station 'lost'").waitFor();
        await page.goto(plain.url());
        await checkPage(opened, { name: "line_warned" });
        await context.close();
        await opened.close();
      },
    );

    await end();
  },
});
