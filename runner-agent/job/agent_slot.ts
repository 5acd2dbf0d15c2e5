/** The agent of one run, opened when it is first needed: in a terminal or without one, and what both tell by. */
import { hasSession, openRunAgent, type RunAgent } from "./run_agent.ts";
import type { RunContext } from "./run_context.ts";
import { openRunRecord, type RunRecord } from "./run_record.ts";
import { wantedSession } from "./session_plan.ts";
import { createStructuredAgent, type StructuredAgent } from "./structured_agent.ts";

export class AgentSlot {
  #record: Promise<RunRecord> | null = null;
  #agent: Promise<RunAgent> | null = null;
  #structured: Promise<StructuredAgent> | null = null;

  constructor(private readonly context: RunContext) {}

  /** Whether this process has opened one in a terminal. */
  get isOpen(): boolean {
    return this.#agent !== null;
  }

  /** The agent in the terminal of a sandbox that was made; null for a run without one, and one of before that knew no sessions. */
  async find(): Promise<RunAgent | null> {
    if (this.#agent === null) {
      if (wantedSession(this.context) === null || !await hasSession(this.context)) return null;
      this.#agent = this.#openAgent();
    }
    return await this.#agent;
  }

  /** The agent of a sandbox that is being made, whose directories are there. */
  async make(): Promise<RunAgent> {
    return await (this.#agent ??= this.#openAgent());
  }

  /** The agent of a run without a terminal, whose directories are there; null for one with a terminal. */
  async structured(): Promise<StructuredAgent | null> {
    if (await this.find() !== null) return null;
    return await (this.#structured ??= this.#openRecord().then((record) =>
      createStructuredAgent(this.context, record)
    ));
  }

  /** Either. */
  async any(): Promise<RunAgent | StructuredAgent> {
    return await this.find() ?? (await this.structured())!;
  }

  /** Ends what it has open. How many events were not sent. */
  async close(maxMs: number): Promise<number> {
    const record = await this.#record;
    this.#record = this.#agent = this.#structured = null;
    return await record?.events.finish(maxMs) ?? 0;
  }

  #openAgent(): Promise<RunAgent> {
    return this.#openRecord().then((record) => openRunAgent(this.context, record));
  }

  #openRecord(): Promise<RunRecord> {
    return this.#record ??= openRunRecord(this.context);
  }
}
