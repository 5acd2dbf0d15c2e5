/**
 * The steps of a run that touch the world before and after the agent's own time. Each may be repeated after a crash,
 * and none rejects for what a line, a repository or an agent can cause: that becomes part of the report.
 */
import { join } from "node:path";
import type { EventOf } from "../agent/event_payloads.ts";
import type { AgentEvents } from "../agent_ports.ts";
import { redactText } from "../domain/redaction.ts";
import type { HarvestReading, RunEnding, RunPhase } from "../domain/job_phase.ts";
import { decideReport } from "../domain/outcome.ts";
import { err, type Result } from "../../protocol/result.ts";
import { CONTROL_PLANE_AWAY_MAX_MS } from "../limits.ts";
import { isUsed } from "../domain/agent/budget.ts";
import type { Worktree, WorktreeError } from "../ports.ts";
import type { ConclusionReading } from "../domain/outcome.ts";
import { serviceFailure } from "./service_failure.ts";
import { setupFailure } from "./setup_failure.ts";
import { writeServiceFiles } from "../sidecar/service_files.ts";
import { giveToOwner } from "../worktree/give_to_owner.ts";
import { containerSpec } from "./container_spec.ts";
import { readDeletion } from "./deletion.ts";
import { readConclusionFile } from "./conclusion_file.ts";
import { withPatience } from "./patience.ts";
import { findMoved } from "./hidden_paths.ts";
import { linkGitDirectory } from "./process_git.ts";
import { promptEvents } from "./prompt_events.ts";
import { type PlanError, planHarness } from "./harness_plan.ts";
import { type RunContext, worktreeRequest } from "./run_context.ts";
import type { AgentSlot } from "./agent_slot.ts";
import { concludedBy, readPipelineEnd } from "./pipeline/pipeline_end.ts";
import { hadSandbox, type RunAgent } from "./run_agent.ts";
import { CONCLUSION_NAME, makeHubDir, makeRunDirs } from "./run_dirs.ts";
import { readUsed, type Used } from "./used_record.ts";
import { wantedSession, writeSessionFiles } from "./session_plan.ts";
import { closeRunGate, readStopDetail, refuseForRoom } from "./sandbox_guards.ts";
import { commitBackFault, pushBack } from "./run_credentials.ts";
import { placeAssets } from "./run_assets.ts";
import { keepMemory, recallMemory } from "./run_memory.ts";
import { faultText, worktreeText } from "./run_texts.ts";

const EXECUTABLE = 0o700;

export type Exited = RunPhase & { kind: "exited" };

export async function prepare(context: RunContext): Promise<RunPhase> {
  try {
    // Whose work cannot be brought back does none.
    const fault = commitBackFault(context);
    if (fault !== null) return notStarted(null, fault);
    const request = await worktreeRequest(context);
    if (!request.ok) return notStarted(null, worktreeText(context.secrets, request.error));
    const prepared = await patiently(context, () => context.deps.worktrees.prepare(request.value));
    return prepared.ok
      ? { kind: "prepared", worktree: prepared.value }
      : notStarted(null, worktreeText(context.secrets, prepared.error));
  } catch (error) {
    return notStarted(null, `the worktree cannot be prepared: ${faultText(context.secrets, error)}`);
  }
}

export async function createContainer(
  context: RunContext,
  worktree: Worktree,
  agents: AgentSlot,
  resumeText: string | null,
  over: AbortSignal,
): Promise<RunPhase> {
  const decided = await context.role.decide();
  if (!decided.ok) return notStarted(worktree, decided.error);
  const isChecked = context.role.decided?.template.verifier !== undefined;
  const followed = await decidePipeline(context, isChecked);
  if (!followed.ok) return notStarted(worktree, followed.error);
  const planned = planHarness(context, worktree.branch);
  if (!planned.ok) return notStarted(worktree, planText(planned.error));
  const { harness, plan } = planned.value;
  if (isChecked && wantedSession(context) === null) {
    return notStarted(worktree, "the station's verifier needs an agent in a terminal: this one has none");
  }
  try {
    const noRoom = await refuseForRoom(context);
    if (noRoom !== null) return notStarted(worktree, noRoom);
    const owner = await context.deps.runtime.hostOwner();
    // An agent that goes on in another sandbox has its home already.
    const goesOn = agents.isOpen || (wantedSession(context) !== null && await hadSandbox(context));
    if (goesOn) await makeHubDir(context.dirs);
    else {
      await placeAssets(context, worktree.worktreeDir, owner, over);
      await makeRunDirs(context.dirs, plan.homeFiles, async (paths) => {
        await recallMemory(context, harness.name);
        await giveToOwner(paths, owner);
      });
    }
    const moved = await findMoved(context.dirs.root, worktree.worktreeDir, context.deps.shadows ?? []);
    if (moved !== null) return notStarted(worktree, `what is hidden at ${moved} was moved: it would be seen`);
    await placeRole(context);
    const prompts = harness.name === "command" || goesOn ? [] : promptsOf(context, plan.homeFiles);
    await bootAgent(context, agents, prompts, resumeText);
    if (context.deps.runtime.name === "process") await linkGitDirectory(worktree);
    await closeRunGate(context);
    const { containerId } = await context.deps.runtime.create(
      containerSpec(context, worktree, harness, plan),
    );
    return { kind: "created", worktree, containerId };
  } catch (error) {
    return notStarted(worktree, `the sandbox cannot be created: ${faultText(context.secrets, error)}`);
  }
}

