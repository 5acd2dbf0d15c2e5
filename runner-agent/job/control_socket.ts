/**
 * What people at this machine may do to its agents: HTTP on a socket (`control_path.ts`) that only the runner's own user
 * can open.
 *
 * ```
 * GET  /agents                      GET  /agents/{run}
 * POST /agents/{run}/messages       {"text": "...", "interrupt": false, "expiresInS": 60, "id": "..."}
 * POST /agents/{run}/interrupt      POST /agents/{run}/keys {"keys": [...]}
 * POST /agents/{run}/suspend        POST /agents/{run}/resume {"text": null}
 * POST /agents/{run}/stop           POST /agents/{run}/delete {"branch": false, "home": false, "stop": false}
 * GET  /agents/{run}/scripts        POST /agents/{run}/scripts {"stop": "71-90210"}
 * GET  /agents/{run}/output?form=raw|lines&follow=true|false
 * GET  /agents/{run}/turns
 * POST /agents/{run}/rewind         {"turn": 3}
 * POST /agents/{run}/fork           {"turn": 3, "branch": "...", "into": "/absolute/directory"}
 * GET  /worktrees
 * ```
 *
 * 1. Nothing is asked of who connects: the mode of the socket, and of its directory, is the check.
 * 2. A command is answered when it is over, with its outcome; a message that names an `id` is one message however often it
 *    is sent.
 */
import { z } from "zod";
import { type AgentCommand, keysInput, messageInput, resumeInput } from "../../protocol/agent/commands.ts";
import { boundedText } from "../mcp/bounded_text.ts";
import type { WorktreeInventory } from "../ports.ts";
import type { AgentRegistry, KnownAgent } from "./agent_registry.ts";
import { makeControlDir } from "./control_path.ts";
import { OUTPUT_FORMS } from "./agent_output.ts";
import { stopScriptInput } from "./agent_scripts.ts";
import { deleteInput } from "./deletion.ts";
import { refusal, removeSocket } from "./hub.ts";
import { changeTurns, listTurns } from "./turn_routes.ts";

const SOCKET_MODE = 0o600;

const message = messageInput.extend({ id: z.string().min(1).max(100).optional() });
const nothing = z.strictObject({});
const outputQuery = z.strictObject({
  form: z.enum(OUTPUT_FORMS),
  follow: z.enum(["true", "false"]).default("false"),
});

/** Serves until it is closed. A socket that a dead runner left is replaced: the runner's lock is ours. */
export async function serveControlSocket(
  path: string,
  agents: AgentRegistry,
  worktrees: Pick<WorktreeInventory, "list"> | null = null,
): Promise<{ close(): Promise<void> }> {
  await makeControlDir(path);
  await removeSocket(path);
  const ended = new AbortController();
  const before = Deno.umask(0o177);
  let server: Deno.HttpServer;
  try {
    // The mode holds from the socket's first moment.
    server = Deno.serve(
      { path, signal: ended.signal, onListen: () => {} },
      createControlHandler(agents, worktrees),
    );
    Deno.chmodSync(path, SOCKET_MODE);
  } finally {
    Deno.umask(before);
  }
  return {
    async close() {
      ended.abort();
      await server.finished.catch(() => {});
      await removeSocket(path);
    },
  };
}

/** The handler alone. */
export function createControlHandler(
  agents: AgentRegistry,
  worktrees: Pick<WorktreeInventory, "list"> | null = null,
): (request: Request) => Promise<Response> {
  return async function control(request) {
    // Paths of the unix scheme have other rules.
    const parts = new URL(request.url).pathname.split("/").filter((part) => part !== "").map(
      decodeURIComponent,
    );
    const [kind, runId, act, ...more] = parts;
    if (kind === "worktrees" && runId === undefined) {
      return request.method === "GET"
        ? Response.json({ worktrees: await worktrees?.list() ?? [] })
        : notAllowed("GET");
    }
    if (kind !== "agents" || more.length > 0) return notFound();
    if (runId === undefined) {
      return request.method === "GET"
        ? Response.json({ agents: agents.list().map((one) => one.view()) })
        : notAllowed("GET");
    }
    const agent = agents.find(runId);
    if (agent === null) {
      return refusal(
        404,
        "agent_not_found",
        `Cannot find the agent of '${runId}' as it must run here: see GET /agents`,
      );
    }
    if (act === undefined) return request.method === "GET" ? Response.json(agent.view()) : notAllowed("GET");
    if (act === "scripts") return await scriptsOf(request, agent);
    if (act === "output") return request.method === "GET" ? outputOf(request, agent) : notAllowed("GET");
    if (act === "turns") return request.method === "GET" ? await listTurns(agent) : notAllowed("GET");
    if (request.method !== "POST") return notAllowed("POST");
    if (act === "rewind" || act === "fork") return await changeTurns(agent, act, await bodyOf(request));
    if (act === "stop") {
      agent.stop();
      return Response.json({ outcome: "done", detail: null }, { status: 202 });
    }
    if (act === "delete") return await deleteOf(request, agent);
    const command = await commandOf(request, runId, act);
    return command instanceof Response ? command : await carryOut(agent, command);
  };
}

