/**
 * What a CLI's own files tell a session (`usage_files.ts`): the tokens of all, which prompts a turn has read, and why a turn
 * failed where no hook tells it (`SessionHarness.hasFailureHook`).
 *
 * 1. A failure is the running turn's only if it was read after the turn's beginning: what a file told before is no news.
 */
import type { ActivitySignal, HookEvent, SessionHarness } from "../agent_ports.ts";
import { NO_USAGE } from "../domain/agent/budget.ts";
import { isTurnRunning, type SessionState } from "../domain/agent/session_state.ts";
import type { SessionCore } from "./session_core.ts";
import type { FileUsage, UsageFiles } from "./usage_files.ts";

export interface CliFilesDeps {
  readonly harness: SessionHarness;
  readonly usageFiles: Pick<UsageFiles, "look" | "lookAgain" | "takeFailure" | "takeRead">;
  /** Takes our secrets out of a text. */
  readonly clean: (text: string) => string;
}

/** What a hook means with what the files tell; `count` writes down the tokens, and is called after the signals are told. */
export interface ReadHook {
  readonly signals: readonly ActivitySignal[];
  count(): Promise<void>;
}

export class CliFiles {
  constructor(private readonly deps: CliFilesDeps, private readonly core: SessionCore) {}

  async read(event: HookEvent): Promise<ReadHook> {
    const { harness, usageFiles } = this.deps;
    const counted = await usageFiles.look(event);
    const signals = [...this.#read(), ...this.#withFailure(harness.signalsOf(event))];
    const isResumed = signals.some((signal) => signal.kind === "session_started" && signal.isResumed);
    return { signals, count: () => this.#count(counted, isResumed) };
  }

  /** What has happened since the last look: prompts that were read, and the failure of the turn. */
  async look(): Promise<readonly ActivitySignal[]> {
    const message = await this.#readAgain();
    const { kind } = this.core.state.turn;
    const isOurs = message !== null && !this.deps.harness.hasFailureHook &&
      (kind === "running" || kind === "over");
    return [...this.#read(), ...(isOurs ? [this.#failed(message)] : [])];
  }

  /** A runner that has begun anew: what the files tell of failures is of before; what it was not told was read, it is now. */
  async catchUp(): Promise<readonly ActivitySignal[]> {
    await this.#readAgain();
    return this.#read();
  }

  async #readAgain(): Promise<string | null> {
    const { usageFiles } = this.deps;
    await this.#count(await usageFiles.lookAgain(Object.keys(this.core.state.fileUsage)), false);
    return usageFiles.takeFailure();
  }

  #read(): readonly ActivitySignal[] {
    return this.deps.usageFiles.takeRead().map((one) => ({ kind: "prompt_read", ...one }));
  }

  #withFailure(signals: readonly ActivitySignal[]): readonly ActivitySignal[] {
    if (this.deps.harness.hasFailureHook) return signals;
    const message = this.deps.usageFiles.takeFailure();
    const isOther = signals.some((signal) =>
      signal.kind === "session_started" || signal.kind === "prompt_submitted" ||
      (signal.kind === "turn_ended" && signal.isInterrupted)
    );
    if (message === null || isOther || !isTurnRunning(this.core.state)) return signals;
    return [...signals.filter(({ kind }) => kind !== "turn_ended"), this.#failed(message)];
  }

  #failed(message: string): ActivitySignal {
    return { kind: "turn_failed", message: this.deps.clean(message) };
  }

  async #count(counted: readonly FileUsage[], isResumed: boolean): Promise<void> {
    if (counted.length > 0) await this.core.change((state) => withFileUsage(state, counted, isResumed));
  }
}

/** What stood in a resumed session's file when it was first seen is another session's. */
function withFileUsage(state: SessionState, counted: readonly FileUsage[], isResumed: boolean): SessionState {
  const entries = counted.map(({ path, total }) => {
    const baseline = state.fileUsage[path]?.baseline ?? (isResumed ? total : NO_USAGE);
    return [path, { total, baseline }] as const;
  });
  return { ...state, fileUsage: { ...state.fileUsage, ...Object.fromEntries(entries) } };
}
