/**
 * One connected socket: what is said to it, and what is attached to it.
 *
 * Invariants:
 *   1. What is said in one turn of the event loop leaves as one frame, behind the write of everything decided until then
 *      (`QueueCore.committed`): no answer overtakes its effect.
 *   2. What must survive a sleep is attached behind the sending of what was said in the turn in which it changed (O4): an
 *      object with a write or a sending to come does not sleep, and one that ends loses its sockets. So a runner that
 *      asks for a job and gets one attaches nothing. A job costs its credit when it leaves.
 */
import type { JobId } from "../../protocol/ids.ts";
import type { PolledJob } from "../../protocol/line/runner.ts";
import type { ServerMessage } from "../../protocol/runner/socket.ts";
import { type JsonText, jsonText } from "../domain/json_text.ts";
import { EMPTY_ACCOUNT, type SocketAccount, spendCredit, voidCredit } from "../domain/socket_account.ts";
import { OWED_JOBS_MAX, type SocketCard, type SocketHello } from "../domain/socket_card.ts";

/** A frame to a client is cut after this: a message of the platform has its limit, and some clients a smaller one. */
const FRAME_CUT_CHARS = 256 * 1024;

const NONE: readonly JobId[] = [];

interface Sealed {
  readonly said: readonly string[];
  /** How many of the unsent jobs are said in it. */
  readonly jobs: number;
  readonly frames: number;
  readonly end: { readonly code: number; readonly reason: string } | null;
}

const NOTHING_SEALED: Sealed = { said: [], jobs: 0, frames: 0, end: null };

export class SocketSession {
  readonly caller: SocketCard["caller"];
  readonly runnerId: SocketCard["runnerId"];
  readonly baseUrl: string;
  account: SocketAccount;
  lastMessageMs: number;
  isOpen = true;
  #hello: SocketHello | null;
  #waitingSinceMs: number;
  /** How to leave the row of those who wait; null while it does not wait. */
  #leave: (() => void) | null = null;
  #attached: SocketCard;
  #isDraining = false;
  /** Messages as their JSON. */
  #said: string[] = [];
  /** Jobs that were decided and have not left yet, in their order; null for an offer, which owes nothing. */
  #unsent: (JobId | null)[] = [];
  #isTouched = false;
  /** Frames that came and were not answered; of them those that were handled. */
  #framesInFlight = 0;
  #framesHandled = 0;
  /** What may leave behind the next write. */
  #sealed: Sealed = NOTHING_SEALED;
  #end: { readonly code: number; readonly reason: string } | null = null;

  constructor(
    readonly socket: WebSocket,
    card: SocketCard,
    private readonly onTouched: (session: SocketSession) => void,
    nowMs: number,
  ) {
    this.caller = card.caller;
    this.runnerId = card.runnerId;
    this.baseUrl = card.baseUrl;
    this.account = { ...EMPTY_ACCOUNT, credit: card.credit };
    this.#waitingSinceMs = card.waitingSinceMs;
    this.lastMessageMs = nowMs;
    this.#hello = card.hello;
    this.#attached = card;
  }

  get hello(): SocketHello | null {
    return this.#hello;
  }

  get waitingSinceMs(): number {
    return this.#waitingSinceMs;
  }

  /** It stands in the row of those who wait for a job. */
  waitUntil(leave: () => void, nowMs: number): void {
    this.#leave = leave;
    this.#waitingSinceMs = nowMs;
  }

  stopWaiting(): void {
    this.#leave?.();
    this.#leave = null;
  }

  greet(hello: SocketHello): void {
    this.#hello = hello;
    this.touch();
  }

  /** A frame came; returns how many of them are unanswered. */
  hear(nowMs: number): number {
    this.lastMessageMs = nowMs;
    return ++this.#framesInFlight;
  }

  /** One of them was handled, as far as that goes at once. */
  handled(): void {
    this.#framesHandled++;
    this.touch();
  }

  say(message: ServerMessage): void {
    this.#sayText(jsonText(message));
  }

