/** What people keep for agents, in real Chromium: contexts, memory, issues; a task's subtasks and specs. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { ensureChromium } from "../../tools/setup/chromium.ts";
import { signIn } from "./browser_world.ts";
import { startFactory } from "./factory.ts";
import { checkPage, DESK, openPage, PHONE } from "./page_checks.ts";

const API = "/api/owners/acme/projects/site";
const MARKUP = "<img src=x onerror=alert(1)>";
const SPEC = {
  ".agentics/specs/login/prd.md": `---\nstatus: active\n---\n# Login\n\nPeople sign in. ${MARKUP}\n`,
  ".agentics/specs/login/requirements.md":
    "# Requirements\n\n## REQ-1: People log in by a link\n\nIt works once.\n",
  ".agentics/specs/login/test_spec.md":
    "## TEST-1: The link works\n\nRequirements: REQ-1\nPath: `test/login_test.ts`\n",
  ".agentics/specs/login/tasks.md":
    "## 1. The form\n\nRequirements: REQ-1\n\n## 2. The mail with the link\n\nRequirements: REQ-1\n",
};

Deno.test({
  name: "the library, subtasks and specs in a browser",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const executablePath = await ensureChromium();
    const factory = await startFactory();
    const browser = await chromium.launch({ executablePath });
    await factory.putLine();
    const opened = await openPage(browser);
    const { page } = opened;
    await signIn(page, factory);
    const at = (path: string) => `${factory.url}/p/acme/site${path}`;

    await t.step("a context is made, gets documents with revisions, is found and attached", async () => {
      await page.goto(factory.url);
      await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Library" }).click();
      await page.getByText("This project has no contexts yet.").waitFor();
      await page.getByText("A new context").click();
      await page.getByLabel("Name, without spaces").fill("guide");
      await page.getByLabel("Title").fill("House style");
      await page.getByRole("button", { name: "Make it" }).click();
      await page.getByText("It has no documents yet.").waitFor();
      await page.getByText("Attached to nothing: no agent finds it.").waitFor();
      for (
        const text of [
          "# Commits\n\nOne idea each.",
          `# Commits\n\nOne idea each, said in a sentence. ${MARKUP}`,
        ]
      ) {
        await page.goto(at("/contexts/guide"));
        await page.getByText("Add or replace a document").click();
        await page.getByLabel(/^Name, without spaces/).fill("commits");
        await page.getByLabel("Title").fill("Commits");
        await page.getByLabel("Text, as Markdown").fill(text);
        await page.getByRole("button", { name: "Keep it" }).click();
        await page.getByRole("heading", { name: "Commits", level: 2 }).waitFor();
      }
      await page.getByText("revision 2").waitFor();
      await page.getByText(MARKUP).first().waitFor();
      await checkPage(opened, { name: "source" });
      await page.goto(at("/contexts/guide"));
      await page.getByText("What it is for").click();
      await page.getByLabel("Line").fill("tidy");
      await page.getByRole("button", { name: "Attach it" }).click();
      await page.getByText("Attached to line tidy.").waitFor();
      await checkPage(opened, { name: "context" });
      await page.goto(at("/contexts"));
      await page.getByLabel("Words in documents").fill("sentence");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByLabel("Passages that were found").getByRole("link", { name: "Commits" }).waitFor();
      await checkPage(opened, { name: "contexts" });
      await page.goto(at("/contexts?q=nowhere"));
      await page.getByText("No document has these words.").waitFor();
    });

    await t.step("what a form got wrong is said, and nothing is changed", async () => {
      await page.goto(at("/contexts"));
      await page.getByText("A new context").click();
      await page.getByLabel("Name, without spaces").fill("two words");
      await page.getByLabel("Title").fill("x");
      await page.getByRole("button", { name: "Make it" }).click();
      await page.getByRole("alert").getByText(/Nothing was changed: id: expected/).waitFor();
      const { contexts } = await factory.call<{ contexts: unknown[] }>("GET", `${API}/contexts`);
      assert.equal(contexts.length, 1);
      opened.complaints.splice(0);
    });

    await t.step("a note is written and forgotten", async () => {
      await page.goto(at("/memory"));
      await page.getByText("Note something").click();
      await page.getByLabel("Note", { exact: true }).fill(`The tests need port 8080. ${MARKUP}`);
      await page.getByLabel("Known from").fill("the last outage");
      await page.getByRole("button", { name: "Note it" }).click();
      await page.getByText("The tests need port 8080.").waitFor();
      await page.getByText("for every agent").waitFor();
      await checkPage(opened, { name: "memory" });
      await page.getByRole("button", { name: /^Forget/ }).click();
      await page.getByText("Nothing is noted.").waitFor();
    });

    await t.step("an issue is made, commented, closed and found", async () => {
      await page.goto(at("/issues"));
      await page.getByText("A new issue").click();
      await page.getByLabel("Title").fill("The footer is wrong");
      await page.getByLabel("Text", { exact: true }).fill(`It says 2019. ${MARKUP}`);
      await page.getByLabel("Labels, with commas between").fill("bug, small");
      await page.getByRole("button", { name: "Make it" }).click();
      await page.getByRole("heading", { name: "The footer is wrong" }).waitFor();
      await page.getByLabel("Comment").fill("Still so.");
      await page.getByRole("button", { name: "Comment" }).click();
      await page.getByText("Still so.").waitFor();
      await checkPage(opened, { name: "issue" });
      await page.getByRole("button", { name: "Close this issue" }).click();
      await page.getByText("Closed", { exact: true }).waitFor();
      await page.goto(at("/issues"));
      await page.getByText("There are no open issues.").waitFor();
      await page.getByLabel("Words in issues").fill("footer");
      await page.getByLabel("State").selectOption("closed");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("link", { name: "The footer is wrong" }).waitFor();
      await checkPage(opened, { name: "issues" });
    });

    await t.step("subtasks are added, queued and dropped, which needs a reason", async () => {
      const task = await factory.submit("Build the login", "See its spec.");
      await page.goto(at(`/tasks/${task.id}`));
      await page.getByRole("link", { name: "Subtasks", exact: true }).click();
      await page.getByText("This task has no subtasks.").waitFor();
      for (const [id, title] of [["form", "The form"], ["mail", "The mail"]]) {
        await page.getByText("Add a subtask").click();
        await page.getByLabel("Name, without spaces").fill(id!);
        await page.getByLabel("Title").fill(title!);
        await page.getByRole("button", { name: "Add it" }).click();
        await page.getByRole("cell", { name: title! }).waitFor();
      }
      const move = async (value: string, why: string) => {
        await page.getByText("Move a subtask").click();
        await page.getByLabel("Subtask, and where it goes").selectOption(value);
        if (why !== "") await page.getByLabel("Why").fill(why);
        await page.getByRole("button", { name: "Move it" }).click();
      };
      await move("queued form", "");
      await page.getByRole("cell", { name: "Queued" }).waitFor();
      await move("dropped mail", "");
      await page.getByRole("alert").waitFor();
      opened.complaints.splice(0);
      await move("dropped mail", "Nobody writes mails any more.");
      await page.getByRole("cell", { name: "Nobody writes mails" }).waitFor();
      await page.locator("#add > summary").click();
      await checkPage(opened, { name: "subtasks" });
      await page.goto(at(`/tasks/${task.id}`));
      await page.locator("#agents").getByText("The form").waitFor();
    });

    await t.step("a spec is read as text, with its requirements", async () => {
      const runner = await factory.runner("bench-1");
      const job = await runner.claim();
      const { taskId } = job.agentDefinition;
      await page.goto(at(`/tasks/${taskId}/specs`));
      await page.getByText("This task has no specs.").waitFor();
      await runner.finish(job, { ...await runner.push(job, SPEC), summary: "Wrote the spec." });
      await page.reload();
      await page.getByRole("main").getByRole("link", { name: "login", exact: true }).click();
      await page.getByRole("heading", { name: "Login", exact: true }).waitFor();
      await page.getByRole("row", {
        name: /REQ-1 People log in by a link.*test\/login_test.ts, not there yet/,
      }).waitFor();
      await page.getByText(MARKUP).first().waitFor();
      await checkPage(opened, { name: "spec" });
      await page.getByRole("navigation", { name: "Where you are" }).getByRole("link", { name: "specs" })
        .click();
      await page.getByRole("heading", { name: "Specs" }).waitFor();
      await checkPage(opened, { name: "specs" });
    });

    await t.step("subtasks are made of a spec's tasks; one is verified by hand, and reopened", async () => {
      const specs = page.url();
      await page.getByRole("main").getByRole("link", { name: "login", exact: true }).click();
      const tasks = page.getByRole("region", { name: "Tasks of the spec" });
      await tasks.getByRole("row", { name: /The mail with the link 2 REQ-1 none yet/ }).waitFor();
      await page.getByText("Make subtasks of them").click();
      await page.getByLabel("Agents").selectOption("queued");
      await page.getByRole("button", { name: "Make them" }).click();
      await tasks.getByRole("row", { name: /The form 1 REQ-1 Queued/ }).waitFor();
      assert.equal(await page.getByText("Make subtasks of").count(), 0, "there is none left to make");
      await checkPage(opened, { name: "spec_subtasks" });
      await page.getByRole("link", { name: "All subtasks" }).click();
      const row = page.getByRole("row", { name: /The form login:1/ });
      for (const value of ["in_progress", "awaiting_verification"]) {
        await page.getByText("Move a subtask").click();
        await page.getByLabel("Subtask, and where it goes").selectOption(`${value} login:1`);
        await page.getByRole("button", { name: "Move it" }).click();
      }
      await row.getByText("Waits for verification").waitFor();
      await page.getByText("Say what a check found").click();
      await page.getByLabel("Subtask", { exact: true }).selectOption("login:1");
      await page.getByLabel("What was seen").fill("Signed in twice.");
      await page.getByRole("button", { name: "Say so" }).click();
      await row.getByText("Done").waitFor();
      await row.getByText("by hand: passed, Signed in twice.").waitFor();
      await page.getByText("Move a subtask").click();
      await page.getByLabel("Subtask, and where it goes").selectOption({ label: "login:1: reopen it" });
      await page.getByRole("button", { name: "Move it" }).click();
      await row.getByText("To be looked at again").waitFor();
      await page.locator("#move > summary").click();
      await checkPage(opened, { name: "subtasks_of_spec" });
      await page.setViewportSize(PHONE);
      const hidden = await page.getByRole("region", { name: "Subtasks" }).evaluate((
        region,
      ) => [region.scrollWidth - region.clientWidth, region.scrollHeight - region.clientHeight]);
      assert.deepEqual(hidden, [0, 0], "a phone shows all of the table");
      await page.setViewportSize(DESK);
      await row.getByRole("link", { name: "login" }).click();
      await tasks.getByRole("row", { name: /The form.*To be looked at again 1 passed, 0 failed/ }).waitFor();
      assert.equal(page.url(), `${specs}/login`);
    });

    await opened.close();
    await browser.close();
    await factory.close();
  },
});
