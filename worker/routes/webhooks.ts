/**
 * Outgoing webhooks of a project (Autonomy 19.9): addresses that hear of asks, their keys, and what was sent to them. A
 * secret is in the answer that makes it and in no other.
 */
import { type Context, Hono } from "hono";
import {
  deliveriesAnswer,
  deliveryAnswer,
  deliveryQuery,
  replayAnswer,
  replayInput,
  rotateInput,
  webhookAnswer,
  webhookInput,
  webhookMadeAnswer,
  webhooksAnswer,
} from "../../protocol/autonomy/people_wire.ts";
import { isUlid } from "../../protocol/ids.ts";
import { isoTime } from "../../protocol/line/time.ts";
import type { Result } from "../../protocol/result.ts";
import type { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import type { DeliveryView, EndpointInput, EndpointView } from "../domain/people/sending.ts";
import type { PeopleApi, PeopleError } from "../domain/people_api.ts";
import { refusalResponse } from "../errors.ts";
import { people } from "../stubs/people.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { peopleRefusal } from "./people_refusal.ts";

const PATH = `${PROJECT_PATH}/webhooks`;
const DELIVERIES = `${PATH}/deliveries`;
const HOUR_MS = 3_600_000;

/** `.../webhooks`, one of them, its key, and deliveries. */
export function createWebhookRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(DELIVERIES, async (c) => {
    const query = readQuery(c, deliveryQuery);
    if (!query.ok) return query.error;
    const { webhook, gate, state, cursor, limit } = query.value;
    if (cursor !== undefined && !isUlid(cursor)) {
      return refusalResponse(peopleRefusal({ reason: "cursor_unreadable" }));
    }
    return await asAdmin(c, async (api) => {
      const page = await api.deliveries({
        limit,
        ...(webhook === undefined ? {} : { endpointId: webhook }),
        ...(gate === undefined ? {} : { askId: gate }),
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return say(
        page,
        ({ deliveries, nextCursor }) => c.json({ deliveries: deliveries.map(deliveryBody), nextCursor }),
      );
    });
  });
  app.post(
    `${DELIVERIES}/:deliveryId/replay`,
    (c) =>
      asAdmin(
        c,
        async (api) =>
          say(await api.replay(c.req.param("deliveryId")), (delivery) => c.json(deliveryBody(delivery), 202)),
      ),
  );

  app.get(
    PATH,
    (c) =>
      asAdmin(
        c,
        async (api) => say(await api.endpoints(), (list) => c.json({ webhooks: list.map(webhookBody) })),
      ),
  );
  app.post(PATH, async (c) => {
    const body = await readBody(c, webhookInput);
    if (!body.ok) return body.error;
    const { once } = c.var.caller;
    const onceKey = once === undefined ? null : `${once.key} ${once.fingerprint}`;
    return await asAdmin(
      c,
      async (api) =>
        say(
          await api.makeEndpoint(endpointInput(body.value), onceKey),
          ({ endpoint, secret }) => c.json({ webhook: webhookBody(endpoint), secret }, 201),
        ),
    );
  });
  app.get(
    `${PATH}/:webhookId`,
    (c) =>
      asAdmin(
        c,
        async (api) =>
          say(await api.readEndpoint(c.req.param("webhookId")), (endpoint) => c.json(webhookBody(endpoint))),
      ),
  );
  app.put(`${PATH}/:webhookId`, async (c) => {
    const body = await readBody(c, webhookInput);
    if (!body.ok) return body.error;
    return await asAdmin(c, async (api) => {
      const changed = await api.changeEndpoint(c.req.param("webhookId"), endpointInput(body.value));
      return say(changed, (endpoint) => c.json(webhookBody(endpoint)));
    });
  });
  app.delete(
    `${PATH}/:webhookId`,
    (c) =>
      asAdmin(
        c,
        async (api) => say(await api.deleteEndpoint(c.req.param("webhookId")), () => c.body(null, 204)),
      ),
  );
  app.post(`${PATH}/:webhookId/rotate`, async (c) => {
    const body = await readBody(c, rotateInput.prefault({}));
    if (!body.ok) return body.error;
    const { overlapHours, expectedGeneration } = body.value;
    return await asAdmin(c, async (api) => {
      const rotated = await api.rotateEndpointKey(c.req.param("webhookId"), {
        overlapMs: Math.round(overlapHours * HOUR_MS),
        ...(expectedGeneration === undefined ? {} : { expectedGeneration }),
      });
      return say(rotated, ({ endpoint, secret }) => c.json({ webhook: webhookBody(endpoint), secret }));
    });
  });
  app.post(`${PATH}/:webhookId/replay`, async (c) => {
    const body = await readBody(c, replayInput);
    if (!body.ok) return body.error;
    const { from, until } = body.value;
    return await asAdmin(c, async (api) => {
      const range = { fromMs: from, untilMs: until ?? Number.MAX_SAFE_INTEGER };
      return say(
        await api.replayRange(c.req.param("webhookId"), range),
        ({ queued, nextFromMs }) => c.json({ queued, nextFrom: isoOrNull(nextFromMs) }, 202),
      );
    });
  });
  return app;
}

async function asAdmin(c: Context<AppEnv>, work: (api: PeopleApi) => Promise<Response>): Promise<Response> {
  const admin = await c.var.queue.authorizeScope(c.var.caller, { scope: "*", isLineFine: false });
  if (!admin.ok) return answer(admin);
  const { owner, project } = c.var.at;
  return await work(people(c.env, owner, project));
}

function say<T>(result: Result<T, PeopleError>, body: (value: T) => Response): Response {
  return result.ok ? body(result.value) : refusalResponse(peopleRefusal(result.error));
}

function endpointInput({ enabled, ...rest }: z.infer<typeof webhookInput>): EndpointInput {
  return { ...rest, isEnabled: enabled };
}

function webhookBody(view: EndpointView) {
  const { previousKeyUntilMs, failingSinceMs, throttledUntilMs, createdAtMs, ...rest } = view;
  return {
    ...rest,
    previousKeyUntil: isoOrNull(previousKeyUntilMs),
    failingSince: isoOrNull(failingSinceMs),
    throttledUntil: isoOrNull(throttledUntilMs),
    createdAt: isoTime(createdAtMs),
  };
}

function deliveryBody({ askId, attempts, nextTryAtMs, createdAtMs, endedAtMs, ...rest }: DeliveryView) {
  return {
    ...rest,
    gateId: askId,
    attempts: attempts.map(({ atMs, ...attempt }) => ({ at: isoTime(atMs), ...attempt })),
    nextTryAt: isoOrNull(nextTryAtMs),
    createdAt: isoTime(createdAtMs),
    endedAt: isoOrNull(endedAtMs),
  };
}

function isoOrNull(unixMs: number | null): string | null {
  return unixMs === null ? null : isoTime(unixMs);
}

const BY_ADMIN = { tag: "Webhooks", tokens: ["user"], scope: "*" } as const;
const NO_WEBHOOK = "404 webhook_not_found";

export const WEBHOOK_OPERATIONS: readonly Operation[] = [
  {
    ...BY_ADMIN,
    method: "get",
    paths: [PATH],
    summary: "Addresses that hear of gates",
    answers: { 200: webhooksAnswer },
  },
  {
    ...BY_ADMIN,
    method: "post",
    paths: [PATH],
    summary: "Add an address that hears of gates",
    description:
      "Signed as Standard Webhooks, `v1` and `v1a`. A request with an idempotency key is not answered twice: " +
      "its answer holds the secret.",
    body: webhookInput,
    answers: { 201: webhookMadeAnswer },
    refusals: ["400 url_refused", "409 too_many_webhooks", "409 answer_not_kept"],
  },
  {
    ...BY_ADMIN,
    method: "get",
    paths: [`${PATH}/:webhookId`],
    summary: "One address and its health",
    answers: { 200: webhookAnswer },
    refusals: [NO_WEBHOOK],
  },
  {
    ...BY_ADMIN,
    method: "put",
    paths: [`${PATH}/:webhookId`],
    summary: "Change an address, or enable it again",
    body: webhookInput,
    answers: { 200: webhookAnswer },
    refusals: [NO_WEBHOOK, "400 url_refused", "409 webhook_of_person"],
  },
  {
    ...BY_ADMIN,
    method: "delete",
    paths: [`${PATH}/:webhookId`],
    summary: "Send nothing there any more",
    answers: { 204: null },
    refusals: [NO_WEBHOOK, "409 webhook_of_person"],
  },
  {
    ...BY_ADMIN,
    method: "post",
    paths: [`${PATH}/:webhookId/rotate`],
    summary: "Give it a new key",
    description: "The key before signs too for `overlapHours`.",
    body: rotateInput,
    isBodyOptional: true,
    answers: { 200: webhookMadeAnswer },
    refusals: [NO_WEBHOOK, "409 generation_conflict"],
  },
  {
    ...BY_ADMIN,
    method: "post",
    paths: [`${PATH}/:webhookId/replay`],
    summary: "Send again what happened in between",
    description: "Also what it never got. The ids stay the same.",
    body: replayInput,
    answers: { 202: replayAnswer },
    refusals: [NO_WEBHOOK, "409 webhook_disabled"],
  },
  {
    ...BY_ADMIN,
    method: "get",
    paths: [DELIVERIES],
    summary: "What was sent to whom, and how it went",
    query: deliveryQuery,
    answers: { 200: deliveriesAnswer },
    refusals: ["400 invalid_cursor"],
  },
  {
    ...BY_ADMIN,
    method: "post",
    paths: [`${DELIVERIES}/:deliveryId/replay`],
    summary: "Send one again",
    answers: { 202: deliveryAnswer },
    refusals: ["404 delivery_not_found", "409 not_replayable", "409 webhook_disabled"],
  },
];
