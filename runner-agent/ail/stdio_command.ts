/**
 * `ail stdio`: a talk with a program, a run for each prompt; the session of a turn's invocation is kept for the next (Pipeline 3.5).
 *
 * 1. Without `--stream` a line is a prompt, its answer is text, and what goes wrong is `Error: ...` on standard error.
 * 2. With it, lines are messages of the control protocol; what comes while a turn is under way controls it, and prompts wait.
 * 3. A prompt `/NAME rest` is what the skill NAME says (Pipeline s06); an unknown one is a turn that fails.
 * 4. The end of the input is the end of the talk, after the turns that were asked for.
 */
import type { Pipeline } from "../pipeline/ast.ts";
import { type ControlMessage, parseControlLine } from "../pipeline/control_message.ts";
import type { PipelineEvent } from "../pipeline/event.ts";
import { EntryList } from "../pipeline/entry_list.ts";
import { type Fault, faultText } from "../pipeline/fault.ts";
import { leanText } from "../pipeline/report.ts";
import type { RunOutcome } from "../pipeline/run_pipeline.ts";
import { backendsOf } from "./backends.ts";
import { controlRun } from "./control_input.ts";
import { ControlledDesk } from "./controlled_desk.ts";
import { performFiles } from "./files.ts";
import { findPipeline } from "./find_pipeline.ts";
import type { Host } from "./host.ts";
import { driveRoutine } from "./interpreter.ts";
import { onInterrupt } from "./interrupt.ts";
import { defaultBackendOf, Loader } from "./loader.ts";
import { runHere } from "./pipeline_run.ts";
import { commonOf, type ProviderOptions } from "./run_command.ts";
import { RunControl } from "./run_control.ts";
import { resolveSkillPrompt } from "./skill_prompt.ts";

export interface StdioOptions extends ProviderOptions {
  readonly message?: string;
  readonly stream?: boolean;
  readonly pipeline?: string;
}

type RunTurn = (prompt: string, emit: (event: PipelineEvent) => void) => Promise<RunOutcome>;

export async function stdioCommand(host: Host, options: StdioOptions): Promise<number> {
  const loader = await Loader.of(host);
  const pipeline = await findPipeline({ ...host, isStdinTerminal: false }, loader, options.pipeline ?? null);
  if (pipeline === null) return 1;
  const backends = backendsOf(host);
  const desk = new ControlledDesk();
  let control = new RunControl();
  let sessionId: string | null = null;
  let lastResponse: string | null = null;
  const prompts = new PromptQueue(options.message ?? null);
  const interruption = onInterrupt(() => {
    control.kill();
    prompts.close();
  });
  const turn: RunTurn = async (said, emit) => {
    control = new RunControl();
    if (interruption.wasInterrupted()) control.kill();
    const common = commonOf(host, options, backends);
    const { surroundings } = loader;
    const defaultBackend = defaultBackendOf(surroundings.environment);
    const talk = { runId: common.runId, surroundings, defaultBackend, lastResponse };
    const prompt = await driveRoutine(resolveSkillPrompt(said, talk), performFiles);
    if (!prompt.ok) {
      emit({ type: "pipeline_error", error: prompt.error.detail, error_type: prompt.error.type });
      return notRun(prompt.error, sessionId);
    }
    const outcome = await runHere({
      ...common,
      loader,
      pipeline,
      prompt: prompt.value,
      control,
      resumeSessionId: sessionId,
      mode: options.stream === true ? "controlled" : "simple",
      human: options.stream === true ? desk : { ask: () => Promise.resolve({ kind: "headless" }) },
      isHeadless: options.stream !== true,
      ...(options.stream === true ? { askPermission: desk.askPermission } : {}),
      emit,
    });
    sessionId = outcome.sessionId ?? sessionId;
    lastResponse = new EntryList(outcome.entries).lastResponse() ?? lastResponse;
    return outcome;
  };
  if (options.message === undefined || options.stream === true) {
    const take = options.stream === true
      ? (message: ControlMessage) => {
        if (controlRun(message, control, desk)) return;
        if (message.type === "end_session") prompts.close();
        if (message.type === "user_message" && message.text !== "") prompts.push(message.text);
      }
      : null;
    readInput(host, take, prompts).finally(() => {
      control.resume();
      desk.close();
      prompts.close();
    });
  }
  if (options.message !== undefined) prompts.close();
  if (options.stream === true) {
    await talkInEvents(host, pipeline, prompts, turn, options.message !== undefined);
  } else await talkInText(host, pipeline, prompts, turn);
  interruption.stop();
  return 0;
}

