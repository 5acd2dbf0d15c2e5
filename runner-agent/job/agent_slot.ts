/** The agent of one run, opened when it is first needed; null for a run whose agent has no terminal. */
import { hasSession, openRunAgent, type RunAgent } from "./run_agent.ts";
import type { RunContext } from "./run_context.ts";
import { wantedSession } from "./session_plan.ts";

export class AgentSlot {
  #agent: Promise<RunAgent> | null = null;

  constructor(private readonly context: RunContext) {}

  /** Whether this process has opened it. */
  get isOpen(): boolean {
    return this.#agent !== null;
  }

  /** The agent of a sandbox that was made; a run of before that knew no sessions has none. */
  async find(): Promise<RunAgent | null> {
    if (this.#agent === null) {
      if (wantedSession(this.context) === null || !await hasSession(this.context)) return null;
      this.#agent = openRunAgent(this.context);
    }
    return await this.#agent;
  }

  /** The agent of a sandbox that is being made, whose directories are there. */
  async make(): Promise<RunAgent> {
    return await (this.#agent ??= openRunAgent(this.context));
  }

  /** Ends what it has open. How many events were not sent. */
  async close(maxMs: number): Promise<number> {
    const agent = await this.#agent;
    this.#agent = null;
    return await agent?.events.finish(maxMs) ?? 0;
  }
}
