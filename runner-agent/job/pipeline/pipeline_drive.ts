/**
 * Drives the pipeline of one station from its journal to its end: the engine here, outside of the sandbox, its programs inside.
 *
 * ```
 * <run root>/pipeline.journal    what was answered (`ail/journal.ts`)
 * ```
 *
 * 1. What is recorded is not done again: a runner that was killed goes on at the step after the last recorded one, and finds
 *    what was under way in the sandbox.
 * 2. `done` never rejects. A pipeline that cannot go on for a reason of this machine (its journal cannot be read or written, or
 *    is full) is told by `onBroken`, once; the runner goes on.
 * 3. Leaving ends nothing in the sandbox and records nothing more. At the end of a run its questions are withdrawn.
 */
import { join } from "node:path";
import { NO_USAGE, overBudgetText } from "../../domain/agent/budget.ts";
import { redactText } from "../../domain/redaction.ts";
import { DriveLeftError, driveRoutine } from "../../ail/interpreter.ts";
import { type FileJournal, openJournal } from "../../ail/journal.ts";
import type { EventOf } from "../../agent/event_payloads.ts";
import type { TokenUsage } from "../../agent_ports.ts";
import type { Clock } from "../../ports.ts";
import { loadForRun } from "../../pipeline/load.ts";
import { runPipeline } from "../../pipeline/run_pipeline.ts";
import { callId } from "./call_id.ts";
import { BEGIN_TRIES_MAX, JOURNAL_MAX_BYTES, WITHDRAW_MAX_MS } from "./limits.ts";
import { endOf, exitCodeOf, readPipelineEnd, writePipelineEnd } from "./pipeline_end.ts";
import { createPipelinePrompts, PromptCount } from "./pipeline_prompts.ts";
import type { StationPipeline } from "./station_pipeline.ts";
import type { StationPrompts } from "./station_prompts.ts";
import type { CallEnd, QuestionDesk, SandboxCalls } from "./station_ports.ts";
import { performInStation, type StationWorld } from "./station_world.ts";
import { createStepTeller } from "./step_teller.ts";

export interface PipelineDriveDeps {
  readonly runId: string;
  /** Of the run, on this machine. */
  readonly root: string;
  readonly workspace: string;
  readonly agentHome: string;
  /** The station's. */
  readonly prompt: string;
  readonly model: string | null;
  /** The name of the station's agent: of prompts that name no other. */
  readonly harness: string;
  readonly pipeline: StationPipeline;
  readonly calls: SandboxCalls;
  /** Ends the waiting of `calls`: nothing more will come of what is under way for this drive. */
  readonly forgetCalls: () => void;
  readonly backends: StationPrompts;
  readonly questions: QuestionDesk;
  readonly secrets: readonly string[];
  readonly clock: Clock;
  readonly budget: PipelineBudget;
  busy: StationWorld["busy"];
  /** Never rejects. */
  append(event: EventOf): void;
  /** @param why In words, without secrets. */
  onBroken(why: string): void;
}

/** The run's budget, of which all prompts together use. */
export interface PipelineBudget {
  /** How many prompts there may be; null: as many as there are. */
  readonly turns: number | null;
  /** Which budget of another kind is used up, in words; null: none, so that the pipeline may go on. */
  over(): string | null;
  /** What all prompts so far have used. */
  used(usage: TokenUsage): void;
}

export interface PipelineDrive {
  readonly done: Promise<void>;
  /** @param isEnd The run is over: nobody goes on with it. */
  leave(isEnd: boolean): Promise<void>;
}

/** Below the run's root. */
export const JOURNAL_NAME = "pipeline.journal";
const ENVIRONMENT = "environment";

export function startPipelineDrive(deps: PipelineDriveDeps): PipelineDrive {
  const left = new AbortController();
  const over = new AbortController();
  const asking = new Set<Promise<unknown>>();
  const questions: QuestionDesk = {
    ask(question, signal) {
      const asked = deps.questions.ask(question, AbortSignal.any([signal, over.signal]));
      asking.add(asked);
      return asked.finally(() => asking.delete(asked));
    },
  };
  const done = drive({ ...deps, questions }, left.signal).catch((error) => {
    if (!(error instanceof DriveLeftError)) deps.onBroken(redactText(whyBroken(error), deps.secrets));
  });
  return {
    done,
    async leave(isEnd) {
      left.abort();
      if (isEnd) {
        over.abort();
        const enough = new AbortController();
        await Promise.race([
          Promise.allSettled(asking),
          deps.clock.sleep(WITHDRAW_MAX_MS, enough.signal).catch(() => undefined),
        ]);
        enough.abort();
      }
      deps.forgetCalls();
      await done;
    },
  };
}