async function decidePipeline(
  { pipeline, run, secrets }: RunContext,
  isChecked: boolean,
): Promise<Result<null, string>> {
  try {
    return await pipeline.decide(run.job, isChecked);
  } catch (error) {
    return err(`the station's pipeline cannot be read: ${faultText(secrets, error)}`);
  }
}

/** What the run's role has beside the harness's own: its decision, its services, programs in the home. */
async function placeRole({ role, dirs, pipeline }: RunContext): Promise<void> {
  await role.write();
  await pipeline.write();
  const template = role.decided?.template;
  await writeServiceFiles(join(dirs.hub, "services"), template?.services ?? []);
  for (const { path, isExecutable } of template?.homeFiles ?? []) {
    if (isExecutable) await Deno.chmod(join(dirs.home, path), EXECUTABLE);
  }
}

/** What the session starts by; nothing for a run without one. */
async function bootAgent(
  context: RunContext,
  agents: AgentSlot,
  prompts: readonly EventOf[],
  resumeText: string | null,
): Promise<void> {
  if (wantedSession(context) === null) {
    if (prompts.length > 0) await note((await agents.any()).events, prompts);
    return;
  }
  const agent = await agents.make();
  const isFirst = agent.session.state.boots === 0;
  const wish = await agent.session.boot(resumeText);
  if (isFirst) await note(agent.events, prompts);
  else context.deps.log("session_resumed", { ...context.ids, resumed: agent.session.state.resumed });
  await writeSessionFiles(context, context.dirs, agent.harness, wish);
}

/** What the agent is told besides its messages, for who looks afterwards (Runtime 3.3). */
function promptsOf({ run, secrets }: RunContext, homeFiles: Readonly<Record<string, string>>) {
  const clean = (text: string) => redactText(text, secrets);
  return promptEvents(homeFiles, run.job.agentDefinition.appendSystemPrompt, clean);
}

async function note(events: AgentEvents, entries: readonly EventOf[]): Promise<void> {
  await Promise.all(entries.map((one) => events.append(one.type, one.payload)));
}

export async function harvest(context: RunContext, phase: Exited): Promise<RunPhase> {
  return {
    kind: "harvested",
    worktree: phase.worktree,
    ending: phase.ending,
    harvest: await harvestWorktree(context, phase),
    conclusion: await readConclusion(context, phase),
  };
}

/** What the agent told the operator stands; else what it wrote, if it came to its end; else what can be inferred. */
async function readConclusion(context: RunContext, { ending }: Exited): Promise<ConclusionReading> {
  const told = await context.end.reading();
  if (context.pipeline.decided !== null) {
    const end = await readPipelineEnd(context.dirs.root);
    // Its agent's word in one of its steps is not its end.
    return end === null ? { kind: "none" } : concludedBy(end, told);
  }
  if (told.kind === "read" || ending.kind !== "exited") return told;
  const written = await readConclusionFile(`${context.dirs.out}/${CONCLUSION_NAME}`);
  return written.kind === "none" ? told : written;
}

async function harvestWorktree(context: RunContext, phase: Exited): Promise<HarvestReading> {
  // Nothing of the agent has run, or what it did cannot be told apart from what it had not finished.
  if (phase.worktree === null || phase.ending.kind === "not_started") return { kind: "none" };
  try {
    const harvested = await context.deps.worktrees.harvest(context.run.runId);
    return harvested.ok
      ? { kind: "harvested", harvest: harvested.value }
      : { kind: "unreadable", message: worktreeText(context.secrets, harvested.error) };
  } catch (error) {
    return { kind: "unreadable", message: faultText(context.secrets, error) };
  }
}

