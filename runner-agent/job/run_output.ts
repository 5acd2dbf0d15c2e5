/** The output of one run, over all the sandboxes that it has: one stream, of which one sandbox at a time adds to the end. */
import type { AgentSlot } from "./agent_slot.ts";
import { type OutputPump, startOutputPump } from "./output_pump.ts";
import type { RunContext } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";
import { formerOutputs } from "./suspend.ts";

export class RunOutput {
  #pump: OutputPump | null = null;

  constructor(
    private readonly context: RunContext,
    private readonly watch: RunWatch,
    private readonly agents: AgentSlot,
  ) {}

  get current(): OutputPump | null {
    return this.#pump;
  }

  /** Begins with the first call. */
  async of(containerId: string): Promise<OutputPump> {
    if (this.#pump !== null) return this.#pump;
    const { deps, run } = this.context;
    const agent = await this.agents.find();
    const former = agent === null ? [] : formerOutputs(this.context, agent.session.state.boots);
    // A sandbox before this one may have moved it on since the run was taken from the journal.
    const kept = former.length === 0
      ? null
      : (await deps.journal.runs()).find((one) => one.runId === run.runId);
    const structured = agent === null ? await this.agents.structured() : null;
    return this.#pump = startOutputPump(this.context, containerId, this.watch, {
      former,
      start: kept?.log ?? run.log,
      onStdout: (bytes) => structured?.onOutput(bytes),
    });
  }

  /** After the sandbox's end. */
  async finish(containerId: string, abandon: AbortSignal): Promise<void> {
    await (await this.of(containerId)).finish(abandon);
  }

  /** The next sandbox has a pump of its own. */
  forget(): void {
    this.#pump = null;
  }
}