async function drive(deps: PipelineDriveDeps, left: AbortSignal): Promise<void> {
  const { root, calls } = deps;
  let end = await readPipelineEnd(root);
  if (end === null) {
    const journal = await openJournal(join(root, JOURNAL_NAME), JOURNAL_MAX_BYTES);
    try {
      const clean = (text: string) => redactText(text, deps.secrets);
      const outcome = await run(deps, journal, clean, left);
      if (left.aborted) return;
      end = endOf(outcome, deps.budget.over(), clean);
      await writePipelineEnd(root, end);
    } finally {
      journal.close();
    }
  }
  if (!left.aborted) await calls.finish(exitCodeOf(end));
}

async function run(
  deps: PipelineDriveDeps,
  journal: FileJournal,
  clean: (text: string) => string,
  left: AbortSignal,
) {
  const { calls, backends, questions, budget, busy, runId, workspace, append, clock } = deps;
  const pipeline = await deps.pipeline.pipeline();
  const { source, text, warnings } = deps.pipeline.decided!;
  const count = PromptCount.of(journal.unread());
  const tellBudget = () => budget.used(count.usage());
  tellBudget();
  const teller = createStepTeller({ append, say: (told) => calls.say(told), clean });
  const prompts = createPipelinePrompts({
    backends,
    calls,
    journal,
    teller,
    busy,
    refusal: (id) => budget.over() ?? (count.allows(id, budget.turns) ? null : overBudgetText("turns")),
    onUsed: tellBudget,
    onTurn: (turn, total) => append({ type: "usage", payload: { turn, total } }),
  }, count);
  const environment = await readEnvironment(deps, journal, left);
  if (environment.isFresh) { for (const warning of warnings) teller.warn(warning); }
  const surroundings = { cwd: workspace, home: deps.agentHome, environment: environment.values };
  const routine = runPipeline(pipeline, {
    runId,
    invocationPrompt: deps.prompt,
    mode: "controlled",
    cli: { model: deps.model, provider: { baseUrl: null, authToken: null } },
    surroundings,
    defaultBackend: deps.harness,
    load: (path) => loadForRun(path, surroundings),
  });
  const perform = performInStation({
    runId,
    workspace,
    ownText: text === null ? null : { path: source, text },
    calls,
    questions,
    prompts,
    teller,
    busy,
    isOverBudget: () => budget.over() !== null,
    nowMs: () => clock.nowMs(),
  });
  return await driveRoutine(routine, perform, journal, left);
}

/**
 * What the prompts of a pipeline used, of which no drive of this life of the runner knows: its sandbox ended while the runner was
 * away. Never rejects; a journal that cannot be read has counted nothing.
 */
export async function recordedUsage(root: string): Promise<TokenUsage> {
  try {
    const journal = await openJournal(join(root, JOURNAL_NAME));
    try {
      return PromptCount.of(journal.unread()).usage();
    } finally {
      journal.close();
    }
  } catch {
    return NO_USAGE;
  }
}

/** The sandbox's own, for `env.NAME`: asked for once in a run. */
async function readEnvironment(
  { runId, calls }: PipelineDriveDeps,
  journal: FileJournal,
  left: AbortSignal,
): Promise<{ readonly values: Readonly<Record<string, string>>; readonly isFresh: boolean }> {
  const recorded = journal.read(ENVIRONMENT);
  if (recorded !== undefined) {
    return { values: recorded.answer as Readonly<Record<string, string>>, isFresh: false };
  }
  const request = { argv: ["env", "-0"], env: {}, stdin: null, timeoutMs: null };
  let end: CallEnd | null = null;
  // The first program of a run waits for the sandbox's test, its services and its setup script.
  for (let nth = 1; nth <= BEGIN_TRIES_MAX && (end === null || end.kind === "failed"); nth++) {
    end = await calls.run(callId(runId, ENVIRONMENT, String(nth)), request, new AbortController().signal);
    if (left.aborted) throw new DriveLeftError("the drive was left");
  }
  if (end?.kind === "failed") {
    throw new Error(`Cannot begin the pipeline as its sandbox must run it: ${end.message}`);
  }
  const lines = end?.kind === "ended" && end.exitCode === 0 ? end.stdout.split("\0") : [];
  const values = Object.fromEntries(
    lines.filter((line) => line.includes("=")).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  await journal.record(ENVIRONMENT, values);
  return { values, isFresh: true };
}

/** Only what is ours or the system's: nothing that was answered is in it. */
function whyBroken(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : "unknown fault";
}