  /** Answers a request. */
  answer(id: number, value: JsonText<unknown>): void {
    this.#sayText(`{"type":"answer","id":${id},"value":${value}}`);
  }

  /** Says a job or an offer that costs no credit. */
  sayJob(type: "job" | "offer", job: JsonText<PolledJob>): void {
    this.#sayText(`{"type":"${type}","job":${job}}`);
  }

  /** Says a job or an offer, for one credit. */
  give(type: "job" | "offer", jobId: JobId, job: JsonText<PolledJob>): void {
    this.account = spendCredit(this.account);
    this.#unsent.push(type === "job" ? jobId : null);
    this.sayJob(type, job);
  }

  #sayText(message: string): void {
    this.#said.push(message);
    this.touch();
  }

  /** Says once that no more jobs come, and takes its credit. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.account = voidCredit(this.account);
    this.stopWaiting();
    this.say({ type: "drain" });
  }

  /** It may be given jobs again. */
  endDrain(): void {
    this.#isDraining = false;
  }

  /** Jobs that the object owed this client when it ended. */
  get owedJobIds(): readonly JobId[] {
    return this.#attached.owedJobIds;
  }

  /** Something changed: it is attached behind the next write, and what was said leaves (1, 2). */
  touch(): void {
    if (this.#isTouched) return;
    this.#isTouched = true;
    this.onTouched(this);
  }

  /** Says what is left and closes. */
  end(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.gone();
    this.#end = { code, reason };
    this.touch();
  }

  /** Nobody listens any more. */
  gone(): void {
    this.isOpen = false;
    this.stopWaiting();
  }

  /** What was said by now leaves at the next {@link leave}, and nothing that is said later. */
  seal(): void {
    this.#isTouched = false;
    const { said, frames } = this.#sealed;
    this.#sealed = {
      said: said.length === 0 ? this.#said : [...said, ...this.#said],
      jobs: this.#unsent.length,
      frames: frames + this.#framesHandled,
      end: this.#end,
    };
    this.#said = [];
    this.#framesHandled = 0;
  }

  /** Sends what was sealed: everything that was decided until then is written. */
  leave(): void {
    const { said, jobs, frames, end } = this.#sealed;
    this.#sealed = NOTHING_SEALED;
    this.#framesInFlight -= frames;
    try {
      for (const frame of framesOf(said)) this.socket.send(frame);
      if (jobs > 0) this.#unsent.splice(0, jobs);
      this.#attach();
      if (end !== null) this.socket.close(end.code, end.reason);
    } catch {
      // The client is gone; it repeats what was not answered (protocol, invariant 2).
      this.gone();
    }
  }

  #attach(): void {
    const credit = this.account.credit + this.#unsent.length;
    const owedJobIds = this.#unsent.length === 0
      ? NONE
      : this.#unsent.filter((jobId) => jobId !== null).slice(0, OWED_JOBS_MAX);
    const before = this.#attached;
    const isSame = before.credit === credit && before.hello === this.#hello &&
      before.owedJobIds.length === 0 && owedJobIds.length === 0;
    if (isSame) return;
    this.#attached = {
      caller: this.caller,
      runnerId: this.runnerId,
      baseUrl: this.baseUrl,
      hello: this.#hello,
      credit,
      owedJobIds,
      waitingSinceMs: this.#waitingSinceMs,
    };
    this.socket.serializeAttachment(this.#attached);
  }
}

/**
 * As few frames as there can be, each a JSON array; none of nothing. Texts are added and not joined: the platform lays
 * what was added out once, when it sends.
 */
function framesOf(messages: readonly string[]): readonly string[] {
  const frames: string[] = [];
  let open = "";
  for (const text of messages) {
    if (open !== "" && open.length + text.length > FRAME_CUT_CHARS) {
      frames.push(open + "]");
      open = "";
    }
    open += (open === "" ? "[" : ",") + text;
  }
  if (open !== "") frames.push(open + "]");
  return frames;
}
