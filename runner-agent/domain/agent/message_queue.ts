/**
 * The messages to one agent, from being taken to a final state (Runtime 2.2.6), as a queue that a crash may interrupt
 * anywhere.
 *
 * ```
 * queued -> pasted -> confirmed | unconfirmed
 *    \-> expired | rejected
 * ```
 *
 * 1. At most one message is in flight (`pasted`); the others wait in their order. One that interrupts goes before all that
 *    wait, behind other interrupting ones.
 * 2. `pasted` is written before the paste is asked for: it says "may have been pasted", and nothing pastes it again.
 *    Enter may be pressed once more, if the screen still shows the text; where a turn held it back, once within it and once
 *    after it.
 * 3. Its receipt is a prompt that was submitted with the same hash. Without one until `receiptUntilMs` it is
 *    `unconfirmed`. While a turn runs, also one that began after the paste, the CLI holds the message back, so its time begins
 *    with the turn's end; a CLI that lets the turn read it may tell so itself, with the time at which it got it (`receiveRead`).
 * 4. Every message ends: by its receipt, its time, or the end of the session. The same id twice is one message.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../../../protocol/result.ts";
import {
  INTERRUPT_WAIT_MS,
  MESSAGE_MAX_BYTES,
  MESSAGES_MAX,
  RECEIPT_BYTES_PER_MS,
  RECEIPT_MS,
} from "../../limits.ts";

export type MessageState =
  | { readonly kind: "queued" }
  | {
    readonly kind: "pasted";
    readonly atMs: number;
    /** Null while the turn of before goes on. */
    readonly receiptUntilMs: number | null;
    readonly hasEnteredTwice: boolean;
  }
  | { readonly kind: "confirmed"; readonly atMs: number; readonly turn: number }
  | { readonly kind: "unconfirmed"; readonly atMs: number }
  | { readonly kind: "expired"; readonly atMs: number }
  | { readonly kind: "rejected"; readonly atMs: number; readonly why: string };

export interface AgentMessage {
  readonly id: string;
  /** What is pasted; empty once the state is final. */
  readonly text: string;
  /** Of {@link promptHash}. */
  readonly hash: string;
  readonly bytes: number;
  readonly isInterrupting: boolean;
  readonly takenAtMs: number;
  /** After this it is no longer given to the agent; null: it waits as long as the session lasts. */
  readonly expiresAtMs: number | null;
  readonly state: MessageState;
}

export interface MessageQueue {
  /** In the order in which they are given to the agent; final ones first. */
  readonly messages: readonly AgentMessage[];
  /** When the turn under way was interrupted for the message at the head. */
  readonly interruptedAtMs: number | null;
}

export const EMPTY_QUEUE: MessageQueue = { messages: [], interruptedAtMs: null };

export interface MessageInput {
  readonly id: string;
  readonly text: string;
  readonly isInterrupting: boolean;
  readonly expiresAtMs: number | null;
}

export type MessageError =
  | { readonly reason: "message_empty" }
  | { readonly reason: "message_too_long"; readonly maxBytes: number; readonly bytes: number }
  | { readonly reason: "messages_full"; readonly max: number };

export interface QueueView {
  readonly nowMs: number;
  /** The tools were listed, and the harness runs. */
  readonly isReady: boolean;
  readonly isTurnRunning: boolean;
}

export type QueueStep =
  | { readonly kind: "expire"; readonly id: string }
  | { readonly kind: "interrupt"; readonly id: string }
  | { readonly kind: "paste"; readonly id: string }
  /** Look at the screen; press Enter if it still shows the text. */
  | { readonly kind: "enter_again"; readonly id: string }
  | { readonly kind: "give_up"; readonly id: string }
  | { readonly kind: "wait"; readonly untilMs: number | null };

/** What a CLI took as a prompt and what was pasted, made comparable: line ends and the blanks around it are the CLI's own. */
export function promptHash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").trim())));
}

/** The text in the form in which it is pasted: no CLI takes it as a command of its own. */
export function pasteText(text: string): string {
  const plain = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replace(CONTROLS, "").trim();
  return COMMAND_START.test(plain) ? `Message:\n\n${plain}` : plain;
}

