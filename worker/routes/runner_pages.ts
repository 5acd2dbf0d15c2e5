/** The page of runners and its forms. Each form asks the queue what the API asks, as the person who is signed in. */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { FORM_MAX_BYTES, RUNNERS_BUSY_PIECE_MS, RUNNERS_BUSY_PIECES } from "../limits.ts";
import { PAGE_MAX } from "../../protocol/limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import type { ChartSpec } from "../pages/chart_spec.ts";
import { ASKED_ACTIONS, RunnerQuestionPage, RunnerSecretPage } from "../pages/runner_actions.tsx";
import { projectPath } from "../pages/frame.tsx";
import { RunnersPage } from "../pages/runners.tsx";
import { createRunnerReader } from "../store/history/runner_read.ts";
import { baseUrlOf } from "./input.ts";
import { type OpenedProject, openProject, refusedPage } from "./opened_project.ts";
import { page } from "./page_response.ts";

const LIST = "/p/:owner/:project/runners";
const INTAKES = { pause: "paused", resume: "open", drain: "draining" } as const;

const NOTICES: Readonly<Record<string, string>> = {
  paused: "The runner gets no new work until you resume it.",
  open: "The runner gets work again.",
  draining: "The runner finishes what it holds, and ends then.",
  removed: "The runner is removed.",
};

/** `GET /p/{owner}/{project}/runners`, the pages that ask before something is done, and the forms. */
export function createRunnerPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(`${LIST}/*`, bodyLimit(FORM_MAX_BYTES));

  app.get(LIST, async (c) => {
    const opened = await openProject(c);
    return opened instanceof Response ? opened : await list(c, opened, nowMs());
  });

  app.post(`${LIST}/registration`, async (c) => {
    const opened = await openProject(c, "runners:write");
    if (opened instanceof Response) return opened;
    const { at, queue } = opened;
    const made = await queue.createRegistrationToken(c.var.caller);
    if (!made.ok) return refusedPage(c, made.error);
    const register =
      `SHOPFLOOR_TOKEN=${made.value.token} deno task runner register --server ${baseUrlOf(c)} ` +
      `--owner ${at.owner} --project ${at.project}`;
    const lines = [
      { label: "Register the machine", text: register },
      { label: "Then start it", text: "deno task runner run" },
    ];
    const says =
      "Copy it now: this is the only time that the token is shown. It registers runners of this project for " +
      "an hour and can do nothing else.";
    return page(c, RunnerSecretPage({ at, title: "Registration command", says, lines }));
  });

  app.get(`${LIST}/:runnerId/:action{(?:${ASKED_ACTIONS.join("|")})}`, async (c) => {
    const opened = await openProject(c, "runners:write");
    if (opened instanceof Response) return opened;
    const runner = await opened.queue.readRunner(c.var.caller, c.req.param("runnerId"));
    if (!runner.ok) return refusedPage(c, runner.error);
    const action = ASKED_ACTIONS.find((one) => one === c.req.param("action"))!;
    return page(c, RunnerQuestionPage({ at: opened.at, runner: runner.value, action }));
  });

  app.post(`${LIST}/:runnerId/:action{(?:pause|resume|drain)}`, async (c) => {
    const opened = await openProject(c, "runners:write");
    if (opened instanceof Response) return opened;
    const intake = INTAKES[c.req.param("action") as keyof typeof INTAKES];
    const input = { runnerId: c.req.param("runnerId"), intake };
    const done = await opened.queue.setRunnerIntake(c.var.caller, input);
    return done.ok ? back(c, opened, intake) : refusedPage(c, done.error);
  });

  app.post(`${LIST}/:runnerId/remove`, async (c) => {
    const opened = await openProject(c, "runners:write");
    if (opened instanceof Response) return opened;
    const gone = await opened.queue.deleteRunner(c.var.caller, c.req.param("runnerId"));
    return gone.ok ? back(c, opened, "removed") : refusedPage(c, gone.error);
  });

  app.post(`${LIST}/:runnerId/rotate`, async (c) => {
    const opened = await openProject(c, "runners:write");
    if (opened instanceof Response) return opened;
    const made = await opened.queue.rotateRunner(c.var.caller, c.req.param("runnerId"));
    if (!made.ok) return refusedPage(c, made.error);
    const { name, token } = made.value;
    const says =
      `Copy it now: this is the only time that the new token of “${name}” is shown. The old one is worth nothing.`;
    const lines = [{ label: "Token of the runner", text: token }];
    return page(c, RunnerSecretPage({ at: opened.at, title: "New token", says, lines }));
  });
  return app;
}

async function list(c: Context<AppEnv>, { at, queue }: OpenedProject, nowMs: number): Promise<Response> {
  const [runners, claimed, working, busy] = await Promise.all([
    queue.listRunners(c.var.caller),
    queue.listJobs(c.var.caller, { limit: PAGE_MAX, status: "claimed" }),
    queue.listJobs(c.var.caller, { limit: PAGE_MAX, status: "in_progress" }),
    busySpec(c, at, nowMs),
  ]);
  // A project comes to be with what is first put into it, such as a runner.
  const isEmpty = !runners.ok && runners.error.reason === "project_not_found";
  if (!runners.ok && !isEmpty) return refusedPage(c, runners.error);
  const held = [claimed, working].flatMap((jobs) => jobs.ok ? jobs.value.jobs : [])
    .map(({ id, taskId, stationId }) => ({ jobId: id, taskId, stationId }));
  const notice = NOTICES[c.req.query("notice") ?? ""] ?? null;
  return await page(
    c,
    RunnersPage({ view: { at, nowMs, runners: runners.ok ? runners.value : [], held, busy, notice } }),
  );
}

/** How busy they were, hour by hour; null without a history. */
async function busySpec(
  c: Context<AppEnv>,
  at: OpenedProject["at"],
  nowMs: number,
): Promise<ChartSpec | null> {
  const history = createRunnerReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
  const [pieceMs, pieces] = [RUNNERS_BUSY_PIECE_MS, RUNNERS_BUSY_PIECES];
  const fromMs = (Math.floor(nowMs / pieceMs) + 1 - pieces) * pieceMs;
  const busy = await history.busyMs({ ...at, fromMs, pieceMs, pieces, nowMs });
  if (busy.kind !== "ok") return null;
  return {
    id: "busy",
    kind: "bars",
    title: "Time at work, by hour",
    note:
      "How long runs took in each of the last 24 hours (UTC), all runners together: one runner with one job at a time can work 60 minutes of an hour.",
    unit: "ms",
    labelName: "Hour",
    labels: busy.value.map((_, n) => `${new Date(fromMs + n * pieceMs).toISOString().slice(11, 13)}:00`),
    series: [{ name: "At work", tone: "accent", values: busy.value }],
  };
}

function back(c: Context<AppEnv>, { at }: OpenedProject, notice: string): Response {
  return c.redirect(`${projectPath(at)}/runners?notice=${notice}`, 303);
}
