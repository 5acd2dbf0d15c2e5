/**
 * Takes what happened (Autonomy 19.9): one transaction puts the ask onto the worklist and everything that goes out about
 * it into the queue. The same event again changes nothing.
 */
import { isWanted, WEBHOOK_EVENTS, webhookBody } from "../../protocol/autonomy/webhook.ts";
import { isWaiting, keyOf } from "../domain/people/worklist.ts";
import { resolveTargets } from "../domain/people/resolve.ts";
import type { GateEvent, PeopleApi, WorklistItem } from "../domain/people_api.ts";
import type { MessageRow } from "../store/people/message_table.ts";
import { documentsOf, type PeopleContext } from "./people_context.ts";
import { end, queueForEndpoint, queueForPerson } from "./people_queue.ts";

const SENT: ReadonlySet<string> = new Set(WEBHOOK_EVENTS);
/** Takes events of asks, those of one ask in order. Its place on the worklist is written once, as it is in the end. */
export function recordEvents(at: PeopleContext, events: readonly GateEvent[]): void {
  const { store } = at;
  const nowMs = at.clock.nowMs();
  store.atomically(() => {
    const known = new Map<string, WorklistItem | null>();
    const changed = new Set<string>();
    for (const event of events) {
      if (store.messages.isTaken(event.eventId)) continue;
      const { item } = event;
      const message = messageOf(at, event, nowMs);
      store.messages.add(message);
      const before = known.get(item.askId) ?? store.worklist.read(item.askId);
      // Events of one ask come in order, so of two with one `seq` the later one knows more.
      const isNewer = before === null || item.seq >= before.seq;
      known.set(item.askId, isNewer ? item : before);
      if (isNewer) changed.add(item.askId);
      // Once, when it ends: what its end itself tells somebody is to be sent.
      if (!isWaiting(item.state) && before !== null && isWaiting(before.state)) {
        for (const late of store.deliveries.waitingForPersons(item.askId)) {
          end(at, late, "suppressed", "the ask was over before this was sent");
        }
      }
      send(at, event, message);
    }
    for (const askId of changed) {
      const item = known.get(askId)!;
      store.worklist.put(item, keyOf(item), isWaiting(item.state) ? null : nowMs);
    }
  });
}

function messageOf(at: PeopleContext, event: GateEvent, nowMs: number): MessageRow {
  const { state, outcome, subject } = event.item;
  return {
    eventId: event.eventId,
    messageId: messageId(at),
    type: `gate.${event.type}`,
    askId: event.askId,
    seq: event.seq,
    body: webhookBody({ ...event, state, outcome, subject }),
    notice: null,
    // When it was taken: how long it is kept does not depend on another object's clock.
    atMs: nowMs,
  };
}

/** Puts what goes out about an event into the queue. */
function send(at: PeopleContext, event: GateEvent, message: MessageRow): void {
  if (SENT.has(event.type)) {
    for (const endpoint of at.store.endpoints.list()) {
      const hears = endpoint.person === null && isWanted(endpoint.types, message.type);
      if (hears) queueForEndpoint(at, message, endpoint);
    }
  }
  const told = new Set<string>();
  for (const one of event.notify) {
    if (!told.has(one.principal)) queueForPerson(at, message, one);
    told.add(one.principal);
  }
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
    if (store.messages.isTaken(eventId)) return { told };
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
    return { told };
  });
}

function messageId(at: PeopleContext): string {
  return `msg_${at.newId().toUpperCase()}`;
}
