/**
 * One try of one delivery: a webhook to its endpoint, or a notice by a person's channel. Never rejects: whatever goes
 * wrong is an outcome. Neither a link nor a secret leaves by any way but the receiver's (S1).
 */
import { WEBHOOK_BODY_MAX_BYTES } from "../../protocol/autonomy/webhook.ts";
import type { TryOutcome } from "../domain/people/delivery.ts";
import { isWaiting } from "../domain/people/worklist.ts";
import type { WorklistItem } from "../domain/people_api.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import { publicUrl } from "../domain/public_url.ts";
import { WEBHOOK_DETAIL_MAX_CHARS, WEBHOOK_TIMEOUT_MS } from "../limits.ts";
import type { DeliveryRow } from "../store/people/delivery_table.ts";
import type { EndpointRow } from "../store/people/endpoint_table.ts";
import type { MessageRow } from "../store/people/message_table.ts";
import { documentsOf, endpointOfLane, type PeopleContext } from "./people_context.ts";
import type { EndpointKeys } from "./people_keys.ts";

const USER_AGENT = "shopfloor-webhooks/1";

/** Tries to deliver. */
export async function tryDelivery(
  at: PeopleContext,
  keys: EndpointKeys,
  delivery: DeliveryRow,
): Promise<TryOutcome> {
  const message = at.store.messages.read(delivery.eventId);
  if (message === null) return { kind: "refused", detail: "what it says is no longer kept" };
  const endpointId = endpointOfLane(delivery.lane);
  const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MS);
  try {
    if (endpointId === null) return await tell(at, delivery, message, signal);
    const endpoint = at.store.endpoints.read(endpointId);
    if (endpoint === null) return { kind: "refused", detail: "the endpoint was deleted" };
    return await post(at, keys, endpoint, message, signal);
  } catch {
    const seconds = WEBHOOK_TIMEOUT_MS / 1_000;
    return { kind: "no_answer", detail: signal.aborted ? `no answer within ${seconds} s` : "no connection" };
  }
}

async function post(
  at: PeopleContext,
  keys: EndpointKeys,
  endpoint: EndpointRow,
  { messageId, body }: MessageRow,
  signal: AbortSignal,
): Promise<TryOutcome> {
  const url = publicUrl(endpoint.url, documentsOf(at).hosts);
  if (!url.ok) return { kind: "refused", detail: `the address may not be asked: ${url.error.reason}` };
  if (body === null || body.length > WEBHOOK_BODY_MAX_BYTES) {
    return { kind: "refused", detail: "the body is too large" };
  }
  const nowMs = at.clock.nowMs();
  const timestamp = Math.floor(nowMs / 1_000);
  const response = await at.fetch(url.value, {
    method: "POST",
    redirect: "manual",
    signal,
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": messageId,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": await keys.sign(endpoint, { id: messageId, timestamp, body }, nowMs),
    },
  });
  const excerpt = response.ok ? "" : await beginning(response);
  // What follows is nobody's: a receiver that sends without end would hold its place.
  if (response.body?.locked === false) await response.body.cancel().catch(() => {});
  return {
    kind: "answered",
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    excerpt,
  };
}

/** The first characters of an answer; less, when it breaks off. */
async function beginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      text += decoder.decode(piece.value.subarray(0, WEBHOOK_DETAIL_MAX_CHARS), { stream: true });
      if (text.length >= WEBHOOK_DETAIL_MAX_CHARS) break;
    }
    await reader?.cancel();
  } catch {
    return text;
  }
  return text;
}

async function tell(
  at: PeopleContext,
  delivery: DeliveryRow,
  message: MessageRow,
  signal: AbortSignal,
): Promise<TryOutcome> {
  const channel = at.channels.find(({ kind }) => kind === delivery.lane);
  if (channel === undefined) {
    return { kind: "told", result: "off", detail: `the channel '${delivery.lane}' is not configured` };
  }
  const { principal, address } = delivery;
  if (principal === null || address === null) return { kind: "refused", detail: "it has no address" };
  const item = delivery.askId === null ? null : at.store.worklist.read(delivery.askId);
  const link = await linkFor(at, item, principal, delivery.lane);
  const said = await Promise.race([
    channel.send({
      noticeId: delivery.id,
      address,
      principal,
      owner: at.owner,
      project: at.project,
      type: message.type,
      why: delivery.why ?? "",
      title: item?.title ?? message.notice?.title ?? "",
      text: message.notice?.text ?? "",
      ask: item === null ? null : {
        askId: item.askId,
        askType: item.askType,
        state: item.state,
        taskId: item.origin.taskId ?? null,
        nextDeadlineMs: item.nextDeadlineMs,
        seq: item.seq,
        subject: item.subject,
      },
      link,
    }, signal),
    rejectOn(signal),
  ]);
  return { kind: "told", ...said };
}

/**
 * A fresh link of this person's own for this channel; null: there is nothing to answer, no address of ours is known, or
 * others read the channel too.
 */
async function linkFor(
  at: PeopleContext,
  item: WorklistItem | null,
  holder: string,
  channel: string,
): Promise<string | null> {
  const baseUrl = at.baseUrl();
  if (channel === "github") return null;
  if (item === null || !isWaiting(item.state) || baseUrl === null) return null;
  const gate = at.env.HUMAN_GATE.getByName(item.askId) as unknown as HumanGateApi;
  const issued = await gate.issueToken({ holder, channel, scope: "redeem" });
  return issued.ok ? `${baseUrl}/g#${issued.value.token}` : null;
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
}
