import assert from "node:assert/strict";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { assertNoSidewaysScroll, openBrowserWorld, signIn } from "./browser_world.ts";
import type { Factory, FakeRunner } from "./factory.ts";
import { openPage, PHONE, shoot, WAIT_MS } from "./page_checks.ts";

const COMMITS = 60;
const EVIL_FILE = "<script>alert(1)";
const EVIL_FOLDER = `a & "b"`;
const EVIL_SUBJECT = `<script>alert(2)</script> & <img src=x onerror=alert(3)>`;
const EVIL_TEXT = `first <script>alert(4)</script>\nsecond\r\n\n  fourth &amp;\n`;

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    env: { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" },
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, `${command} ${args[0]}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).trim();
}

/** A history on top of main, as `git fast-import` reads it: the last commit has everything that could go wrong. */
function historyScript(): string {
  const data = (text: string) => `data ${new TextEncoder().encode(text).length}\n${text}\n`;
  const file = (path: string, text: string) => `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`;
  const begin = (n: number, from: string, message: string, seconds: number) =>
    `commit refs/heads/main\nmark :${n}\nauthor Eve & Co <eve@localhost> ${seconds} +0000\n` +
    `committer Eve & Co <eve@localhost> ${seconds} +0000\n${data(message)}from ${from}\n`;
  const parts: string[] = [];
  for (let n = 1; n < COMMITS; n++) {
    const from = n === 1 ? "refs/heads/main^0" : `:${n - 1}`;
    parts.push(
      begin(n, from, `step ${n}`, 1_900_000_000 + n),
      file("src/steps.txt", `step ${n}\n`),
    );
  }
  parts.push(
    begin(COMMITS, `:${COMMITS - 1}`, `${EVIL_SUBJECT}\n\nbody`, 1_900_000_000 + COMMITS),
    file(`${EVIL_FOLDER}/${EVIL_FILE}`, EVIL_TEXT),
    file("image.bin", "\u0000\u0001 bytes"),
    file("long.txt", `${"x".repeat(5_000)}\n${"line\n".repeat(6_000)}`),
    file("empty.txt", ""),
    file("large.txt", "0123456789\n".repeat(1_000_000)),
  );
  return parts.join("") + "done\n";
}

/** Gives the newest commit of main. */
async function pushHistory(factory: Factory, runner: FakeRunner, folder: string): Promise<string> {
  const format = await runner.claim();
  await runner.finish(format, { ...await runner.push(format, { "readme.md": "# Site\n" }) });
  const { taskId, assemblyLineRepoToken } = (await runner.claim()).agentDefinition;
  assert.ok(assemblyLineRepoToken);
  const remote = `${
    factory.url.replace("://", `://x:${assemblyLineRepoToken}@`)
  }/api/git/acme/site/${taskId}.git`;
  await run("git", ["clone", "-q", remote, "clone"], folder);
  const clone = join(folder, "clone");
  await Deno.writeTextFile(join(folder, "history"), historyScript());
  await run("sh", ["-c", "git fast-import --quiet --done < ../history"], clone);
  await run("git", ["push", "-q", "origin", "refs/heads/main", "refs/heads/main:refs/heads/side"], clone);
  return await run("git", ["rev-parse", "refs/heads/main"], clone);
}

/** A signed-in page that notes whatever the content policy complains about, and every script that runs a dialog. */
async function open(browser: Browser, factory: Factory, options: BrowserContextOptions = {}) {
  const opened = await openPage(browser, options);
  opened.page.on("dialog", (dialog) => {
    opened.complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await signIn(opened.page, factory);
  return opened;
}

async function statusOf(page: Page, url: string): Promise<number> {
  const response = await page.request.get(url, { maxRedirects: 0 });
  return response.status();
}

Deno.test({
  name: "a task's repository in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const { factory, browser, close: end } = await openBrowserWorld();
    const folder = await Deno.makeTempDir({ prefix: "shopfloor_repository_pages_" });
    const runner = await factory.runner("bench-1");
    const task = await factory.submit("Tidy the readme", "Please.");
    const head = await pushHistory(factory, runner, folder);
    const ofTask = `${factory.url}/p/acme/site/tasks/${task.id}`;

    await t.step("files are found from the task's page, and their text and names stay text", async () => {
      const { page, complaints, close } = await open(browser, factory);
      await page.goto(ofTask);
      await page.getByRole("link", { name: "Browse files" }).click();
      await page.getByRole("heading", { name: "Files", exact: true }).waitFor();
      await shoot(page, "repository_files");
      await page.getByRole("link", { name: `${EVIL_FOLDER}/` }).click();
      await page.getByRole("link", { name: EVIL_FILE }).click();
      await page.getByRole("heading", { name: EVIL_FILE }).waitFor();
      const lines = await page.locator(".source span").allInnerTexts();
      assert.deepEqual(lines, ["1first <script>alert(4)</script>", "2second", "3", "4  fourth &amp;"]);
      await page.getByRole("link", { name: "2", exact: true }).click();
      assert.equal(new URL(page.url()).hash, "#L2");
      await shoot(page, "repository_file");
      const raw = await page.request.get(
        await page.getByRole("link", { name: "As it is" }).getAttribute("href").then((path) =>
          factory.url + path
        ),
      );
      assert.equal(await raw.text(), EVIL_TEXT);
      await page.locator(".path").getByRole("link", { name: "root" }).click();
      await page.getByRole("link", { name: "src/" }).waitFor();
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step("binary, empty, long and too large files say what they are", async () => {
      const { page, complaints, close } = await open(browser, factory);
      const show = (path: string) => page.goto(`${ofTask}/files?path=${encodeURIComponent(path)}`);
      await show("image.bin");
      await page.getByText("A binary file of 8 B.").waitFor();
      await show("/empty.txt/");
      await page.getByText("This file is empty.").waitFor();
      await show("long.txt");
      await page.getByText("are left out").waitFor();
      assert.equal(await page.locator(".source span").count(), 5_000);
      assert.ok((await page.locator("#L1").innerText()).length < 2_100);
      await show("large.txt");
      await page.getByText("Too large to show: 11.0 MB").waitFor();
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step("the log pages back to its first commit, and a commit shows what it changed", async () => {
      const { page, complaints, close } = await open(browser, factory);
      await page.goto(`${ofTask}/commits`);
      const first = page.getByRole("list", { name: "Commits" }).getByRole("listitem");
      assert.equal(await first.count(), 50);
      assert.match(await first.first().innerText(), new RegExp(`${head.slice(0, 10)}[^]*Eve & Co`));
      await shoot(page, "repository_commits");
      await page.getByRole("link", { name: "Older" }).click();
      await page.getByRole("link", { name: "step 9", exact: true }).waitFor();
      assert.equal(await first.count(), COMMITS - 50 + 1, "and the initial commit");
      assert.equal(await page.getByRole("link", { name: "Older" }).count(), 0);
      await page.getByRole("link", { name: "step 9", exact: true }).click();
      await page.getByText("-step 8").waitFor();
      await page.getByText("+step 9").waitFor();
      await page.goto(`${ofTask}/commits/${head}`);
      await page.getByRole("heading", { name: EVIL_SUBJECT }).waitFor();
      await page.getByText(`${EVIL_FOLDER}/${EVIL_FILE}`).waitFor();
      await page.getByText("+first <script>alert(4)</script>").waitFor();
      await shoot(page, "repository_commit");
      const root = await run("git", ["rev-list", "--max-parents=0", "main"], join(folder, "clone"));
      await page.goto(`${ofTask}/commits/${root}`);
      await page.getByText("This is a first commit").waitFor();
      assert.deepEqual(complaints, []);
      await close();
    });

    await t.step("another branch is chosen without a script, and a phone shows all of it", async () => {
      const { page, close } = await open(browser, factory, { viewport: PHONE, isMobile: true });
      const noScript = await browser.newContext({
        javaScriptEnabled: false,
        viewport: PHONE,
        storageState: await page.context().storageState(),
      });
      noScript.setDefaultTimeout(WAIT_MS);
      const plain = await noScript.newPage();
      await plain.goto(`${ofTask}/files`);
      await plain.getByLabel("Branch, tag or commit").selectOption({ label: `work/task-${task.id}` });
      await plain.getByRole("button", { name: "Show" }).click();
      await plain.getByRole("link", { name: "readme.md", exact: true }).click();
      await plain.getByText("# Site").waitFor();
      await plain.getByText(`git clone ${factory.url}/api/git/acme/site/${task.id}.git`).waitFor();
      const paths = [
        "/files",
        "/files?path=long.txt",
        "/commits",
        `/commits/${head}`,
        `/files?${new URLSearchParams({ path: `${EVIL_FOLDER}/${EVIL_FILE}` })}`,
      ];
      for (const [n, path] of paths.entries()) {
        await page.goto(ofTask + path);
        await assertNoSidewaysScroll(page);
        await shoot(page, `repository_phone_${n}`);
      }
      await noScript.close();
      await close();
    });

    await t.step("a signed-in browser downloads the bundle, and git clones it", async () => {
      const { page, close } = await open(browser, factory);
      await page.goto(`${ofTask}/files`);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download as a bundle" }).click(),
      ]);
      assert.equal(download.suggestedFilename(), `${task.id}.bundle`);
      await download.saveAs(join(folder, "all.bundle"));
      await run("git", ["clone", "-q", "all.bundle", "from_bundle"], folder);
      assert.equal(await run("git", ["rev-parse", "origin/side"], join(folder, "from_bundle")), head);
      await close();
    });

    await t.step("what cannot exist is not found, and who is not signed in sees nothing", async () => {
      const { page, close } = await open(browser, factory);
      const notFound = [
        "/files?ref=refs/heads/nowhere",
        "/files?ref=",
        `/files?ref=${"r".repeat(400)}`,
        "/files?path=no/such/file",
        "/files?path=../../etc/passwd",
        `/files?path=${"p".repeat(5_000)}`,
        `/commits/${"0".repeat(40)}`,
        `/commits/${head.slice(0, 10)}`,
        "/commits/main",
        "/commits?ref=refs/heads/nowhere",
      ];
      for (const path of notFound) assert.equal(await statusOf(page, ofTask + path), 404, path);
      assert.equal(await statusOf(page, `${ofTask}/commits?cursor=${head}.x`), 400);
      assert.equal(await statusOf(page, `${ofTask}/commits?cursor=${"c".repeat(200)}`), 400);
      for (
        const place of [
          "acme/site/tasks/nobody",
          "ac..me/site/tasks/t",
          "acme/site/tasks/-%20",
          "x/y/tasks/z",
        ]
      ) {
        assert.equal(await statusOf(page, `${factory.url}/p/${place}/files`), 404, place);
      }
      for (const path of ["/files", "/commits", `/commits/${head}`]) {
        const answer = await fetch(ofTask + path, { redirect: "manual" });
        await answer.body?.cancel();
        assert.equal(answer.status, 303, path);
        const next = `/p/acme/site/tasks/${task.id}${path}`;
        assert.equal(answer.headers.get("location"), `/signin?next=${encodeURIComponent(next)}`);
      }
      await close();
    });

    await end();
    await Deno.remove(folder, { recursive: true });
  },
});
