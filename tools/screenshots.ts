/**
 * `deno task screenshots [NAME...]`: takes the pictures of docs/images, all or those named, in real Chromium over a small
 * factory with people in it. Each picture says its size and how its page comes about; the same run gives the same pictures
 * but for ids and times.
 */
import { type Browser, chromium, type Page } from "playwright-core";
import type { PolledJob } from "../protocol/line/runner.ts";
import { agentTold } from "../test/browser/agent_world.ts";
import { PHONE } from "../test/browser/page_checks.ts";
import { type PeopleWorld, startPeopleWorld } from "../test/browser/people_world.ts";
import { repositoryPath } from "./local/paths.ts";
import { type MessageKind, showMessage } from "./message_pictures.ts";
import { ensureChromium } from "./setup/chromium.ts";

interface Picture {
  readonly name: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly isPhone?: boolean;
  /** Who sits at the browser; null: nobody is signed in. */
  readonly login: string | null;
  /** Leads the page to what is to be seen. */
  readonly show: (page: Page, world: PeopleWorld) => Promise<void>;
}

/** Who may do what in the pictures. */
const ROLES = "github:vera=viewer, github:oli=operator, github:*=approver";
const DESK = { width: 1280, height: 900 };
const LEADS = { auth: "token+identity", candidates: { users: ["user:ada", "user:bob"] }, owner: "user:ada" };

const GREEN = "\u001b[32m", RED = "\u001b[31m", BLUE = "\u001b[1;34m", DIM = "\u001b[2m", OFF = "\u001b[0m";
const OUTPUT = [
  `${BLUE}==>${OFF} reading the card and the project\n`,
  `${DIM}readme.md: 41 lines, src: 12 files${OFF}\n`,
  `${BLUE}==>${OFF} formatting\n${GREEN}  ok${OFF} readme.md ${DIM}14 lines wrapped${OFF}\n${GREEN}  ok${OFF} src/a.ts\n`,
  `${RED}  !!${OFF} src/words.ts: 2 unused imports, taken out\n`,
  `${BLUE}==>${OFF} running the tests\n${GREEN}  12 passed${OFF}, 0 failed\n`,
];

/** What a channel sends; nobody is signed in there. */
function message(kind: MessageKind, height: number): Picture {
  const show = (page: Page) => showMessage(page, kind);
  return { name: `message_${kind}`, viewport: { width: 640, height }, login: null, show };
}

/** What a CLI draws, roughly. */
const AGENT_SCREEN = [
  `${BLUE}* An agent's CLI${OFF} ${DIM}in /workspace, branch work/task${OFF}`,
  "",
  `${DIM}>${OFF} Find the flaky test of this project, mend it, and say why it was flaky.`,
  "",
  `${GREEN}*${OFF} I will run the tests several times and compare what fails.`,
  "",
  `${GREEN}*${OFF} Bash(for i in 1 2 3 4 5; do deno test 2>&1 | tail -3; done)`,
  `  ${DIM}|${OFF} ${GREEN}ok${OFF} | 212 passed | 0 failed (8s)`,
  `  ${DIM}|${OFF} ${RED}FAILED${OFF} | 211 passed | 1 failed (9s)   test/clock.ts: a lease ends when its time is over`,
  `  ${DIM}|${OFF} ${GREEN}ok${OFF} | 212 passed | 0 failed (8s)`,
  "",
  `${DIM}>${OFF} Look at test/clock.ts first, it waits for real time.`,
  "",
  `${GREEN}*${OFF} Bash(deno test test/clock.ts)`,
  `  ${DIM}| running${OFF}`,
  "",
].join("\n");

const CARD = "Wrap long lines, take out what nobody uses, and keep the tests green.";

