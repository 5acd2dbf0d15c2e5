/** Asks and events for tests of `People`, and a patient look. */
import assert from "node:assert/strict";
import { NO_DOCUMENTS, type PeopleDocuments } from "../../worker/domain/people/documents.ts";
import type { DeliveryView, EndpointWithSecret } from "../../worker/domain/people/sending.ts";
import type { GateEvent, WorklistItem } from "../../worker/domain/people_api.ts";
import type { PeopleHarness } from "./people_harness.ts";
import type { WebhookReceiver } from "./webhook_receiver.ts";

export const ASK = "01jbrc9nf6m6sc7n75yr3hga9t";

/** An open ask. */
export const itemOf = (askId: string, change: Partial<WorklistItem> = {}): WorklistItem => ({
  askId,
  owner: "acme",
  project: "shop",
  askType: "approve",
  title: "Release the press",
  state: "open",
  outcome: null,
  subject: null,
  origin: { kind: "line_gate", lineId: "tidy", taskId: "t1" },
  candidates: { users: [], groups: [] },
  assignedTo: null,
  claimedBy: null,
  ackedBy: null,
  ownerPrincipal: null,
  delegatedTo: null,
  snoozedUntilMs: null,
  nextDeadlineMs: null,
  expiresAtMs: null,
  isExhausted: false,
  openedAtMs: 0,
  seq: 1,
  ...change,
});

let events = 0;

/** An event that never was before. */
export const eventOf = (item: WorklistItem, change: Partial<GateEvent> = {}): GateEvent => ({
  eventId: `gate:${item.askId}:${++events}`,
  type: "opened",
  atMs: Date.UTC(2026, 10, 18, 11, 6, 40),
  seq: item.seq,
  askId: item.askId,
  item,
  notify: [],
  ...change,
});

/** The n-th event of one ask. */
export const nth = (n: number, askId = ASK) =>
  eventOf(itemOf(askId, { seq: n }), { eventId: `gate:${askId}:n${n}` });

/** Its answer, as the n-th event. */
export const verified = (n: number) => {
  const item = itemOf(ASK, {
    seq: n,
    state: "verified",
    outcome: "approve",
    subject: { ref: "task", rev: "abc" },
  });
  return eventOf(item, { type: "verified" });
};

/** Waits, in real time, until what is read is as wanted. */
export async function until<T>(
  read: () => Promise<T>,
  isRight: (value: T) => boolean,
  waitMs = 15_000,
): Promise<T> {
  const deadlineMs = Date.now() + waitMs;
  for (;;) {
    const value = await read();
    if (isRight(value)) return value;
    assert.ok(Date.now() < deadlineMs, `never right: ${JSON.stringify(value).slice(0, 900)}`);
  }
}

export type PeopleUnderTest = ReturnType<PeopleHarness["people"]>;

export async function deliveriesOf(people: PeopleUnderTest): Promise<readonly DeliveryView[]> {
  const page = await people.deliveries({});
  assert.ok(page.ok);
  return page.value.deliveries;
}

/** Waits until its deliveries are as wanted. */
export const settled = (
  people: PeopleUnderTest,
  isRight: (list: readonly DeliveryView[]) => boolean,
  waitMs?: number,
) => until(() => deliveriesOf(people), isRight, waitMs);

let projects = 0;

/** A project that was never used before. */
export async function projectOf(harness: PeopleHarness, documents: Partial<PeopleDocuments> = {}) {
  const name = `acme/p${++projects}`;
  const people = harness.people(name);
  const put = await people.putDocuments({ documents: { ...NO_DOCUMENTS, ...documents }, by: "user:admin" });
  assert.ok(put.ok, JSON.stringify(put));
  return { name, people, list: () => deliveriesOf(people) };
}

/** A project whose documents allow the receivers' hosts, with a webhook to each. */
export async function projectWith(
  harness: PeopleHarness,
  receivers: readonly WebhookReceiver[],
  types: readonly string[] = [],
) {
  const project = await projectOf(harness, { hosts: receivers.map(({ host }) => host) });
  const made: EndpointWithSecret[] = [];
  for (const { origin } of receivers) {
    const input = { url: `${origin}/hook`, description: "", types, isEnabled: true };
    const one = await project.people.makeEndpoint(input, null);
    assert.ok(one.ok, JSON.stringify(one));
    made.push(one.value);
  }
  return { ...project, made };
}