/** What a terminal would act on, also within a bracketed paste (as its end); tab and line feed stay. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f]/g;
const COMMAND_START = /^[/!#@&?:$>]/;

/** Takes a message. One that is known by its id stays as it is. */
export function takeMessage(
  queue: MessageQueue,
  input: MessageInput,
  nowMs: number,
): Result<MessageQueue, MessageError> {
  if (queue.messages.some((one) => one.id === input.id)) return ok(queue);
  const text = pasteText(input.text);
  const bytes = utf8ToBytes(text).length;
  if (text === "") return err({ reason: "message_empty" });
  if (bytes > MESSAGE_MAX_BYTES) {
    return err({ reason: "message_too_long", maxBytes: MESSAGE_MAX_BYTES, bytes });
  }
  const waiting = queue.messages.filter((one) => !isFinal(one));
  if (waiting.length >= MESSAGES_MAX) return err({ reason: "messages_full", max: MESSAGES_MAX });
  const message: AgentMessage = {
    id: input.id,
    text,
    hash: promptHash(text),
    bytes,
    isInterrupting: input.isInterrupting,
    takenAtMs: nowMs,
    expiresAtMs: input.expiresAtMs,
    state: { kind: "queued" },
  };
  const before = queue.messages.filter((one) => isFinal(one) || goesBefore(one, input.isInterrupting));
  const after = queue.messages.filter((one) => !before.includes(one));
  return ok({ ...queue, messages: [...before, message, ...after] });
}

function goesBefore(one: AgentMessage, isInterrupting: boolean): boolean {
  return one.state.kind === "pasted" || one.isInterrupting || !isInterrupting;
}

/** What to do next for the messages. The caller writes the state that the step leads to before it acts. */
export function nextMessageStep(queue: MessageQueue, view: QueueView): QueueStep {
  const { nowMs } = view;
  const stale = queue.messages.find((one) =>
    one.state.kind === "queued" && one.expiresAtMs !== null && one.expiresAtMs <= nowMs
  );
  if (stale !== undefined) return { kind: "expire", id: stale.id };
  const inFlight = queue.messages.find((one) => one.state.kind === "pasted");
  const expiryMs = earliest(
    queue.messages.map((one) => one.state.kind === "queued" ? one.expiresAtMs : null),
  );
  if (inFlight?.state.kind === "pasted") {
    const { atMs, receiptUntilMs, hasEnteredTwice } = inFlight.state;
    const halfMs = Math.floor(receiptMs(inFlight.bytes) / 2);
    // A message that interrupts ends the turn that holds the one in flight back.
    const urgent = queue.messages.find((one) => one.state.kind === "queued");
    if (receiptUntilMs === null || view.isTurnRunning) {
      if (view.isReady && view.isTurnRunning && urgent?.isInterrupting && queue.interruptedAtMs === null) {
        return { kind: "interrupt", id: urgent.id };
      }
      if (hasEnteredTwice) return { kind: "wait", untilMs: expiryMs };
      if (atMs + halfMs <= nowMs) return { kind: "enter_again", id: inFlight.id };
      return { kind: "wait", untilMs: earliest([atMs + halfMs, expiryMs]) };
    }
    if (receiptUntilMs <= nowMs) return { kind: "give_up", id: inFlight.id };
    const againMs = receiptUntilMs - halfMs;
    if (!hasEnteredTwice && againMs <= nowMs) return { kind: "enter_again", id: inFlight.id };
    return { kind: "wait", untilMs: earliest([hasEnteredTwice ? receiptUntilMs : againMs, expiryMs]) };
  }
  const head = queue.messages.find((one) => one.state.kind === "queued");
  if (head === undefined || !view.isReady) return { kind: "wait", untilMs: expiryMs };
  if (head.isInterrupting && view.isTurnRunning) {
    if (queue.interruptedAtMs === null) return { kind: "interrupt", id: head.id };
    const untilMs = queue.interruptedAtMs + INTERRUPT_WAIT_MS;
    if (nowMs < untilMs) return { kind: "wait", untilMs: earliest([untilMs, expiryMs]) };
  }
  return { kind: "paste", id: head.id };
}

/** How long the receipt of a message of that size may take; at half of it Enter is pressed again. */
export function receiptMs(bytes: number): number {
  return RECEIPT_MS + Math.ceil(bytes / RECEIPT_BYTES_PER_MS);
}

/** The turn under way is interrupted now, for the message at the head. */
export function markInterrupted(queue: MessageQueue, nowMs: number): MessageQueue {
  return { ...queue, interruptedAtMs: nowMs };
}

/** Before the paste (invariant 2). @param text What is pasted, if more than the message itself. */
export function markPasted(
  queue: MessageQueue,
  id: string,
  view: { readonly nowMs: number; readonly isTurnRunning: boolean },
  text?: string,
): MessageQueue {
  const changed = change(queue, id, "queued", (one) => {
    const bytes = text === undefined ? one.bytes : utf8ToBytes(text).length;
    return {
      ...one,
      ...(text === undefined ? {} : { text, hash: promptHash(text), bytes }),
      state: {
        kind: "pasted",
        atMs: view.nowMs,
        receiptUntilMs: view.isTurnRunning ? null : view.nowMs + receiptMs(bytes),
        hasEnteredTwice: false,
      },
    };
  });
  return { ...changed, interruptedAtMs: null };
}

