/** A factory with people in it: who signs in with GitHub, the policies by which they are asked, and a task at its gate. */
import type { Browser, Page } from "playwright-core";
import { type FakeGitHub, startGitHub } from "../fake/github.ts";
import { until } from "../worker/until.ts";
import { type Factory, type FakeRunner, startFactory } from "./factory.ts";
import { type OpenPage, openPage } from "./page_checks.ts";

const PROJECT = "/api/owners/acme/projects/site";

export interface PeopleWorld extends AsyncDisposable {
  readonly factory: Factory;
  readonly github: FakeGitHub;
  readonly runner: FakeRunner;
  /** Says how the line's gate is asked, with `ada` (approver), `bob` (approver), `vera` (viewer). */
  ask(policy: Readonly<Record<string, unknown>>): Promise<void>;
  /** A task that waits at its gate, whose last station printed `output`; its id. */
  taskAtGate(title: string, output?: readonly string[], description?: string): Promise<string>;
  /** Asks something as a program; the ask's id. */
  askByApi(input: Readonly<Record<string, unknown>>): Promise<string>;
  /** A browser of its own in which somebody is signed in. */
  as(browser: Browser, login: string, options?: Parameters<Browser["newContext"]>[0]): Promise<OpenPage>;
  /** A browser in which nobody is signed in. */
  nobody(browser: Browser, options?: Parameters<Browser["newContext"]>[0]): Promise<OpenPage>;
}

/** Starts it; boots once per test file. */
export async function startPeopleWorld(
  roles = "github:vera=viewer, github:*=approver",
): Promise<PeopleWorld> {
  const github = startGitHub();
  const factory = await startFactory({
    ...github.variables,
    SHOPFLOOR_ROLES: roles,
  });
  await factory.putLine();
  const runner = await factory.runner("bench-1");
  let asks = 0;
  let token: string | null = null;
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
    taskAtGate: async (title, output = [], description = "Wrap long lines & fix <b>headings</b>.") => {
      const task = await factory.submit(title, description);
      const format = await runner.claim();
      const work = await runner.push(format, {
        "readme.md": "# Site\n\nTidy now.\n",
        "src/a.ts": "const a = 1;\n",
      });
      await runner.finish(format, { ...work, summary: "Formatted 2 files." });
      const check = await runner.claim();
      for (const [i, text] of output.entries()) await runner.print(check, i, text);
      await runner.push(check, { "reports/check.md": "# Check\n\n12 tests passed.\n" }, true);
      await runner.finish(check, { summary: "12 tests passed." });
      // The worklist hears of it after the queue: who looks at once may find nothing yet.
      await until("the ask must be on the worklist", async () => {
        const { items } = await factory.call<
          { items: readonly { readonly origin: { readonly taskId?: string } }[] }
        >(
          "GET",
          `${PROJECT}/worklist?state=open`,
        );
        return items.some(({ origin }) => origin.taskId === task.id) ? true : null;
      });
      return task.id;
    },
    askByApi: async (input) => {
      token ??= await makeToken(factory);
      const response = await fetch(`${factory.url}/v1/gates`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
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
    nobody: openPage,
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

/** A program's: the admin who asks may not answer its own question. */
async function makeToken(factory: Factory): Promise<string> {
  const { token } = await factory.call<{ token: string }>("POST", `${PROJECT}/tokens`, {
    name: "release-bot",
    kind: "user",
    scopes: ["tasks:read", "tasks:write"],
  });
  return token;
}
