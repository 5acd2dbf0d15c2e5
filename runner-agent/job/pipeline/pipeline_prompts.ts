/**
 * The prompts of a station's pipeline, each counted: what its CLI prints says what it uses while it works, its answer tells the
 * rest (Runtime 4.1 item 10).
 *
 * 1. A prompt is refused once the run is over its budget. One that goes on far beyond it is ended with the run.
 * 2. What a prompt used is recorded before its answer, so that the count survives the runner; a record that cannot be read
 *    counts as nothing, and never fails an end.
 * 3. An answer is bounded before it is recorded.
 */
import { err, type Result } from "../../../protocol/result.ts";
import type { SessionHarnessName, TokenUsage } from "../../agent_ports.ts";
import type { Journal } from "../../ail/interpreter.ts";
import { addUsage, isUsed, NO_USAGE } from "../../domain/agent/budget.ts";
import { plausibleUsage } from "../../domain/agent/untrusted_usage.ts";
import { createStreamTally } from "../../harness/stream_usage.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import { boundedAnswer, usdAndTokens } from "./bounded_answer.ts";
import type { StationPrompts } from "./station_prompts.ts";
import type { SandboxCalls } from "./station_ports.ts";
import type { StepTeller } from "./step_teller.ts";

export interface PipelinePromptsDeps {
  readonly backends: StationPrompts;
  readonly calls: SandboxCalls;
  readonly journal: Pick<Journal, "record">;
  readonly teller: StepTeller;
  /** Why no further prompt may be made; null: it may. */
  refusal(effectId: string): string | null;
  /** Something was used: of all prompts so far. */
  onUsed(): void;
  /** A prompt has ended: what all so far have used, and how many there were. */
  onTurn(turns: number, total: TokenUsage): void;
  busy<T>(what: "program", act: () => Promise<T>): Promise<T>;
}

export interface PipelinePrompts {
  invoke(effectId: string, call: PromptCall, signal: AbortSignal): Promise<Result<PromptAnswer, Fault>>;
}

const TALLIED: readonly string[] = ["claude", "codex", "gemini", "opencode"];
const RECORD = "used:";

/** What the prompts of a pipeline have used so far, those of the runner's former lives among them. */
export class PromptCount {
  /** By the ids of their effects: a prompt that is asked again after a crash is the same prompt. */
  readonly #prompts = new Map<string, TokenUsage>();

  /** Invariant 2. */
  static of(records: Iterable<readonly [id: string, answer: unknown]>): PromptCount {
    const count = new PromptCount();
    for (const [id, answer] of records) {
      if (id.startsWith(RECORD)) count.set(id.slice(RECORD.length), readUsage(answer));
    }
    return count;
  }

  /** How many prompts were begun. */
  get turns(): number {
    return this.#prompts.size;
  }

  /** Whether this prompt may be made where there may be so many. */
  allows(id: string, max: number | null): boolean {
    return max === null || this.#prompts.has(id) || this.#prompts.size < max;
  }

  usage(): TokenUsage {
    return [...this.#prompts.values()].reduce(addUsage, NO_USAGE);
  }

  /** What one has used until now. */
  set(id: string, usage: TokenUsage): void {
    this.#prompts.set(id, usage);
  }
}

export function createPipelinePrompts(deps: PipelinePromptsDeps, count: PromptCount): PipelinePrompts {
  const { backends, calls, journal, teller, refusal, onUsed, onTurn, busy } = deps;
  return {
    async invoke(effectId, call, signal) {
      const refused = refusal(effectId);
      if (refused !== null) return err(fault("ail:runner/cancelled", refused));
      teller.text(call.stepId, "prompt", call.prompt);
      let streamed = NO_USAGE;
      count.set(effectId, streamed);
      const watched: Pick<SandboxCalls, "run"> = {
        run(id, request, ending) {
          const { onStdout } = request;
          // Programs beside the prompt's own say nothing of it.
          if (onStdout === undefined || !TALLIED.includes(call.backend)) {
            return calls.run(id, request, ending);
          }
          const tally = createStreamTally(call.backend as SessionHarnessName);
          const decoder = new TextDecoder();
          const before = streamed;
          let own = NO_USAGE;
          return calls.run(id, {
            ...request,
            onStdout(bytes) {
              own = addUsage(own, tally.add(decoder.decode(bytes, { stream: true })));
              streamed = addUsage(before, own);
              count.set(effectId, streamed);
              onUsed();
              onStdout.call(request, bytes);
            },
          }, ending);
        },
      };
      const given = await busy("program", () =>
        backends.invoke(effectId, call, {
          calls: watched,
          signal,
          onEvent: () => {},
          warn: (message) => teller.warn(message),
        }));
      const answer = boundedAnswer(given);
      // Who prints no sum in its stream says it in its answer.
      const used = isUsed(streamed) || !answer.ok ? streamed : usageOf(answer.value);
      await journal.record(RECORD + effectId, used);
      count.set(effectId, used);
      onUsed();
      onTurn(count.turns, count.usage());
      if (answer.ok) teller.text(call.stepId, "answer", answer.value.response);
      return answer;
    },
  };
}

function usageOf(answer: PromptAnswer): TokenUsage {
  return { ...NO_USAGE, ...usdAndTokens(answer) };
}

function readUsage(value: unknown): TokenUsage {
  return typeof value === "object" && value !== null
    ? plausibleUsage({ ...NO_USAGE, ...value as Partial<TokenUsage> })
    : NO_USAGE;
}