/** Pushes the work branch and decides the report. */
export async function conclude(
  context: RunContext,
  phase: RunPhase & { kind: "harvested" },
  canPush: boolean,
  agent: RunAgent | null,
): Promise<RunPhase> {
  const work = context.run.job.agentDefinition;
  const planned = planHarness(context);
  const used = agent === null ? await readUsed(context) : null;
  const usage = agent?.session.usage() ?? used?.usage ?? null;
  const facts = {
    ending: phase.ending,
    stopDetail: await readStopDetail(context),
    conclusion: phase.conclusion,
    harvest: phase.harvest,
    baseCommit: phase.worktree?.baseCommit ?? null,
    pushError: canPush && (await readDeletion(context.dirs.root))?.branch !== true
      ? await push(context)
      : null,
    autoGit: work.autoGit,
    commitMessageTemplate: work.commitMessageTemplate,
    sessionFault: agent?.session.state.finish?.message ??
      await setupFailure(context.dirs.out, phase.ending) ??
      await serviceFailure(context.dirs.out, phase.ending) ?? await pipelineFailure(context, phase.ending) ??
      modelFailure(phase.ending, used) ??
      (phase.ending.kind === "exited" ? used?.overBudget ?? used?.notDone ?? null : null),
    // Nothing is said of what nobody has counted.
    usage: usage !== null && isUsed(usage) ? usage : null,
    isAgent: planned.ok && planned.value.harness.name !== "command",
  };
  const first = decideReport(facts);
  const isWon = first.jobResult === "success" && canPush;
  const backError = isWon ? await pushBack(context) : null;
  const report = backError === null ? first : decideReport({ ...facts, pushError: backError });
  if (report.jobResult === "success") await keepMemory(context);
  const clean = (text: string | null) => text === null ? null : redactText(text, context.secrets);
  return {
    kind: "pushed",
    report: { ...report, error: clean(report.error), summary: clean(report.summary) },
  };
}

/** How the pipeline that the station's agent followed failed; a sandbox that ended before it did has failed it. */
async function pipelineFailure(context: RunContext, ending: RunEnding): Promise<string | null> {
  if (context.pipeline.decided === null || ending.kind !== "exited" || ending.wasKilledForMemory) return null;
  const end = await readPipelineEnd(context.dirs.root);
  if (end === null) return `the sandbox ended with exit code ${ending.exitCode} before its pipeline did`;
  return end.fault === null ? null : `the pipeline failed: ${end.fault}`;
}

/** What the CLI of an agent without a terminal said of its failure; one that ended well has got over it. */
function modelFailure(ending: RunEnding, used: Used | null): string | null {
  if (used?.failure == null || ending.kind !== "exited" || ending.exitCode === 0) return null;
  return `the agent ended with exit code ${ending.exitCode}: ${used.failure}`;
}

async function push(context: RunContext): Promise<string | null> {
  try {
    const request = await worktreeRequest(context);
    if (!request.ok) return null;
    const pushed = await patiently(context, () => context.deps.worktrees.pushWork(request.value));
    return pushed.ok ? null : worktreeText(context.secrets, pushed.error);
  } catch (error) {
    return faultText(context.secrets, error);
  }
}

/** Both steps talk to the task's repository, which is away while the control plane is. */
function patiently<T>(
  { deps }: RunContext,
  step: () => Promise<Result<T, WorktreeError>>,
): Promise<Result<T, WorktreeError>> {
  return withPatience(
    deps.address.serverUrl,
    deps.clock,
    AbortSignal.timeout(CONTROL_PLANE_AWAY_MAX_MS),
    step,
  );
}

export function notStarted(worktree: Worktree | null, message: string): Exited {
  return { kind: "exited", worktree, ending: { kind: "not_started", message } };
}

/** Why a run has no plan, for people. */
export function planText(error: PlanError): string {
  switch (error.reason) {
    case "job_type_unknown":
      return `this version does not know jobs of the type '${error.jobType}'`;
    case "harness_unknown":
      return `the station wants the agent '${error.harness}', which this version does not know`;
    case "harness_not_available":
      return `this runner has no '${error.harness}' agent`;
    case "command_missing":
      return "the station has no command";
    case "model_key_missing":
      return `this runner has no model key: set ${error.variable}`;
  }
}