async function carryOut(agent: KnownAgent, command: AgentCommand): Promise<Response> {
  try {
    return Response.json(await agent.commands.carryOut(command));
  } catch (error) {
    const message = error instanceof Error ? error.message : "the agent's session ended before";
    return refusal(409, "agent_not_reachable", message);
  }
}

async function scriptsOf(request: Request, agent: KnownAgent): Promise<Response> {
  const scripts = agent.scripts();
  if (scripts === null) return refusal(409, "agent_not_reachable", "the agent has no sandbox now");
  if (request.method === "GET") return Response.json({ scripts: await scripts.list() });
  if (request.method !== "POST") return notAllowed("GET or POST");
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const wish = stopScriptInput.safeParse(body);
  if (!wish.success) return invalid(wish.error);
  return await scripts.stop(wish.data.stop)
    ? Response.json({ outcome: "done", detail: null })
    : refusal(404, "script_not_found", "Cannot stop the program as it must run: see the list");
}

function outputOf(request: Request, agent: KnownAgent): Response {
  const wish = outputQuery.safeParse(Object.fromEntries(new URL(request.url).searchParams));
  if (!wish.success) return invalid(wish.error);
  return new Response(agent.output({ form: wish.data.form, follow: wish.data.follow === "true" }));
}

/** Its run ends in its own time. */
async function deleteOf(request: Request, agent: KnownAgent): Promise<Response> {
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const wish = deleteInput.safeParse(body);
  if (!wish.success) return invalid(wish.error);
  const deleted = await agent.delete(wish.data);
  return deleted.ok
    ? Response.json({ outcome: "done", detail: null }, { status: 202 })
    : refusal(409, "agent_at_work", deleted.error);
}

async function bodyOf(request: Request): Promise<unknown | Response> {
  const text = await boundedText(request);
  if (text === null) return refusal(413, "too_large", "The body is too long");
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    return refusal(400, "invalid_json", "Expected JSON");
  }
}

async function commandOf(request: Request, runId: string, act: string): Promise<AgentCommand | Response> {
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const head = { runId, commandId: crypto.randomUUID() };
  switch (act) {
    case "messages": {
      const parsed = message.safeParse(body);
      if (!parsed.success) return invalid(parsed.error);
      const { id, text, interrupt, expiresInS } = parsed.data;
      return {
        ...{ ...head, commandId: id ?? head.commandId, kind: "message", text, interrupt },
        ...(expiresInS === undefined ? {} : { expiresInMs: expiresInS * 1_000 }),
      };
    }
    case "keys": {
      const parsed = keysInput.safeParse(body);
      return parsed.success ? { ...head, kind: "keys", keys: parsed.data.keys } : invalid(parsed.error);
    }
    case "resume": {
      const parsed = resumeInput.safeParse(body);
      return parsed.success ? { ...head, kind: "resume", text: parsed.data.text } : invalid(parsed.error);
    }
    case "interrupt":
    case "suspend": {
      const parsed = nothing.safeParse(body);
      return parsed.success ? { ...head, kind: act } : invalid(parsed.error);
    }
    default:
      return notFound();
  }
}

function invalid(error: z.ZodError): Response {
  const issue = error.issues[0];
  return refusal(
    400,
    "invalid_input",
    `${issue?.path.join(".") || "body"}: ${issue?.message ?? "not expected"}`,
  );
}

function notFound(): Response {
  return refusal(404, "not_found", "Nothing is served at this path");
}

function notAllowed(method: string): Response {
  return refusal(405, "method_not_allowed", `expected ${method}`);
}