const PICTURES: readonly Picture[] = [
  message("slack", 300),
  message("github", 300),
  message("mail", 400),
  {
    name: "board",
    viewport: { width: 1280, height: 860 },
    login: "ada",
    show: async (page, world) => {
      await world.ask(LEADS);
      await world.taskAtGate("Tidy the words", OUTPUT, CARD);
      await world.factory.submit("Wrap the changelog", CARD);
      await world.runner.claim();
      await world.factory.submit("Sort the imports", CARD);
      await page.goto(world.factory.url);
      await page.getByText("Sort the imports").waitFor();
    },
  },
  {
    name: "line",
    viewport: { width: 1280, height: 860 },
    login: "ada",
    show: async (page, world) => {
      await page.goto(`${world.factory.url}/p/acme/site/lines/tidy`);
      await page.locator("main svg").first().waitFor();
    },
  },
  {
    name: "task_live",
    viewport: DESK,
    login: "ada",
    show: async (page, world) => {
      const job = await startTask(world, "Tidy the readme");
      await page.goto(`${world.factory.url}/p/acme/site/tasks/${job.agentDefinition.taskId}`);
      await page.getByText("live", { exact: true }).waitFor();
      for (const [i, text] of OUTPUT.entries()) await world.runner.print(job, i, text);
      await page.locator(".xterm-rows").getByText("12 passed").waitFor();
      await page.getByText("Replay from any moment").click();
      await page.getByText(/UTC, Format$/).waitFor();
      await world.runner.finish(job, { jobResult: "failed", exitCode: 1, summary: "Formatted 3 files." });
    },
  },
  {
    name: "agent_live",
    viewport: { width: 1280, height: 1_180 },
    login: "oli",
    show: async (page, world) => {
      const job = await startTask(world, "Find the flaky test");
      const told = agentTold(world.runner, job);
      await told.status({ phase: "running", activity: "thinking", detail: null });
      await world.runner.print(job, 0, AGENT_SCREEN);
      await page.goto(`${world.factory.url}/p/acme/site/tasks/${job.agentDefinition.taskId}`);
      await page.getByLabel("Message to the agent").fill(
        "Look at test/clock.ts first, it waits for real time.",
      );
      await page.getByRole("button", { name: "Send the message" }).click();
      const [sent] = await told.commands();
      await told.settle(sent!.commandId, { outcome: "confirmed" });
      await told.status({ phase: "running", activity: "working", detail: "Bash: deno test test/clock.ts" });
      await page.locator("#agent-state").getByText("Working", { exact: true }).waitFor();
      await page.locator("#agent-commands").getByText("Confirmed").waitFor();
      await page.locator(".xterm-rows").getByText("flaky").first().waitFor();
      await page.getByRole("button", { name: "Type in this terminal" }).click();
      await page.getByText("You type in the agent's terminal").waitFor();
      await page.evaluate("scrollTo(0, 0)");
    },
  },
  {
    name: "task_at_its_gate",
    viewport: { width: 1280, height: 1_100 },
    login: "ada",
    show: async (page, world) => {
      await world.ask(LEADS);
      const taskId = await world.taskAtGate("Tidy the site", OUTPUT, CARD);
      await page.goto(`${world.factory.url}/p/acme/site/tasks/${taskId}`);
      await page.getByText("This task waits at the gate").waitFor();
      await page.getByText("The question", { exact: true }).waitFor();
      await page.locator(".xterm-rows").getByText("12 passed").waitFor();
    },
  },
  {
    name: "gate_phone",
    viewport: PHONE,
    isPhone: true,
    login: null,
    show: async (page, world) => {
      await world.ask({ auth: "token" });
      await page.goto(await world.factory.gateLink(await world.taskAtGate("Tidy the site", [], CARD)));
      await page.getByRole("button", { name: "Approve" }).waitFor();
    },
  },
  {
    name: "worklist",
    viewport: { width: 1280, height: 760 },
    login: "ada",
    show: async (page, world) => {
      await world.ask({ ...LEADS, levels: [{ to: ["user:ada"], leaveAfterMinutes: 30 }] });
      await world.taskAtGate("Wrap the long lines", [], CARD);
      await world.askByApi({ ask: "do", title: "Turn the old server off" });
      const decide = await world.askByApi({ ask: "decide", title: "Where does release 4 go?" });
      await page.goto(`${world.factory.url}/p/acme/site/asks/${decide}`);
      await page.getByRole("button", { name: "Claim it" }).click();
      await page.getByText("claimed by ada").waitFor();
      await page.goto(`${world.factory.url}/worklist`);
      await page.getByText("Wrap the long lines").waitFor();
    },
  },
];

/** A task whose first station is at work. */
async function startTask(world: PeopleWorld, title: string): Promise<PolledJob> {
  await world.factory.submit(title, CARD);
  return await world.runner.claim();
}

async function take(browser: Browser, world: PeopleWorld, picture: Picture): Promise<void> {
  const { name, viewport, isPhone = false, login, show } = picture;
  const options = { viewport, deviceScaleFactor: isPhone ? 2 : 1, isMobile: isPhone, hasTouch: isPhone };
  const opened = login === null
    ? await world.nobody(browser, options)
    : await world.as(browser, login, options);
  await show(opened.page, world);
  // What moves (a dot that beats, a cursor) stands still in a picture.
  await opened.page.emulateMedia({ reducedMotion: "reduce" });
  const path = repositoryPath(`docs/images/${name}.png`);
  await opened.page.screenshot({ path, animations: "disabled" });
  console.log(path);
  await opened.close();
}

const wanted = Deno.args.length === 0 ? PICTURES : PICTURES.filter(({ name }) => Deno.args.includes(name));
if (wanted.length === 0) {
  console.error(
    `Cannot take ${Deno.args.join(", ")}: there are ${PICTURES.map(({ name }) => name).join(", ")}`,
  );
  Deno.exit(2);
}
{
  const executablePath = await ensureChromium();
  // Each picture has a factory of its own, so that none shows what another left.
  for (const picture of wanted) {
    await using world = await startPeopleWorld(ROLES);
    const browser = await chromium.launch({ executablePath });
    await take(browser, world, picture);
    await browser.close();
  }
}
Deno.exit(0);
