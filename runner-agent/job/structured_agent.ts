/**
 * The agent of a run without a terminal: what its CLI's hooks and its calls tell goes to the activity log, what its CLI prints
 * tells what it used of its model (Runtime 2.2.9). A script is such an agent, too: it has no hooks and uses no model.
 *
 * ```
 * <run root>/used.json     what it used and why it failed, once it has ended (`used_record.ts`)
 * <run root>/declared.json its last word about itself (`declared_word.ts`)
 * ```
 *
 * 1. The stream's count stands, as only it knows the cost; what files and hooks counted stands in where a CLI was ended before
 *    it could print its sum.
 * 2. The output is read from its beginning in each life of the runner, so the count is the whole of it.
 * 3. What was used is on the disk before the run's end is.
 * 4. Nobody can answer such an agent. So one whose last word is that it waits has failed, as one that is blocked.
 * 5. One that follows a pipeline is many programs: what they use is told by the pipeline, and how they end is the pipeline's end.
 */
import type { HookAnswer } from "../agent/agent_session.ts";
import { eventsOfSignal } from "../agent/event_payloads.ts";
import { createUsageFiles } from "../agent/usage_files.ts";
import type { AgentEventLog } from "../agent/agent_events.ts";
import type { HookEvent, TokenUsage } from "../agent_ports.ts";
import {
  type ActivityEvent,
  declaredBefore,
  type DeclaredWord,
  declaredWord,
  moveActivity,
  startActivity,
} from "../domain/agent/activity.ts";
import { notDoneText } from "../domain/agent/turn_end.ts";
import { addUsage, isUsed, NO_USAGE } from "../domain/agent/budget.ts";
import { chooseHarness } from "../domain/job_choice.ts";
import { createStreamTally } from "../harness/stream_usage.ts";
import { sessionHarnessByName } from "../harness/sessions.ts";
import type { Bridge } from "../mcp/agent_tools.ts";
import { readDeclaredWord, writeDeclaredWord } from "./declared_word.ts";
import { missedHooks } from "./missed_hooks.ts";
import type { RunContext } from "./run_context.ts";
import { budgetOf } from "./session_plan.ts";
import type { PipelineBudget } from "./pipeline/pipeline_drive.ts";
import { createStructuredBudget } from "./structured_budget.ts";
import type { RunRecord } from "./run_record.ts";
import { readUsed, writeUsed } from "./used_record.ts";

export interface StructuredAgent {
  readonly bridge: Bridge;
  readonly events: AgentEventLog;
  /** Null where nothing has hooks. */
  readonly onHook: ((event: HookEvent) => Promise<HookAnswer>) | null;
  /** After a restart of this runner: what hooks told nobody. */
  adopt(): Promise<void>;
  /** Holds it to its budget from now on. @param onCut Told once why it is to be ended at once. */
  bound(startedAtMs: number, onCut: (why: string) => void): void;
  /** Of one that follows a pipeline. */
  readonly pipelineBudget: PipelineBudget;
  /** What its program wrote on standard output. */
  onOutput(bytes: Uint8Array): void;
  /** All of the output was read. May be repeated. */
  end(): Promise<void>;
}

