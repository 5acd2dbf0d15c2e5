/** Contexts: documents that people attach to a project, a line, a station or a task, for its agents to search and read. */
import { Hono } from "hono";
import {
  attachmentsAnswer,
  attachmentsInput,
  contextAnswer,
  contextDetailAnswer,
  contextInput,
  contextListAnswer,
  libraryName,
  sourceAnswer,
  sourceInput,
  sourceQuery,
  sourceTextAnswer,
} from "../../protocol/agent/library.ts";
import { isoTime } from "../../protocol/line/time.ts";
import type { AppEnv } from "../app_env.ts";
import type { ContextView, SourceView } from "../domain/library_api.ts";
import { invalidInput, refusalResponse } from "../errors.ts";
import { readBody, readQuery } from "./input.ts";
import { libraryOf, libraryUser } from "./library_access.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/contexts`;
const ONE = `${PATH}/:contextId`;
const SOURCE = `${ONE}/sources/:sourceId`;

export function createContextRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const who = await libraryUser(c, "tasks:read");
    if (who instanceof Response) return who;
    return c.json({ contexts: (await libraryOf(c).listContexts()).map(contextBody) });
  });
  app.get(ONE, async (c) => {
    const who = await libraryUser(c, "tasks:read");
    if (who instanceof Response) return who;
    const found = await libraryOf(c).readContext(c.req.param("contextId"));
    if (!found.ok) return refusalResponse(toolRefusal(found.error));
    const { sources, attachments, ...context } = found.value;
    return c.json({ ...contextBody(context), sources: sources.map(sourceBody), attachments });
  });
  app.put(ONE, async (c) => {
    const body = await readBody(c, contextInput);
    if (!body.ok) return body.error;
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const contextId = c.req.param("contextId");
    const named = libraryName.safeParse(contextId);
    if (!named.success) return refusalResponse(invalidInput(named.error, "path", contextId));
    const put = await libraryOf(c).putContext({ contextId, ...body.value, by });
    return put.ok ? c.json(contextBody(put.value)) : refusalResponse(toolRefusal(put.error));
  });
  app.delete(ONE, async (c) => {
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const gone = await libraryOf(c).deleteContext({ contextId: c.req.param("contextId"), by });
    return gone.ok ? c.body(null, 204) : refusalResponse(toolRefusal(gone.error));
  });
  app.put(`${ONE}/attachments`, async (c) => {
    const body = await readBody(c, attachmentsInput);
    if (!body.ok) return body.error;
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const contextId = c.req.param("contextId");
    const put = await libraryOf(c).attachContext({ contextId, to: body.value.attachments, by });
    return put.ok ? c.json({ attachments: put.value }) : refusalResponse(toolRefusal(put.error));
  });
  app.get(SOURCE, async (c) => {
    const query = readQuery(c, sourceQuery);
    if (!query.ok) return query.error;
    const who = await libraryUser(c, "tasks:read");
    if (who instanceof Response) return who;
    const { contextId, sourceId } = c.req.param();
    const input = { contextId, sourceId, revision: query.value.revision ?? null };
    const found = await libraryOf(c).readSource(input);
    if (!found.ok) return refusalResponse(toolRefusal(found.error));
    const { text, ...source } = found.value;
    return c.json({ ...sourceBody(source), text });
  });
  app.put(SOURCE, async (c) => {
    const body = await readBody(c, sourceInput);
    if (!body.ok) return body.error;
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const { contextId, sourceId } = c.req.param();
    const named = libraryName.safeParse(sourceId);
    if (!named.success) return refusalResponse(invalidInput(named.error, "path", sourceId));
    const put = await libraryOf(c).putSource({ contextId, sourceId, ...body.value, by });
    return put.ok ? c.json(sourceBody(put.value)) : refusalResponse(toolRefusal(put.error));
  });
  app.delete(SOURCE, async (c) => {
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const { contextId, sourceId } = c.req.param();
    const gone = await libraryOf(c).deleteSource({ contextId, sourceId, by });
    return gone.ok ? c.body(null, 204) : refusalResponse(toolRefusal(gone.error));
  });
  return app;
}

function contextBody({ changedAtMs, ...context }: ContextView) {
  return { ...context, changedAt: isoTime(changedAtMs) };
}

function sourceBody({ atMs, ...source }: SourceView) {
  return { ...source, at: isoTime(atMs) };
}

const READ = { tag: "Contexts", method: "get", tokens: ["user"], scope: "tasks:read" } as const;
const WRITE = { tag: "Contexts", tokens: ["user"], scope: "lines:write" } as const;
const UNKNOWN = ["404 context_not_found"];

export const CONTEXT_OPERATIONS: readonly Operation[] = [
  { ...READ, paths: [PATH], summary: "List contexts", answers: { 200: contextListAnswer } },
  {
    ...READ,
    paths: [ONE],
    summary: "Read a context: its documents and what it is attached to",
    answers: { 200: contextDetailAnswer },
    refusals: UNKNOWN,
  },
  {
    ...WRITE,
    method: "put",
    paths: [ONE],
    summary: "Put a context",
    body: contextInput,
    answers: { 200: contextAnswer },
    refusals: ["409 too_many_contexts"],
  },
  {
    ...WRITE,
    method: "delete",
    paths: [ONE],
    summary: "Delete a context",
    description: "Runs that have begun read on as it was.",
    answers: { 204: null },
    refusals: UNKNOWN,
  },
  {
    ...WRITE,
    method: "put",
    paths: [`${ONE}/attachments`],
    summary: "Say what a context is attached to",
    body: attachmentsInput,
    answers: { 200: attachmentsAnswer },
    refusals: UNKNOWN,
  },
  {
    ...READ,
    paths: [SOURCE],
    summary: "Read a document of a context",
    query: sourceQuery,
    answers: { 200: sourceTextAnswer },
    refusals: ["404 source_not_found"],
  },
  {
    ...WRITE,
    method: "put",
    paths: [SOURCE],
    summary: "Put a document's next revision",
    body: sourceInput,
    answers: { 200: sourceAnswer },
    refusals: [...UNKNOWN, "409 too_many_sources"],
  },
  {
    ...WRITE,
    method: "delete",
    paths: [SOURCE],
    summary: "Delete a document of a context",
    answers: { 204: null },
    refusals: ["404 source_not_found"],
  },
];
