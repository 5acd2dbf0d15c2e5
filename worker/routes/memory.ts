/** Memory: what people note for a project's agents to recall. Agents have no way to write it. */
import { Hono } from "hono";
import { memoryAnswer, memoryInput, memoryListAnswer, memoryQuery } from "../../protocol/agent/library.ts";
import { isoTime } from "../../protocol/line/time.ts";
import type { AppEnv } from "../app_env.ts";
import type { MemoryView } from "../domain/library_api.ts";
import { refusalResponse } from "../errors.ts";
import { readBody, readQuery } from "./input.ts";
import { libraryOf, libraryUser } from "./library_access.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/memory`;
const ONE = `${PATH}/:memoryId`;

export function createMemoryRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const query = readQuery(c, memoryQuery);
    if (!query.ok) return query.error;
    const who = await libraryUser(c, "tasks:read");
    if (who instanceof Response) return who;
    const { namespace = null, limit, cursor = null } = query.value;
    const { memories, nextCursor } = await libraryOf(c).listMemories({ namespace, limit, cursor });
    return c.json({ memories: memories.map(bodyOf), nextCursor });
  });
  app.post(PATH, async (c) => {
    const body = await readBody(c, memoryInput);
    if (!body.ok) return body.error;
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const made = await libraryOf(c).addMemory({ ...body.value, by });
    return made.ok ? c.json(bodyOf(made.value), 201) : refusalResponse(toolRefusal(made.error));
  });
  app.get(ONE, async (c) => {
    const who = await libraryUser(c, "tasks:read");
    if (who instanceof Response) return who;
    const found = await libraryOf(c).readMemory(c.req.param("memoryId"));
    return found.ok ? c.json(bodyOf(found.value)) : refusalResponse(toolRefusal(found.error));
  });
  app.put(ONE, async (c) => {
    const body = await readBody(c, memoryInput);
    if (!body.ok) return body.error;
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const put = await libraryOf(c).putMemory({ ...body.value, id: c.req.param("memoryId"), by });
    return put.ok ? c.json(bodyOf(put.value)) : refusalResponse(toolRefusal(put.error));
  });
  app.delete(ONE, async (c) => {
    const by = await libraryUser(c, "lines:write");
    if (by instanceof Response) return by;
    const gone = await libraryOf(c).deleteMemory({ id: c.req.param("memoryId"), by });
    return gone.ok ? c.body(null, 204) : refusalResponse(toolRefusal(gone.error));
  });
  return app;
}

function bodyOf({ recordedAtMs, ...memory }: MemoryView) {
  return { ...memory, recordedAt: isoTime(recordedAtMs) };
}

const READ = { tag: "Memory", method: "get", tokens: ["user"], scope: "tasks:read" } as const;
const WRITE = { tag: "Memory", tokens: ["user"], scope: "lines:write" } as const;
const UNKNOWN = ["404 memory_not_found"];

export const MEMORY_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [PATH],
    summary: "List notes, the newest first",
    query: memoryQuery,
    answers: { 200: memoryListAnswer },
  },
  {
    ...WRITE,
    method: "post",
    paths: [PATH],
    summary: "Note something for agents",
    body: memoryInput,
    answers: { 201: memoryAnswer },
    refusals: ["409 too_many_memories"],
  },
  { ...READ, paths: [ONE], summary: "Read a note", answers: { 200: memoryAnswer }, refusals: UNKNOWN },
  {
    ...WRITE,
    method: "put",
    paths: [ONE],
    summary: "Put a note in place of one",
    body: memoryInput,
    answers: { 200: memoryAnswer },
    refusals: UNKNOWN,
  },
  {
    ...WRITE,
    method: "delete",
    paths: [ONE],
    summary: "Forget a note",
    answers: { 204: null },
    refusals: UNKNOWN,
  },
];