export function createStructuredAgent(context: RunContext, record: RunRecord): StructuredAgent {
  const { deps, dirs, run, end } = context;
  const { events, clean, soon } = record;
  const chosen = chooseHarness(run.job.agentDefinition, deps.ability);
  const harness = chosen.ok && chosen.value !== "command" ? sessionHarnessByName(chosen.value) : null;
  // Invariant 5.
  const isPipeline = context.pipeline.decided !== null;
  const tally = harness === null || isPipeline ? null : createStreamTally(harness.name);
  const decoder = new TextDecoder();
  const usageFiles = createUsageFiles({
    usageFile: harness?.usageFile ?? null,
    hostHome: dirs.home,
    agentHome: deps.sandboxPaths.agentHome,
  });
  const byFile = new Map<string, TokenUsage>();
  let byHooks = NO_USAGE;
  let byStream = NO_USAGE;
  let activity = startActivity(deps.clock.nowMs());
  let lastWrite: Promise<unknown> = Promise.resolve();
  let turns = 0;
  const byOthers = () => [...byFile.values()].reduce(addUsage, byHooks);
  const budget = createStructuredBudget(
    budgetOf(context),
    deps.clock,
    () => [byStream, byOthers()],
    () => isPipeline ? 0 : turns,
  );

  async function does(event: ActivityEvent): Promise<void> {
    const before = activity;
    activity = moveActivity(before, event, deps.clock.nowMs());
    await keepWord(declaredWord(before), declaredWord(activity));
    if (activity.activity === before.activity && activity.detail === before.detail) return;
    const detail = activity.detail === null ? null : clean(activity.detail).slice(0, DETAIL_MAX_CHARS);
    await events.append("status_change", { phase: "running", activity: activity.activity, detail });
  }

  /** On the disk before the agent is answered. */
  function keepWord(before: DeclaredWord | null, after: DeclaredWord | null): Promise<unknown> {
    if (before?.state === after?.state && before?.message === after?.message) {
      return lastWrite.catch(() => undefined);
    }
    const write = () => writeDeclaredWord(dirs.root, after);
    return lastWrite = lastWrite.then(write, write);
  }

  async function onHook(event: HookEvent): Promise<HookAnswer> {
    const signals = harness!.signalsOf(event);
    for (const { path, total } of await usageFiles.look(event)) byFile.set(path, total);
    let reason: string | null = null;
    for (const signal of signals) {
      // A pipeline tells the answers of its prompts.
      const isTold = isPipeline && signal.kind === "turn_ended";
      for (const one of isTold ? [] : eventsOfSignal(signal, clean)) {
        await events.append(one.type, one.payload);
      }
      if (signal.kind === "usage") byHooks = addUsage(byHooks, signal.usage);
      if (signal.kind === "prompt_submitted") turns++;
      if (signal.kind === "turn_ended" && !signal.isInterrupted) {
        const missing = await end.wantsToStop(signal.lastMessage);
        reason = budget.mayGoOn() ? missing : null;
      }
      await does({ kind: "signal", signal });
    }
    budget.look();
    return reason === null ? null : { decision: "block", reason };
  }

  return {
    events,
    bridge: record.createBridge({
      toolsListed: () => {},
      called: (tool) => soon(does({ kind: "bridge_call", tool })),
      declared: (state, message) => does({ kind: "declared", state, message }),
    }),
    onHook: harness === null ? null : onHook,
    async adopt() {
      const word = await readDeclaredWord(dirs.root);
      if (word !== null) activity = declaredBefore(word, deps.clock.nowMs());
      if (harness === null) return;
      for (const event of await missedHooks(dirs)) await onHook(event);
    },
    bound(startedAtMs, onCut) {
      // Who has concluded is about to end, and has not failed.
      budget.begin(startedAtMs, (why) => (isPipeline || end.concludedAtMs() === null) && onCut(why));
    },
    pipelineBudget: {
      turns: budgetOf(context).turns,
      over: () => budget.over(),
      used(usage) {
        byStream = usage;
        budget.look();
      },
    },
    onOutput(bytes) {
      if (tally === null) return;
      byStream = addUsage(byStream, tally.add(decoder.decode(bytes, { stream: true })));
      budget.look();
    },
    async end() {
      if (await readUsed(context) !== null) return;
      if (tally !== null) byStream = addUsage(byStream, tally.add(`${decoder.decode()}\n`));
      // Invariant 1.
      const usage = isUsed(byStream) ? byStream : byOthers();
      const failure = tally?.takeFailure() ?? null;
      const over = budget.stop();
      const overBudget = end.concludedAtMs() === null && !isPipeline ? over : null;
      const word = end.concludedAtMs() === null && !isPipeline ? declaredWord(activity) : null;
      if (tally === null && !isPipeline && overBudget === null && word === null) return;
      if (isUsed(usage) && !isPipeline) await events.append("usage", { turn: 1, total: usage });
      // Invariant 3.
      await writeUsed(dirs.root, {
        usage,
        failure: failure === null ? null : clean(failure),
        overBudget,
        notDone: word === null ? null : clean(notDoneText(word)),
      });
    },
  };
}

const DETAIL_MAX_CHARS = 1_000;
