/** What people do to a running agent: say something, interrupt it, press keys, put it to sleep and wake it. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  commandData,
  commandList,
  commandOutcome,
  keysInput,
  messageInput,
  resumeInput,
} from "../../protocol/agent/commands.ts";
import type { AppEnv } from "../app_env.ts";
import type { CommandWish } from "../domain/agent_command.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const RUN = `${PROJECT_PATH}/runs/:runId`;
const NOTHING = { text: null, interrupt: false, keys: [] };
const noBody = z.strictObject({}).default({});

export function createAgentCommandRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get(`${RUN}/messages`, async (c) => {
    const listed = await c.var.queue.listCommands(c.var.caller, { runId: c.req.param("runId") });
    return listed.ok ? c.json({ messages: listed.value }) : answer(listed);
  });
  app.post(`${RUN}/messages`, async (c) => {
    const body = await readBody(c, messageInput);
    return body.ok ? await command(c, { ...NOTHING, kind: "message", ...body.value }) : body.error;
  });
  app.post(`${RUN}/keys`, async (c) => {
    const body = await readBody(c, keysInput);
    return body.ok ? await command(c, { ...NOTHING, kind: "keys", ...body.value }) : body.error;
  });
  app.post(`${RUN}/resume`, async (c) => {
    const body = await readBody(c, resumeInput.default({ text: null }));
    return body.ok ? await command(c, { ...NOTHING, kind: "resume", ...body.value }) : body.error;
  });
  for (const kind of ["interrupt", "suspend"] as const) {
    app.post(`${RUN}/${kind}`, async (c) => {
      const body = await readBody(c, noBody);
      return body.ok ? await command(c, { ...NOTHING, kind }) : body.error;
    });
  }
  app.post(`${RUN}/commands/:commandId`, async (c) => {
    const body = await readBody(c, commandOutcome);
    if (!body.ok) return body.error;
    const { runId, commandId } = c.req.param();
    return answer(await c.var.queue.settleCommand(c.var.caller, { runId, commandId, done: body.value }));
  });
  return app;
}

async function command(c: Context<AppEnv>, wish: CommandWish): Promise<Response> {
  const runId = c.req.param("runId") ?? "";
  return answer(await c.var.queue.commandAgent(c.var.caller, { runId, wish }), 201);
}

const DO = { tag: "Agents at work", method: "post", tokens: ["user"], scope: "tasks:write" } as const;
const REFUSALS = ["404 run_not_found", "409 run_not_active", "409 too_many_commands"];
const MADE = { answers: { 201: commandData }, refusals: REFUSALS };

export const AGENT_COMMAND_OPERATIONS: readonly Operation[] = [
  {
    tag: "Agents at work",
    method: "get",
    paths: [`${RUN}/messages`],
    tokens: ["user", "runner", "job"],
    scope: "tasks:read",
    summary: "List what people wanted of a run's agent, and what came of it",
    answers: { 200: commandList },
    refusals: ["404 run_not_found"],
  },
  {
    ...DO,
    ...MADE,
    paths: [`${RUN}/messages`],
    summary: "Say something to a run's agent",
    description:
      "Goes to its runner; `interrupt` ends its turn first. With `expiresInS` it is given to the agent within that time, or it is `expired`.",
    body: messageInput,
  },
  { ...DO, ...MADE, paths: [`${RUN}/interrupt`], summary: "Interrupt a run's agent" },
  { ...DO, ...MADE, paths: [`${RUN}/keys`], summary: "Press keys in a run's terminal", body: keysInput },
  { ...DO, ...MADE, paths: [`${RUN}/suspend`], summary: "Put a run's agent to sleep" },
  {
    ...DO,
    ...MADE,
    paths: [`${RUN}/resume`],
    summary: "Wake a run's agent",
    body: resumeInput,
    isBodyOptional: true,
  },
  {
    tag: "Runners at work",
    method: "post",
    paths: [`${RUN}/commands/:commandId`],
    tokens: ["runner"],
    summary: "Tell what came of a command to an agent",
    description: "The first word counts; the same and any other again change nothing.",
    body: commandOutcome,
    answers: { 200: z.object({ commandId: z.string() }) },
    refusals: ["403 not_your_runner", "404 run_not_found", "404 command_not_found"],
  },
];
