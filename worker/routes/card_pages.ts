/** The page on which people submit cards: written there, or from a file. It asks the queue what the API asks. */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { labelsOf, readCardText } from "../../protocol/line/card_text.ts";
import { type TaskCard, taskCard, type TaskData } from "../../protocol/line/task.ts";
import { JSON_BODY_MAX_BYTES } from "../../protocol/limits.ts";
import type { AppEnv } from "../app_env.ts";
import { invalidInput, queueRefusal } from "../errors.ts";
import { JSON_DEPTH_MAX, LIST_PAGE_MAX } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { CardEditPage, type CardEditView, type CardFields, NO_FIELDS } from "../pages/card_edit.tsx";
import type { TextFault } from "../pages/line_text.ts";
import { taskPath } from "../pages/parts.tsx";
import { baseUrlOf, isDeeperThan } from "./input.ts";
import { type OpenedProject, openProject, refusedPage } from "./opened_project.ts";
import { page } from "./page_response.ts";

const SCOPE = "tasks:write";
/** Of the id that a form carries; ours are shorter. */
const ONCE_MAX_CHARS = 100;

/** `GET` and `POST /p/{owner}/{project}/cards`, and `POST .../cards/upload`. */
export function createCardPageRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const cards = "/p/:owner/:project/cards";
  const limit = bodyLimit(JSON_BODY_MAX_BYTES);

  app.get(cards, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    return await cardPage(c, opened, { lineId: c.req.query("line") ?? null, fields: NO_FIELDS, faults: [] });
  });

  app.post(cards, limit, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    const form = await c.req.parseBody();
    const fields: CardFields = {
      title: text(form["title"]),
      description: text(form["description"]).replaceAll("\r\n", "\n"),
      priority: text(form["priority"]) || NO_FIELDS.priority,
      labels: text(form["labels"]),
    };
    return await submit(c, opened, form, fields, { ...fields, labels: labelsOf(fields.labels) });
  });

  app.post(`${cards}/upload`, limit, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    const form = await c.req.parseBody();
    const { file } = form;
    const lineId = text(form["line"]);
    const refuse = (message: string) =>
      cardPage(c, opened, { lineId, fields: NO_FIELDS, faults: [fault("file", message)] }, 400);
    if (!(file instanceof File)) return await refuse("expected a file");
    const card = readCardText(await file.text());
    if (!card.ok) return await refuse(`expected ${card.error.expected}`);
    return await submit(c, opened, form, fieldsOf(card.value), card.value);
  });
  return app;
}

/** Submits what is a card; else the form again, with what it had and what is wrong with it. */
async function submit(
  c: Context<AppEnv>,
  opened: OpenedProject,
  form: Readonly<Record<string, unknown>>,
  fields: CardFields,
  card: unknown,
): Promise<Response> {
  const lineId = text(form["line"]);
  const again = (faults: readonly TextFault[], status = 400) =>
    cardPage(c, opened, { lineId, fields, faults }, status);
  if (isDeeperThan(card, JSON_DEPTH_MAX)) {
    return await again([fault("", `expected at most ${JSON_DEPTH_MAX} levels of lists and objects`)]);
  }
  const parsed = taskCard.safeParse(card);
  if (!parsed.success) {
    const said = invalidInput(parsed.error, "body", card).body.error.issues as readonly {
      readonly path: string;
      readonly message: string;
    }[];
    return await again(said.map(({ path, message }) => fault(path, message)));
  }
  const caller = { ...c.var.caller, once: onceOf(text(form["once"]), lineId, parsed.data) };
  const input = { lineId, card: parsed.data, baseUrl: baseUrlOf(c) };
  const made = await opened.queue.submitTask(caller, input);
  if (made.ok) {
    const { id } = JSON.parse(made.value) as TaskData;
    return c.redirect(taskPath(opened.at.owner, opened.at.project, id), 303);
  }
  const { status, body } = queueRefusal(made.error);
  return status === 403
    ? await refusedPage(c, made.error)
    : await again([fault("", body.error.message)], status);
}

/** The same form with the same card makes one task, however often its button is pressed; a changed card is another. */
function onceOf(once: string, lineId: string, card: TaskCard) {
  const fingerprint = createHash("sha256").update(JSON.stringify([lineId, card])).digest("hex");
  return { key: `form ${once.slice(0, ONCE_MAX_CHARS)} ${fingerprint}`, fingerprint };
}

async function cardPage(
  c: Context<AppEnv>,
  { at, queue }: OpenedProject,
  view: Pick<CardEditView, "lineId" | "fields" | "faults">,
  status = 200,
): Promise<Response> {
  const lines = await queue.listLines(c.var.caller);
  const isEmptyProject = !lines.ok && lines.error.reason === "project_not_found";
  if (!lines.ok && !isEmptyProject) return await refusedPage(c, lines.error);
  const known = (lines.ok ? lines.value : []).slice(0, LIST_PAGE_MAX)
    .map(({ id, definition }) => ({ id, name: definition.name }));
  return await page(
    c,
    CardEditPage({ view: { at, lines: known, once: crypto.randomUUID(), ...view } }),
    status,
  );
}

/** What of a card that was refused fits the form. */
function fieldsOf(card: unknown): CardFields {
  const { title, description, priority, labels } = Object(card) as Readonly<Record<string, unknown>>;
  return {
    title: text(title),
    description: text(description),
    priority: text(priority) || NO_FIELDS.priority,
    labels: Array.isArray(labels) ? labels.filter((label) => typeof label === "string").join(", ") : "",
  };
}

function fault(path: string, message: string): TextFault {
  return { lineNumber: null, path, message, excerpt: null };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
