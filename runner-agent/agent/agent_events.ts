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

/** Sends one batch. `kept`: all before `nextSequence` are there. */
export type SendEvents = (events: readonly AgentEvent[]) => Promise<
  | { readonly kind: "kept"; readonly nextSequence: number }
  | { readonly kind: "unreachable" }
  | { readonly kind: "refused" }
>;

export interface AgentEventLog extends AgentEvents {
  /** Waits until everything is sent, for at most `maxMs`, and ends the sender. How many events were left. */
  finish(maxMs: number): Promise<number>;
}

export interface AgentEventLogDeps {
  readonly dir: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly send: SendEvents;
}

export async function openAgentEvents(deps: AgentEventLogDeps): Promise<AgentEventLog> {
  const log = new EventFile(deps);
  await log.open();
  return log;
}

class EventFile implements AgentEventLog {
  #file: Deno.FsFile | null = null;
  #next = 0;
  /** The first that is not sent, and where its line begins. */
  #sent = { sequence: 0, offset: 0 };
  #size = 0;
  #waiting: {
    readonly line: Uint8Array;
    readonly done: () => void;
    readonly failed: (error: unknown) => void;
  }[] = [];
  #writing: Promise<void> | null = null;
  #sending: Promise<void> | null = null;
  #isRefused = false;
  readonly #ended = new AbortController();
  /** From then on nothing is gathered any more. */
  readonly #hurry = new AbortController();

  constructor(private readonly deps: AgentEventLogDeps) {}

  async open(): Promise<void> {
    const { dir } = this.deps;
    this.#file = await Deno.open(`${dir}/events.ndjson`, {
      create: true,
      read: true,
      write: true,
      mode: 0o600,
    });
    const bytes = new Uint8Array(await new Response(this.#file.readable).arrayBuffer());
    // `readable` closes the file when it is read.
    this.#file = await Deno.open(`${dir}/events.ndjson`, { read: true, write: true });
    this.#size = bytes.lastIndexOf(NEW_LINE) + 1;
    if (this.#size < bytes.length) await this.#file.truncate(this.#size);
    await this.#file.seek(this.#size, Deno.SeekMode.Start);
    const lastLine = bytes.subarray(bytes.lastIndexOf(NEW_LINE, this.#size - 2) + 1, this.#size);
    if (this.#size > 0) {
      this.#next = (JSON.parse(new TextDecoder().decode(lastLine)) as AgentEvent).sequence + 1;
    }
    this.#sent = await this.#loadSent();
    if (this.#sent.sequence < this.#next) this.#startSending();
  }

  append(type: AgentEventType, payload: Readonly<Record<string, unknown>>): Promise<void> {
    const event: AgentEvent = { sequence: this.#next++, atMs: this.deps.clock.nowMs(), type, payload };
    const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
    return new Promise((done, failed) => {
      this.#waiting.push({ line, done, failed });
      this.#writing ??= this.#write();
    });
  }

  async finish(maxMs: number): Promise<number> {
    this.#hurry.abort();
    await this.#writing;
    if (this.#sent.sequence < this.#next) this.#startSending();
    const timer = this.deps.clock.sleep(maxMs, this.#ended.signal).catch(() => undefined);
    await Promise.race([this.#sending ?? Promise.resolve(), timer]);
    this.#ended.abort();
    await this.#sending;
    this.#file?.close();
    this.#file = null;
    return this.#next - this.#sent.sequence;
  }

  /** Invariant 2. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        for (const { line } of batch) {
          for (let at = 0; at < line.length;) at += await this.#file!.write(line.subarray(at));
          this.#size += line.length;
        }
        await this.#file!.sync();
        for (const { done } of batch) done();
        this.#startSending();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = null;
  }

  #startSending(): void {
    if (this.#isRefused || this.#sending !== null || this.#ended.signal.aborted) return;
    this.#sending = this.#send().finally(() => {
      this.#sending = null;
    });
  }

  /** Sends all that is there; ends when there is no more, when it is refused, or when the log is finished. */
  async #send(): Promise<void> {
    const { clock, random } = this.deps;
    const signal = this.#ended.signal;
    let failures = 0;
    const gathered = AbortSignal.any([signal, this.#hurry.signal]);
    await clock.sleep(AGENT_EVENTS_GATHER_MS, gathered).catch(() => undefined);
    while (this.#sent.offset < this.#size) {
      const batch = await this.#batch();
      if (batch.events.length === 0) return;
      const outcome = await this.deps.send(batch.events);
      if (outcome.kind === "refused") {
        this.#isRefused = true;
        return;
      }
      if (outcome.kind === "kept") {
        failures = 0;
        await this.#saveSent({ sequence: batch.events.at(-1)!.sequence + 1, offset: batch.endOffset });
        continue;
      }
      if (signal.aborted) return;
      const waitMs = backoffMs(++failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, random());
      await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #batch(): Promise<{ readonly events: readonly AgentEvent[]; readonly endOffset: number }> {
    const { offset } = this.#sent;
    const bytes = new Uint8Array(Math.min(AGENT_EVENT_BATCH_MAX_BYTES, this.#size - offset));
    using file = await Deno.open(`${this.deps.dir}/events.ndjson`, { read: true });
    await file.seek(offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += await file.read(bytes.subarray(at)) ?? bytes.length;
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

  async #loadSent(): Promise<{ readonly sequence: number; readonly offset: number }> {
    try {
      const [sequence, offset] = (await Deno.readTextFile(`${this.deps.dir}/events.sent`)).split(" ").map(
        Number,
      );
      const isOurs = Number.isSafeInteger(sequence) && Number.isSafeInteger(offset) && offset! <= this.#size;
      return isOurs ? { sequence: sequence!, offset: offset! } : { sequence: 0, offset: 0 };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { sequence: 0, offset: 0 };
      throw error;
    }
  }

  async #saveSent(sent: { readonly sequence: number; readonly offset: number }): Promise<void> {
    this.#sent = sent;
    const path = `${this.deps.dir}/events.sent`;
    await Deno.writeTextFile(`${path}.new`, `${sent.sequence} ${sent.offset}`, { mode: 0o600 });
    await Deno.rename(`${path}.new`, path);
  }
}

const NEW_LINE = 10;
