/** Signing in with GitHub in real Chromium, what each role finds on the pages, and what another site can do with it. */
import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { startGitHub } from "../fake/github.ts";
import { startFactory } from "./factory.ts";
import { checkPage, openPage } from "./page_checks.ts";

const ROLES = "github:vera=viewer, github:otto=operator, github:anna=approver, github:ada=admin";
const RUNNERS = "/p/acme/site/runners";

/** A page of somebody else, on an origin of its own. */
function serveHostile(html: () => string) {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(html(), { headers: { "content-type": "text/html" } }),
  );
  return { port: server.addr.port, close: () => server.shutdown() };
}

Deno.test({
  name: "people sign in with GitHub",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using github = startGitHub();
    const factory = await startFactory({ ...github.variables, SHOPFLOOR_ROLES: ROLES });
    const browser = await chromium.launch({ executablePath: await ensureChromium() });
    await factory.putLine();
    await factory.runner("bench-1");
    const intake = async () =>
      (await factory.call<{ intake: string }[]>("GET", "/api/owners/acme/projects/site/runners"))[0]!.intake;

    /** From a page that they wanted, by GitHub, back to that page. */
    async function signIn(page: Page, login: string, path = RUNNERS): Promise<void> {
      github.login = login;
      await page.goto(factory.url + path);
      await page.getByRole("link", { name: /^Sign in with / }).click();
      await page.getByRole("link", { name: "Authorize" }).click();
      await page.waitForURL(factory.url + path);
    }

    async function as<T>(login: string, body: (page: Page, browser: Browser) => Promise<T>): Promise<T> {
      const { page, close } = await openPage(browser);
      try {
        await signIn(page, login);
        return await body(page, browser);
      } finally {
        await close();
      }
    }

    await t.step("from the page that was wanted, by GitHub, and back to it", async () => {
      const opened = await openPage(browser);
      const { page } = opened;
      await signIn(page, "Ada", `${RUNNERS}?notice=paused`);
      await page.getByText("ada admin").waitFor();
      const [cookie] = await page.context().cookies();
      assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
      assert.equal(page.url().includes("code="), false);
      await page.goto(`${factory.url}/signin`);
      assert.equal(new URL(page.url()).pathname, "/", "who is signed in needs no sign-in page");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: /^Sign in with / }).waitFor();
      await checkPage(opened, { name: "signin_github" });
      await opened.close();
    });

    await t.step("a link in a mail comes to its page although the session does not come along", async () => {
      await as("Ada", async (page) => {
        const mail = serveHostile(() => `<a href="${factory.url}${RUNNERS}">the runners</a>`);
        await page.goto(`http://localhost:${mail.port}/`);
        await page.getByRole("link", { name: "the runners" }).click();
        await page.getByRole("heading", { name: "Runners", exact: true }).waitFor();
        await mail.close();
      });
    });

    await t.step("whoever has no role reads so, and may sign in as somebody else", async () => {
      const opened = await openPage(browser);
      const { page } = opened;
      github.login = "Mallory";
      await page.goto(factory.url + RUNNERS);
      await page.getByRole("link", { name: /^Sign in with / }).click();
      await page.getByRole("link", { name: "Authorize" }).click();
      await page.getByRole("heading", { name: "You have no role here" }).waitFor();
      await page.getByText("github:mallory").waitFor();
      await page.getByRole("button", { name: "Sign in as somebody else" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await opened.close();
    });

    await t.step("each role finds the buttons that are its own, and no others", async () => {
      const buttons = async (login: string) =>
        await as(login, async (page) => {
          await page.getByRole("heading", { name: "bench-1" }).waitFor();
          return (await page.locator("#main").getByRole("button").allTextContents()).map((text) =>
            text.trim()
          );
        });
      assert.deepEqual(await buttons("Vera"), []);
      assert.deepEqual(await buttons("Anna"), []);
      const all = ["Pause bench-1", "Make a registration command"];
      assert.deepEqual(await buttons("Otto"), all);
      assert.deepEqual(await buttons("Ada"), all);
    });

    await t.step("a form that a viewer's page does not have is refused as well", async () => {
      await as("Vera", async (page) => {
        const [runner] = await factory.call<{ id: string }[]>(
          "GET",
          "/api/owners/acme/projects/site/runners",
        );
        for (
          const path of [
            `${RUNNERS}/registration`,
            `${RUNNERS}/${runner!.id}/pause`,
            `${RUNNERS}/${runner!.id}/remove`,
            `${RUNNERS}/${runner!.id}/rotate`,
          ]
        ) {
          const status = await page.evaluate(
            `fetch(${JSON.stringify(path)}, { method: "POST", redirect: "manual" }).then((r) => r.status)`,
          );
          assert.equal(status, 403, path);
        }
        await page.goto(`${factory.url}${RUNNERS}/${runner!.id}/remove`);
        await page.getByText("Your role, viewer, does not allow this.").waitFor();
        assert.equal(await intake(), "open");
      });
    });

    for (const host of ["127.0.0.1", "localhost"]) {
      await t.step(`another site at ${host} cannot use a signed-in browser`, async () => {
        await as("Ada", async (page) => {
          const [runner] = await factory.call<{ id: string }[]>(
            "GET",
            "/api/owners/acme/projects/site/runners",
          );
          const target = `${factory.url}${RUNNERS}/${runner!.id}/pause`;
          const hostile = serveHostile(() =>
            `<title>hostile</title>
            <form method="post" action="${target}"><button>Win a prize</button></form>
            <form method="post" action="${factory.url}/session"><input name="code" value="x"><button>Log in</button></form>
            <iframe src="${factory.url}/"></iframe>
            <script>
              const send = (path, options) => fetch("${factory.url}" + path, { mode: "no-cors", credentials: "include", ...options });
              globalThis.done = Promise.allSettled([
                send("${RUNNERS}/${runner!.id}/pause", { method: "POST" }),
                send("/api/owners/acme/projects/site/runners/${runner!.id}/pause", { method: "POST" }),
                send("/api/owners/acme/projects/site/assembly-lines/tidy/tasks", { method: "POST", body: '{"title":"x"}' }),
                fetch("${factory.url}/p/acme/site", { credentials: "include" }).then((r) => r.text()),
              ]).then((all) => all.map((one) => one.status + " " + (one.value?.type ?? "")));
            </script>`
          );
          await page.goto(`http://${host}:${hostile.port}/`);
          const outcomes = await page.evaluate("globalThis.done") as string[];
          assert.equal(outcomes[3], "rejected ", "its script reads nothing");
          await page.getByRole("button", { name: "Win a prize" }).click();
          await page.getByText("Another site sent this, so nothing was done.").waitFor();
          await page.goBack();
          const frame = page.frames().find((one) => one !== page.mainFrame());
          assert.equal(
            frame?.url().startsWith(factory.url) ?? false,
            false,
            "no page of ours is in its frame",
          );
          await page.getByRole("button", { name: "Log in" }).click();
          await page.getByText("Another site sent this, so nothing was done.").waitFor();
          assert.equal(await intake(), "open");
          const { tasks } = await factory.call<{ tasks: unknown[] }>(
            "GET",
            "/api/owners/acme/projects/site/tasks",
          );
          assert.deepEqual(tasks, []);
          await hostile.close();
        });
      });
    }

    await browser.close();
    await factory.close();
  },
});