/** A turn that failed before its run began. */
function notRun(fault: Fault, sessionId: string | null): RunOutcome {
  const totals = { costUsd: 0, inputTokens: 0, outputTokens: 0 };
  return { end: { kind: "failed", fault }, entries: [], totals, sessionId };
}

async function talkInText(
  host: Host,
  pipeline: Pipeline,
  prompts: AsyncIterable<string>,
  run: RunTurn,
): Promise<void> {
  for await (const prompt of prompts) {
    const { end, entries } = await run(prompt, () => {});
    if (end.kind === "failed") host.err(`Error: ${faultText(end.fault)}\n`);
    else host.out(leanText(pipeline, entries));
  }
}

async function readInput(
  host: Host,
  take: ((message: ControlMessage) => void) | null,
  prompts: PromptQueue,
): Promise<void> {
  for await (const line of host.lines()) {
    if (take === null) {
      if (line.trim() !== "") prompts.push(line.trim());
      continue;
    }
    const message = parseControlLine(line);
    if (message !== null) take(message);
  }
}

async function talkInEvents(
  host: Host,
  pipeline: Pipeline,
  prompts: AsyncIterable<string>,
  run: RunTurn,
  isOneShot: boolean,
): Promise<void> {
  const tell = (event: object) => host.out(`${JSON.stringify(event)}\n`);
  const chatId = crypto.randomUUID();
  const isHostInvoked = pipeline.steps[0]?.id !== "invocation";
  tell({
    type: "chat_started",
    chat_session_id: chatId,
    pipeline_source: pipeline.source,
    one_shot: isOneShot,
  });
  let turns = 0;
  let costUsd = 0;
  for await (const prompt of prompts) {
    const turnId = crypto.randomUUID();
    const startedMs = performance.now();
    turns++;
    tell({ type: "turn_started", turn_id: turnId, prompt });
    const { end, totals } = await run(prompt, (event) => tell(ofTurn(event, turnId, isHostInvoked)));
    costUsd += totals.costUsd;
    tell({
      type: "turn_completed",
      turn_id: turnId,
      total_cost_usd: costUsd,
      duration_ms: Math.round(performance.now() - startedMs),
      ...(end.kind === "failed" ? { error: true } : {}),
    });
    if (!isOneShot) tell({ type: "ready" });
  }
  tell({ type: "chat_ended", chat_session_id: chatId, total_turns: turns, total_cost_usd: costUsd });
}

/** A run knows its turn; the answer of an invocation that the host runs has come as `runner_event` already. */
function ofTurn(event: PipelineEvent, turnId: string, isHostInvoked: boolean): object {
  if (event.type === "run_started") return { ...event, turn_id: turnId };
  if (event.type === "step_completed" && event.step_id === "invocation" && isHostInvoked) {
    const { response: _response, ...rest } = event;
    return rest;
  }
  return event;
}

/** Prompts in their order, until it is closed and empty. */
class PromptQueue implements AsyncIterable<string> {
  readonly #prompts: string[];
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(first: string | null) {
    this.#prompts = first === null ? [] : [first];
  }

  push(prompt: string): void {
    if (!this.#isClosed) this.#prompts.push(prompt);
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const woken = new Promise<void>((resolve) => this.#wake = resolve);
      const prompt = this.#prompts.shift();
      if (prompt !== undefined) yield prompt;
      else if (this.#isClosed) return;
      else await woken;
    }
  }
}
