/**
 * Cards that come in bulk over a socket. Each is a decision of its own, so that a wrong one does not cost the others; all
 * of a message are made in one turn of the event loop, and so is the memory of what they were answered with: one write.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { taskCard } from "../../protocol/line/task.ts";
import { ok, type Result } from "../../protocol/result.ts";
import type { ClientMessage, Refused, SubmitVerdict } from "../../protocol/runner/socket.ts";
import { authorizeUser } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import { recallAnswer, rememberAnswer } from "../domain/idempotency.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { quickCard } from "../domain/quick_card.ts";
import { type HttpRefusal, invalidInput, queueRefusal } from "../errors.ts";
import type { OpenQueue } from "./open_queue.ts";
import { submitCard } from "./queue_handlers/task_handlers.ts";

type SubmitMessage = Extract<ClientMessage, { type: "submit" }>;

/** What is remembered of a message: the task of each card, null for a card that was refused. */
type Remembered = readonly (string | null)[];

/**
 * Submits the cards of a message. With a key that was used before for the same cards, those that were taken get the same
 * tasks; those that were refused, which changed nothing, are decided again. An error is about the message as a whole.
 */
export function submitAll(
  queue: OpenQueue,
  session: Caller,
  message: SubmitMessage,
): Result<readonly SubmitVerdict[], QueueError> {
  const { lineId, cards, idempotencyKey: key } = message;
  if (key === undefined) return ok(cards.map((card) => submit(queue, session, lineId, card)));
  const caller: Caller = { ...session, once: { key, fingerprint: fingerprintOf(message) } };
  const { core } = queue;
  const demand = { scope: "tasks:write", lineId } as const;
  const mayKnow = authorizeUser(core.state, session, demand, core.nowMs()).ok;
  const known = mayKnow ? recallAnswer<Remembered>(core.state, caller, core.nowMs()) : null;
  if (known !== null && !known.ok) return known;
  const before = known?.value ?? [];
  const verdicts = cards.map((card, n): SubmitVerdict => {
    const taskId = before[n] ?? null;
    return taskId === null ? submit(queue, session, lineId, card) : { ok: true, taskId };
  });
  const tasks = verdicts.map((one) => one.ok ? one.taskId : null);
  if (tasks.some((taskId, n) => taskId !== (before[n] ?? null))) {
    core.run((draft) => ok(rememberAnswer(draft, caller, JSON.stringify(tasks satisfies Remembered))));
  }
  return ok(verdicts);
}

function submit(queue: OpenQueue, caller: Caller, lineId: string, card: unknown): SubmitVerdict {
  let read = quickCard(card);
  if (read === null) {
    const parsed = taskCard.safeParse(card);
    if (!parsed.success) return refused(invalidInput(parsed.error, "body", card));
    read = parsed.data;
  }
  const id = submitCard(queue, caller, { lineId, card: read }, (_, task) => task.id);
  return id.ok ? { ok: true, taskId: id.value } : refused(queueRefusal(id.error));
}

/** One item's refusal, with the status that HTTP would give. */
export function refused({ status, body }: HttpRefusal): Refused {
  return { ok: false, status, error: body.error };
}

function fingerprintOf({ lineId, cards }: SubmitMessage): string {
  return bytesToHex(sha256(utf8ToBytes(`SUBMIT ${lineId}\n${JSON.stringify(cards)}`)));
}
