/**
 * Chats with running jobs (Line 4.5): the channel of a job's operator or runner, whose path names no project but whose token
 * does, and what people ask through it. Messages to an agent are those of `agent_commands.ts`.
 */
import { type Context, Hono } from "hono";
import {
  chatEnded,
  chatQuery,
  completionAnswer,
  completionInput,
  modelsAnswer,
} from "../../protocol/line/chat.ts";
import type { AppEnv } from "../app_env.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { chatChannel } from "../stubs/chat_channel.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const CHANNEL = "/api/lives/chat/channel/ws";
const CHAT = `${PROJECT_PATH}/jobs/:jobId/chat`;

export function createChatRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get(CHANNEL, async (c) => {
    const query = readQuery(c, chatQuery);
    return query.ok ? await join(c, query.value.jobId, query.value.token) : query.error;
  });
  app.post(`${CHAT}/completions`, async (c) => {
    const body = await readBody(c, completionInput);
    if (!body.ok) return body.error;
    const init = { method: "POST", body: JSON.stringify(body.value) };
    return await asked(c, (channel) => channel.fetch(new Request("https://chat/completions", init)));
  });
  app.get(`${CHAT}/models`, async (c) => {
    return await asked(c, (channel) => channel.fetch(new Request("https://chat/models")));
  });
  app.delete(CHAT, async (c) => {
    return await asked(
      c,
      async (channel) => c.json({ wasOpen: await channel.end("somebody ended the chat") }),
    );
  });
  return app;
}

/** Asks each project that the token may be of; the first that knows the caller answers. */
async function join(c: Context<AppEnv>, jobId: string, tokenOfQuery: string | undefined): Promise<Response> {
  let refused: QueueError = { reason: "unauthenticated" };
  for (const at of await c.var.callersOf!(tokenOfQuery)) {
    const place = await jobQueue(c.env, at.owner, at.project).openChannel(at.caller, { jobId });
    if (!place.ok) {
      refused = place.error;
      continue;
    }
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
      const message = "Cannot open the chat channel as the request must be a WebSocket upgrade";
      return refusalResponse({
        ...refusal(426, "upgrade_required", message),
        headers: { upgrade: "websocket" },
      });
    }
    const url = `https://chat/join?run=${place.value.runId}&model=${place.value.isModel}`;
    const upgrade = new Request(url, { headers: { upgrade: "websocket" } });
    return await chatChannel(c.env, at, place.value.jobId).fetch(upgrade);
  }
  return refusalResponse(queueRefusal(refused));
}

/** For a user of the project who may chat with the job. */
async function asked(
  c: Context<AppEnv>,
  ask: (channel: ReturnType<typeof chatChannel>) => Promise<Response>,
): Promise<Response> {
  const jobId = c.req.param("jobId") ?? "";
  const place = await c.var.queue.authorizeChat(c.var.caller, { jobId });
  if (!place.ok) return answer(place);
  return await ask(chatChannel(c.env, c.var.at, place.value.jobId));
}

const TAG = "Chats with running jobs";
const BY_USERS = { tag: TAG, tokens: ["user"], scope: "tasks:write" } as const;
const UNHELD = ["404 job_not_found", "409 job_not_held"];
const UNANSWERED = [
  ...UNHELD,
  "409 channel_not_open",
  "409 too_many_asked",
  "503 channel_dropped",
  "503 channel_silent",
];

export const CHAT_OPERATIONS: readonly Operation[] = [
  {
    tag: TAG,
    tokens: ["job", "runner"],
    method: "get",
    paths: [CHANNEL],
    summary: "Open the chat channel of a job, over a WebSocket",
    description:
      "One JSON object per text frame. `chat.message` is what people said to the run's agent; messages that were not told wait for the next channel. `chat.reply` goes on the task's timeline. A job that needs `chat-llm:v1` is asked for completions instead. The token may be in the query.",
    query: chatQuery,
    answers: { 101: { contentType: "application/octet-stream", description: "Frames, as JSON text." } },
    refusals: [...UNHELD, "403 not_your_runner", "426 upgrade_required"],
  },
  {
    ...BY_USERS,
    method: "post",
    paths: [`${CHAT}/completions`],
    summary: "Ask the model that a job serves",
    description:
      "The body goes to the runner as it is. With `stream: true` each chunk is a server-sent event, the last is `[DONE]`; a fault on the way is an event with `error`.",
    body: completionInput,
    answers: { 200: completionAnswer },
    refusals: [...UNANSWERED, "502 completion_failed", "502 answer_too_large"],
  },
  {
    ...BY_USERS,
    method: "get",
    paths: [`${CHAT}/models`],
    summary: "List the models that a job serves",
    answers: { 200: modelsAnswer },
    refusals: UNANSWERED,
  },
  {
    ...BY_USERS,
    method: "delete",
    paths: [CHAT],
    summary: "End the chat with a job",
    description: "Its operator or runner is told; what the job makes of it is its own.",
    answers: { 200: chatEnded },
    refusals: UNHELD,
  },
];