/** Before Enter is pressed again. */
export function markEnteredTwice(queue: MessageQueue, id: string): MessageQueue {
  return change(
    queue,
    id,
    "pasted",
    (one) => one.state.kind === "pasted" ? { ...one, state: { ...one.state, hasEnteredTwice: true } } : one,
  );
}

/** Settles a message that waited (`expired`, `rejected`) or that nobody confirmed. */
export function settle(
  queue: MessageQueue,
  id: string,
  state: Extract<MessageState, { kind: "unconfirmed" | "expired" | "rejected" }>,
): MessageQueue {
  return change(
    queue,
    id,
    state.kind === "unconfirmed" ? "pasted" : "queued",
    (one) => ({ ...one, text: "", state }),
  );
}

/** A prompt was submitted: the receipt of the message in flight, if it is that. */
export function receive(
  queue: MessageQueue,
  prompt: string,
  nowMs: number,
  turn: number,
): { readonly queue: MessageQueue; readonly confirmed: AgentMessage | null } {
  const hash = promptHash(prompt);
  const found = queue.messages.find((one) => one.state.kind === "pasted" && one.hash === hash) ??
    // Late, but it came: what was unknown is known.
    queue.messages.findLast((one) => one.state.kind === "unconfirmed" && one.hash === hash);
  return confirm(queue, found, nowMs, turn);
}

/**
 * The turn has read a prompt that was typed at `atMs`: the receipt of the message in flight, if it is that, and not the same
 * text of before; or, late, of one that was given up after it was typed.
 */
export function receiveRead(
  queue: MessageQueue,
  { prompt, atMs }: { readonly prompt: string; readonly atMs: number },
  nowMs: number,
  turn: number,
): ReturnType<typeof receive> {
  const hash = promptHash(prompt);
  const found = queue.messages.filter((one) => one.hash === hash).find(({ state, takenAtMs }) =>
    state.kind === "pasted" && state.atMs <= atMs ||
    state.kind === "unconfirmed" && takenAtMs <= atMs && atMs <= state.atMs
  );
  return confirm(queue, found, nowMs, turn);
}

function confirm(
  queue: MessageQueue,
  found: AgentMessage | undefined,
  nowMs: number,
  turn: number,
): ReturnType<typeof receive> {
  if (found === undefined) return { queue, confirmed: null };
  const confirmed: AgentMessage = { ...found, text: "", state: { kind: "confirmed", atMs: nowMs, turn } };
  return {
    queue: { ...queue, messages: queue.messages.map((one) => one.id === found.id ? confirmed : one) },
    confirmed,
  };
}

/** The turn that held the message back is over: its time begins (invariant 3). */
export function turnEnded(queue: MessageQueue, nowMs: number): MessageQueue {
  return {
    interruptedAtMs: null,
    messages: queue.messages.map((one) =>
      one.state.kind === "pasted"
        ? {
          ...one,
          state: { ...one.state, receiptUntilMs: nowMs + receiptMs(one.bytes), hasEnteredTwice: false },
        }
        : one
    ),
  };
}

/** The session is over: what waited was not given, what was pasted is not known to be taken (invariant 4). */
export function closeQueue(queue: MessageQueue, nowMs: number, why: string): MessageQueue {
  return {
    interruptedAtMs: null,
    messages: queue.messages.map((one) => {
      if (one.state.kind === "queued") {
        return { ...one, text: "", state: { kind: "rejected", atMs: nowMs, why } };
      }
      if (one.state.kind === "pasted") {
        return { ...one, text: "", state: { kind: "unconfirmed", atMs: nowMs } };
      }
      return one;
    }),
  };
}

export function isFinal(message: AgentMessage): boolean {
  return message.state.kind !== "queued" && message.state.kind !== "pasted";
}

/** Whether one was pasted and is not known to be taken. */
export function isInFlight(queue: MessageQueue): boolean {
  return queue.messages.some((one) => one.state.kind === "pasted");
}

export function isPending(queue: MessageQueue): boolean {
  return queue.messages.some((one) => !isFinal(one));
}

function change(
  queue: MessageQueue,
  id: string,
  from: MessageState["kind"],
  act: (one: AgentMessage) => AgentMessage,
): MessageQueue {
  return {
    ...queue,
    messages: queue.messages.map((one) => one.id === id && one.state.kind === from ? act(one) : one),
  };
}

function earliest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
