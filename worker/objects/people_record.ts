/**
 * Takes what happened (Autonomy 19.9): one transaction puts the ask onto the worklist and everything that goes out about
 * it into the queue. The same event again changes nothing.
 */
import { isWanted, WEBHOOK_EVENTS, webhookBody } from "../../protocol/autonomy/webhook.ts";
import { ulid } from "../../protocol/ids.ts";
import { isWaiting, keyOf } from "../domain/people/worklist.ts";
import { resolveTargets } from "../domain/people/resolve.ts";
import type { GateEvent, PeopleApi } from "../domain/people_api.ts";
import { DELIVERIES_KEPT_MS, PEOPLE_PRUNE_ROWS, WORKLIST_ENDED_KEPT_MS } from "../limits.ts";
import type { MessageRow } from "../store/people/message_table.ts";
import { documentsOf, type PeopleContext } from "./people_context.ts";
import { end, queueForEndpoint, queueForPerson } from "./people_queue.ts";

const SENT: ReadonlySet<string> = new Set(WEBHOOK_EVENTS);
/** The least id of a time: random bytes are all zero. */
const NO_RANDOM = new Uint8Array(10);

/** Takes an event of an ask. */
export function recordEvent(at: PeopleContext, event: GateEvent): void {
  const { store } = at;
  const { item } = event;
  const nowMs = at.clock.nowMs();
  store.atomically(() => {
    if (store.messages.read(event.eventId) !== null) return;
    const message: MessageRow = {
      eventId: event.eventId,
      messageId: messageId(at),
      type: `gate.${event.type}`,
      askId: event.askId,
      seq: event.seq,
      body: webhookBody({ ...event, state: item.state, outcome: item.outcome, subject: item.subject }),
      notice: null,
      // When it was taken: how long it is kept does not depend on another object's clock.
      atMs: nowMs,
    };
    store.messages.add(message);
    const known = store.worklist.read(item.askId);
    const isOver = !isWaiting(item.state);
    // Events of one ask come in order, so of two with one `seq` the later one knows more.
    if (known === null || item.seq >= known.seq) {
      store.worklist.put(item, keyOf(item), isOver ? nowMs : null);
    }
    // Once, when it ends: what its end itself tells somebody is to be sent.
    if (isOver && known !== null && isWaiting(known.state)) {
      for (const late of store.deliveries.waitingForPersons(item.askId)) {
        end(at, late, "suppressed", "the ask was over before this was sent");
      }
    }
    if (SENT.has(event.type)) {
      for (const endpoint of store.endpoints.list()) {
        const hears = endpoint.person === null && isWanted(endpoint.types, message.type);
        if (hears) queueForEndpoint(at, message, endpoint);
      }
    }
    const told = new Set<string>();
    for (const one of event.notify) {
      if (!told.has(one.principal)) queueForPerson(at, message, one);
      told.add(one.principal);
    }
    prune(at);
  });
}

/** Takes a notice: nobody has to answer it, and nothing remains but how it was told. */
export function recordNotice(
  at: PeopleContext,
  { noticeId, to, title, text, by }: Parameters<PeopleApi["inform"]>[0],
): { readonly told: readonly string[] } {
  const { store } = at;
  const nowMs = at.clock.nowMs();
  const eventId = `notice:${noticeId}`;
  return store.atomically(() => {
    const resolved = resolveTargets(documentsOf(at), to, nowMs);
    const told = resolved.map(({ principal }) => principal);
    if (store.messages.read(eventId) !== null) return { told };
    const data = { notice_id: noticeId, title, by };
    const message: MessageRow = {
      eventId,
      messageId: messageId(at),
      type: "notice",
      askId: null,
      seq: null,
      body: JSON.stringify({ type: "notice", timestamp: new Date(nowMs).toISOString(), data }),
      notice: { title, text },
      atMs: nowMs,
    };
    store.messages.add(message);
    for (const { principal, because } of resolved) queueForPerson(at, message, { principal, why: because });
    prune(at);
    return { told };
  });
}

function messageId(at: PeopleContext): string {
  return `msg_${at.newId().toUpperCase()}`;
}

/** Forgets what is old, a little at a time: more than one event adds. */
function prune({ store, clock }: PeopleContext): void {
  const nowMs = clock.nowMs();
  const beforeMs = nowMs - DELIVERIES_KEPT_MS;
  store.worklist.prune(nowMs - WORKLIST_ENDED_KEPT_MS, PEOPLE_PRUNE_ROWS);
  store.messages.prune(beforeMs, PEOPLE_PRUNE_ROWS);
  store.deliveries.prune(ulid(Math.max(0, beforeMs), NO_RANDOM), PEOPLE_PRUNE_ROWS);
}
