/**
 * What is asked of whom (Autonomy 19.3), and notices that ask nothing. Below a project's path in the spelling of that API,
 * below `/v1` in that of Autonomy.
 */
import { type Context, Hono } from "hono";
import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import {
  noticeAnswer,
  noticeInput,
  v1WorklistAnswer,
  v1WorklistQuery,
  worklistAnswer,
  worklistQuery,
} from "../../protocol/autonomy/people_wire.ts";
import { isName } from "../../protocol/ids.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { WorklistEntry } from "../domain/people_api.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { people } from "../stubs/people.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { peopleRefusal } from "./people_refusal.ts";

interface At {
  readonly owner: string;
  readonly project: string;
}
interface Page {
  readonly items: readonly WorklistEntry[];
  readonly nextCursor: string | null;
}

/** `GET .../worklist`, `GET /v1/worklist` and `POST /v1/notices`. */
export function createWorklistRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(`${PROJECT_PATH}/worklist`, async (c) => {
    const query = readQuery(c, worklistQuery);
    if (!query.ok) return query.error;
    const page = await load(c, c.var.at, query.value);
    if (!page.ok) return page.error;
    const { items, nextCursor } = page.value;
    return c.json({ items: items.map(entryBody), nextCursor });
  });

  app.get("/v1/worklist", async (c) => {
    const query = readQuery(c, v1WorklistQuery);
    if (!query.ok) return query.error;
    const at = projectNamed(query.value.install);
    if (!at.ok) return at.error;
    const page = await load(c, at.value, query.value);
    if (!page.ok) return page.error;
    const { items, nextCursor } = page.value;
    return c.json({ items: items.map((item) => snake(entryBody(item))), next_cursor: nextCursor });
  });

  app.post("/v1/notices", async (c) => {
    const body = await readBody(c, noticeInput);
    if (!body.ok) return body.error;
    const { install, ...notice } = body.value;
    const at = projectNamed(install);
    if (!at.ok) return at.error;
    const { owner } = at.value;
    const user = await jobQueue(c.env, owner, at.value.project)
      .authorizeScope(c.var.caller, { scope: "tasks:write", isLineFine: false });
    if (!user.ok) return answer(user);
    const by = user.value.principal;
    // The same key by the same caller is the same notice.
    const key = c.req.header("idempotency-key");
    const noticeId = key === undefined
      ? randomUUID()
      : createHash("sha256").update(`${by}\n${key}`).digest("hex").slice(0, 32);
    const { told } = await people(c.env, owner, at.value.project).inform({ ...notice, noticeId, by });
    return c.json({ notice_id: noticeId, told }, 201);
  });
  return app;
}

/** What the caller may see: the admin everything, unless their own is asked for; everybody else what is asked of them. */
async function load(
  c: Context<AppEnv>,
  { owner, project }: At,
  query: z.infer<typeof worklistQuery>,
): Promise<Result<Page, Response>> {
  const user = await jobQueue(c.env, owner, project)
    .authorizeScope(c.var.caller, { scope: "tasks:read", isLineFine: true });
  if (!user.ok) return err(answer(user));
  const { principal, isAdmin, mayDecide, lineId } = user.value;
  const api = people(c.env, owner, project);
  const person = await api.identify(principal);
  const { role, mine, state, cursor, limit } = query;
  const page = await api.worklist({
    principal: isAdmin && mine !== true ? null : person?.principal ?? principal,
    groups: person?.groups ?? [],
    roles: person?.roles ?? [],
    canDecide: mayDecide,
    lineId,
    limit,
    ...(role === undefined ? {} : { role }),
    ...(mine === undefined ? {} : { mine }),
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  return page.ok ? page : err(refusalResponse(peopleRefusal(page.error)));
}

function projectNamed(text: string): Result<At, Response> {
  const [owner = "", project = ""] = text.split("/");
  if (isName(owner) && isName(project)) return ok({ owner, project });
  const message =
    "Cannot find project: expected owner and project to be names of letters, digits, '.', '_' and '-'";
  return err(refusalResponse(refusal(404, "project_not_found", message)));
}

function entryBody(entry: WorklistEntry) {
  const { askId, askType, ownerPrincipal, snoozedUntilMs, nextDeadlineMs, expiresAtMs, openedAtMs, ...rest } =
    entry;
  return {
    gateId: askId,
    ask: askType,
    ...rest,
    requiredRole: rest.requiredRole ?? null,
    ownedBy: ownerPrincipal,
    snoozedUntil: isoOrNull(snoozedUntilMs),
    nextDeadline: isoOrNull(nextDeadlineMs),
    expiresAt: isoOrNull(expiresAtMs),
    openedAt: isoTime(openedAtMs),
  };
}

function isoOrNull(unixMs: number | null): string | null {
  return unixMs === null ? null : isoTime(unixMs);
}

/** Keys as Autonomy spells them. */
function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    snake(inner),
  ]);
  return Object.fromEntries(entries);
}

const LIST = {
  tag: "Worklist",
  method: "get",
  tokens: ["user"],
  scope: "tasks:read",
  summary: "What is asked of me, by deadline",
} as const;

export const WORKLIST_OPERATIONS: readonly Operation[] = [
  {
    ...LIST,
    paths: [`${PROJECT_PATH}/worklist`],
    description: "An admin sees everybody's, unless `mine` is set.",
    query: worklistQuery,
    answers: { 200: worklistAnswer },
    refusals: ["400 invalid_cursor"],
  },
  {
    ...LIST,
    paths: ["/v1/worklist"],
    query: v1WorklistQuery,
    answers: { 200: v1WorklistAnswer },
    refusals: ["400 invalid_cursor", "404 project_not_found"],
  },
  {
    tag: "Worklist",
    method: "post",
    paths: ["/v1/notices"],
    tokens: ["user"],
    scope: "tasks:write",
    summary: "Tell people something that asks nothing",
    description:
      "It leaves the records of its deliveries. The same `Idempotency-Key` again tells nobody twice.",
    body: noticeInput,
    answers: { 201: noticeAnswer },
    refusals: ["404 project_not_found"],
  },
];
