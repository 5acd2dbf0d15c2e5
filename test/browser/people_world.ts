/** A factory with people in it: who signs in with GitHub, the policies by which they are asked, and a task at its gate. */
import type { Browser, Page } from "playwright-core";
import { type FakeGitHub, startGitHub } from "../fake/github.ts";
import { type Factory, type FakeRunner, startFactory } from "./factory.ts";
import { type OpenPage, openPage } from "./page_checks.ts";

const PROJECT = "/api/owners/acme/projects/site";

export interface PeopleWorld extends AsyncDisposable {
  readonly factory: Factory;
  readonly github: FakeGitHub;
  readonly runner: FakeRunner;
  /** Says how the line's gate is asked, with `ada` (approver), `bob` (approver), `vera` (viewer). */
  ask(policy: Readonly<Record<string, unknown>>): Promise<void>;
  /** A task that waits at its gate; its id. */
  taskAtGate(title: string): Promise<string>;
  /** Asks something as a program; the ask's id. */
  askByApi(input: Readonly<Record<string, unknown>>): Promise<string>;
  /** A browser of its own in which somebody is signed in. */
  as(browser: Browser, login: string, options?: Parameters<Browser["newContext"]>[0]): Promise<OpenPage>;
  /** The admin, signed in by a link. */
  admin(browser: Browser, options?: Parameters<Browser["newContext"]>[0]): Promise<OpenPage>;
}

/** Starts it; boots once per test file. */
export async function startPeopleWorld(): Promise<PeopleWorld> {
  const github = startGitHub();
  const factory = await startFactory({
    ...github.variables,
    SHOPFLOOR_ROLES: "github:vera=viewer, github:*=approver",
  });
  await factory.putLine();
  const runner = await factory.runner("bench-1");
  let asks = 0;
  return {
    factory,
    github,
    runner,
    ask: async (policy) => {
      await factory.call("PUT", `${PROJECT}/people`, {
        documents: {
          people: [
            { name: "ada", roles: ["approver"], groups: ["leads"], identities: ["github:ada"] },
            { name: "bob", roles: ["approver"], identities: ["github:bob"] },
            { name: "vera", identities: ["github:vera"] },
          ],
          policies: [{ name: "here", ...policy }],
          gates: [{ line: "*", gate: "*", policy: "here" }],
        },
      });
    },
    taskAtGate: async (title) => {
      const task = await factory.submit(title, "Wrap long lines & fix <b>headings</b>.");
      const format = await runner.claim();
      const work = await runner.push(format, {
        "readme.md": "# Site\n\nTidy now.\n",
        "src/a.ts": "const a = 1;\n",
      });
      await runner.finish(format, { ...work, summary: "Formatted 2 files." });
      const check = await runner.claim();
      await runner.push(check, { "reports/check.md": "# Check\n\n12 tests passed.\n" }, true);
      await runner.finish(check, { summary: "12 tests passed." });
      return task.id;
    },
    askByApi: async (input) => {
      const response = await fetch(`${factory.url}/v1/gates`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${await tokenOf(factory)}`,
          "content-type": "application/json",
          "idempotency-key": `ask-${++asks}`,
        },
        body: JSON.stringify({ install: "acme/site", completion: { ac: "It is answered." }, ...input }),
      });
      const text = await response.text();
      if (response.status !== 201) throw new Error(`POST /v1/gates: ${response.status} ${text}`);
      return (JSON.parse(text) as { gate_id: string }).gate_id;
    },
    as: async (browser, login, options) => {
      const opened = await openPage(browser, options);
      github.login = login;
      await opened.page.goto(`${factory.url}/signin`);
      await signInByGitHub(opened.page);
      await opened.page.waitForURL(`${factory.url}/`);
      return opened;
    },
    admin: async (browser, options) => {
      const opened = await openPage(browser, options);
      const { url } = await factory.call<{ url: string }>("POST", "/session/links", undefined, {
        status: 201,
      });
      await opened.page.goto(url);
      await opened.page.waitForURL(`${factory.url}/`);
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      await factory.close();
      await github[Symbol.asyncDispose]();
    },
  };
}

/** From the sign-in page, through the stand-in's page, and back. */
export async function signInByGitHub(page: Page): Promise<void> {
  await page.getByRole("link", { name: /^Sign in with / }).click();
  await page.getByRole("link", { name: "Authorize" }).click();
}

let token: string | null = null;

/** A program's: the admin who asks may not answer its own question. */
async function tokenOf(factory: Factory): Promise<string> {
  token ??= (await factory.call<{ token: string }>("POST", `${PROJECT}/tokens`, {
    name: "release-bot",
    kind: "user",
    scopes: ["tasks:read", "tasks:write"],
  })).token;
  return token;
}
