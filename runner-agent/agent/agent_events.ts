/**
 * The activity log of one run (Runtime 3.7): a file of JSON lines, and a sender that brings it to the control plane.
 *
 * ```
 * <run root>/events.ndjson   every event; fsynced before `append` returns
 * <run root>/events.sent     the first sequence that the control plane does not have, and where its line begins
 * ```
 *
 * 1. Sequences count from 0 and never repeat: after a crash they go on after the last whole line; a torn one is cut off.
 * 2. Appends that come together are one write and one fsync.
 * 3. Batches go out in order, one at a time, again until they are answered. What the control plane has already it drops,
 *    so losing `events.sent` costs only traffic. A server that refuses is not asked again.
 * 4. A disk that does not take an event (full, broken) costs the event, never the run: nothing here rejects, what is lost is
 *    counted, takes no sequence, and is told once; each append tries the disk again.
 */
import type { AgentEvent, AgentEvents, AgentEventType } from "../agent_ports.ts";
import { AGENT_EVENTS_MAX } from "../../protocol/agent/limits.ts";
import { backoffMs } from "../domain/backoff.ts";
import {
  AGENT_EVENT_BATCH_MAX_BYTES,
  AGENT_EVENTS_GATHER_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
} from "../limits.ts";
import type { Clock } from "../ports.ts";
import { type EventDisk, NEW_LINE, type SentMark } from "./event_disk.ts";

/** Sends one batch. `kept`: all before `nextSequence` are there. */
export type SendEvents = (events: readonly AgentEvent[]) => Promise<
  | { readonly kind: "kept"; readonly nextSequence: number }
  | { readonly kind: "unreachable" }
  | { readonly kind: "refused" }
>;

export interface AgentEventLog extends AgentEvents {
  /**
   * Waits until everything is sent, for at most `maxMs`, and ends the sender. How many events the control plane does not have:
   * those that are left, and those that the disk has lost.
   */
  finish(maxMs: number): Promise<number>;
}

export interface AgentEventLogDeps {
  readonly disk: EventDisk;
  readonly clock: Clock;
  readonly random: () => number;
  readonly send: SendEvents;
  /** Told once, at the first fault of the disk, by its name. */
  readonly onFault: (fault: string) => void;
}

/** Never rejects (4). */
export async function openAgentEvents(deps: AgentEventLogDeps): Promise<AgentEventLog> {
  const log = new EventLogFile(deps);
  await log.open();
  return log;
}

class EventLogFile implements AgentEventLog {
  #isOpen = false;
  #next = 0;
  #sent: SentMark = { sequence: 0, offset: 0 };
  #size = 0;
  #lost = 0;
  #hasFault = false;
  /** Each without its sequence, which it gets when it is written. */
  #waiting: { readonly rest: string; readonly done: () => void }[] = [];
  #writing: Promise<void> | null = null;
  #sending: Promise<void> | null = null;
  #isRefused = false;
  readonly #ended = new AbortController();
  /** From then on nothing is gathered any more. */
  readonly #hurry = new AbortController();

  constructor(private readonly deps: AgentEventLogDeps) {}

  async open(): Promise<void> {
    try {
      await this.#requireOpen();
    } catch (error) {
      this.#fault(error);
    }
  }

  append(type: AgentEventType, payload: Readonly<Record<string, unknown>>): Promise<void> {
    const rest = JSON.stringify({ atMs: this.deps.clock.nowMs(), type, payload }).slice(1);
    return new Promise((done) => {
      this.#waiting.push({ rest, done });
      this.#writing ??= this.#write();
    });
  }

  async finish(maxMs: number): Promise<number> {
    this.#hurry.abort();
    await this.#writing;
    this.#startSending();
    const timer = this.deps.clock.sleep(maxMs, this.#ended.signal).catch(() => undefined);
    await Promise.race([this.#sending ?? Promise.resolve(), timer]);
    this.#ended.abort();
    await this.#sending;
    if (this.#isOpen) this.deps.disk.close();
    this.#isOpen = false;
    return this.#next - this.#sent.sequence + this.#lost;
  }

  async #requireOpen(): Promise<void> {
    if (this.#isOpen) return;
    this.#ended.signal.throwIfAborted();
    const found = await this.deps.disk.open();
    this.#isOpen = true;
    this.#next = found.nextSequence;
    this.#size = found.size;
    this.#sent = found.sent;
    this.#startSending();
  }

  /** Invariants 2 and 4. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#requireOpen();
        const lines = batch.map(({ rest }, n) => `{"sequence":${this.#next + n},${rest}\n`).join("");
        const bytes = new TextEncoder().encode(lines);
        await this.deps.disk.append(bytes, this.#size);
        this.#size += bytes.length;
        this.#next += batch.length;
        this.#startSending();
      } catch (error) {
        this.#lost += batch.length;
        // What comes after the end has no file any more, which is no fault of the disk.
        if (!this.#ended.signal.aborted) this.#fault(error);
      }
      for (const { done } of batch) done();
    }
    this.#writing = null;
  }

  #fault(error: unknown): void {
    if (this.#hasFault) return;
    this.#hasFault = true;
    this.deps.onFault(error instanceof Error ? error.name : "unknown");
  }

  #startSending(): void {
    if (this.#isRefused || this.#sending !== null || this.#ended.signal.aborted) return;
    if (this.#sent.offset >= this.#size) return;
    this.#sending = this.#send().finally(() => {
      this.#sending = null;
    });
  }

  /** Sends all that is there; ends when there is no more, when it is refused, or when the log is finished. Never rejects. */
  async #send(): Promise<void> {
    const { clock, random } = this.deps;
    const signal = this.#ended.signal;
    let failures = 0;
    const gathered = AbortSignal.any([signal, this.#hurry.signal]);
    await clock.sleep(AGENT_EVENTS_GATHER_MS, gathered).catch(() => undefined);
    while (this.#sent.offset < this.#size) {
      const outcome = await this.#sendBatch();
      if (outcome === "refused") this.#isRefused = true;
      if (outcome === "refused" || outcome === "none") return;
      if (outcome === "kept") {
        failures = 0;
        continue;
      }
      if (signal.aborted) return;
      const waitMs = backoffMs(++failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, random());
      await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #sendBatch(): Promise<"kept" | "unreachable" | "refused" | "none"> {
    try {
      const batch = await this.#batch();
      if (batch.events.length === 0) return "none";
      const outcome = await this.deps.send(batch.events);
      if (outcome.kind !== "kept") return outcome.kind;
      this.#sent = { sequence: batch.events.at(-1)!.sequence + 1, offset: batch.endOffset };
    } catch (error) {
      this.#fault(error);
      return "unreachable";
    }
    // It counts as it is; that it is not written down costs traffic after a restart (3).
    await this.deps.disk.saveSent(this.#sent).catch((error) => this.#fault(error));
    return "kept";
  }

  async #batch(): Promise<{ readonly events: readonly AgentEvent[]; readonly endOffset: number }> {
    const { offset } = this.#sent;
    const bytes = await this.deps.disk.read(
      offset,
      Math.min(AGENT_EVENT_BATCH_MAX_BYTES, this.#size - offset),
    );
    const events: AgentEvent[] = [];
    let at = 0;
    while (events.length < AGENT_EVENTS_MAX) {
      const end = bytes.indexOf(NEW_LINE, at);
      if (end < 0) break;
      events.push(JSON.parse(new TextDecoder().decode(bytes.subarray(at, end))) as AgentEvent);
      at = end + 1;
    }
    return { events, endOffset: offset + at };
  }
}
