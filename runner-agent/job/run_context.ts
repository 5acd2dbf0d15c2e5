/** What the steps of one run share: the job, where its things are, and the ports they act through. */
import { createHmac } from "node:crypto";
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import { chooseHarness, type RunnerAbility } from "../domain/job_choice.ts";
import { ignoreLines } from "../domain/agent_files.ts";
import { type JobFileError, jobFiles } from "../domain/job_files.ts";
import { redactText } from "../domain/redaction.ts";
import { createQuestionDesk } from "../control/run_questions.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { CommandDesk } from "../control/command_desk.ts";
import type { WorktreeDesk, WorktreeDeskDeps } from "../control/worktree_desk.ts";
import type { AgentTransport } from "../agent_ports.ts";
import type { AgentEventSender } from "../control/agent_event_sender.ts";
import type { DiskBounds } from "../domain/agent/disk_guard.ts";
import type { Watchdog } from "../container/watchdog.ts";
import type { ControlPlane, ProjectAddress, RunRef } from "../control/control_plane.ts";
import type { AssetSource } from "../control/asset_source.ts";
import type { MemoryArchive } from "../control/memory_archive.ts";
import type { NamedCredentials } from "../credential/named_credentials.ts";
import type { MarketplaceAccess } from "../domain/marketplace.ts";
import type { UsageSender } from "../control/usage_sender.ts";
import type { EventLog } from "../log/event_log.ts";
import type { WorktreeTurns } from "../worktree/turns.ts";
import type { CapabilityDesk } from "../probe/capability_desk.ts";
import type {
  Clock,
  ContainerRuntime,
  HarnessAdapter,
  HarnessName,
  ModelDialect,
  ModelProvider,
  ModelTokens,
  NetworkProfile,
  WorktreeInventory,
  WorktreeManager,
  WorktreeRequest,
} from "../ports.ts";
import type { AgentRegistry } from "./agent_registry.ts";
import type { JournalledRun, RunJournal } from "./journal.ts";
import { createRunRole, type RoleDeps, type RunRole } from "./run_role.ts";
import { type RunDirs, runDirs } from "./run_dirs.ts";
import { resolveSettings } from "../settings/resolved_settings.ts";
import { createStationPipeline, type StationPipeline } from "./pipeline/station_pipeline.ts";
import { createPermissionDoor, type PermissionDoor } from "./pipeline/permission_door.ts";
import type { QuestionDesk } from "./pipeline/station_ports.ts";
import type { StationPrompts } from "./pipeline/station_prompts.ts";
import { createRunActivity, type RunActivity } from "./run_activity.ts";
import { pluginSources } from "./run_credentials.ts";
import { worktreeText } from "./run_texts.ts";
import { createStationEnd, type StationEnd } from "./station_end.ts";

/** A key that the runner adds on the way out, with what goes with it (`ModelRouteOptions`). */
export interface ModelKey {
  readonly key: string | ModelTokens;
  readonly baseUrl: string;
  readonly dialect?: ModelDialect;
  readonly keyHeader?: ModelProvider["keyHeader"];
  readonly betas?: readonly string[];
  readonly pathRule?: (path: string) => string | null;
}

/** Where the agent's home and worktree are inside every sandbox. */
export interface SandboxPaths {
  readonly agentHome: string;
  readonly workspace: string;
}

/** What every run of this runner shares. */
export interface ConductorDeps {
  readonly address: ProjectAddress;
  readonly runnerToken: string;
  readonly ability: RunnerAbility;
  readonly modelKeys: ReadonlyMap<ModelProvider["name"], ModelKey>;
  readonly harnessByName: (name: HarnessName) => HarnessAdapter;
  readonly sandboxPaths: SandboxPaths;
  readonly image: string;
  readonly stateDir: string;
  readonly hubBase: string;
  readonly heartbeatMs: number;
  readonly runtime: ContainerRuntime;
  /** What sandboxes may reach; absent: the hub only. */
  readonly networkProfile?: NetworkProfile;
  /** Paths of the workspace that sandboxes do not see the content of; absent: none. */
  readonly shadows?: readonly string[];
  /** Over the sandboxes of this runner; absent where the kernel bounds them. */
  readonly watchdog?: Watchdog;
  /** What a run may have of the disk; the built-in bounds when absent. */
  readonly diskBounds?: DiskBounds;
  readonly worktrees: WorktreeManager & Partial<Pick<WorktreeInventory, "list"> & WorktreeTurns>;
  readonly controlPlane: ControlPlane;
  readonly sendUsage: UsageSender;
  /** Brings people's commands to agents; absent where nobody does. */
  readonly commands?: CommandDesk;
  /** How people look into worktrees; absent where nobody does. */
  readonly lookIntoWorktree?: Pick<WorktreeDeskDeps, "look" | "answer">;
  readonly worktreeDesk?: WorktreeDesk;
  readonly settingsLayers?: RoleDeps["settingsLayers"];
  readonly templateSources?: RoleDeps["templateSources"];
  /** How agents are driven; the built-in choice when absent (`domain/agent/transport.ts`). */
  readonly agentTransport?: AgentTransport;
  /** What the versions of agent CLIs can do; absent: all. */
  readonly capabilities?: CapabilityDesk;
  /** By which work is pushed back and plugins are fetched; absent: this machine has none. */
  readonly credentials?: NamedCredentials;
  /** Brings agents' activity logs to the control plane; absent where there is none. */
  readonly sendEvents?: AgentEventSender;
  /** What agents of the project remember, at the control plane; absent where nobody keeps it. */
  readonly memory?: MemoryArchive;
  /** Answers the prompts of a run's pipeline; absent: the agent CLIs of its sandbox. */
  readonly promptsOf?: (context: RunContext) => StationPrompts;
  /** Where assets of tasks come from, and how large one may be; absent: none are fetched. */
  readonly assets?: { readonly source: AssetSource; readonly maxBytes: number };
  /** The agents of this runner, for people at this machine; absent where nobody asks. */
  readonly agents?: AgentRegistry;
  readonly journal: RunJournal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: EventLog;
  /** Output for people, by station; null when nobody watches here. */
  readonly print: ((text: string) => void) | null;
}

export interface RunContext {
  readonly deps: ConductorDeps;
  /** Its job is the role's: what the station left open is filled in once it is decided. */
  readonly run: JournalledRun;
  /** The work as it was sent: the station's own words and no others. */
  readonly sent: AgentDefinition;
  readonly role: RunRole;
  readonly ref: RunRef;
  readonly dirs: RunDirs;
  /** Texts that must not leave the runner (S1). */
  readonly secrets: readonly string[];
  /** What the agent calls back with: the job's token, or what stands in for one at the hub. */
  readonly jobToken: string;
  /** Ids for events. */
  readonly ids: { readonly runId: string; readonly jobId: string; readonly stationId: string };
  /** The operator's part in the end of the run. */
  readonly end: StationEnd;
  readonly activity: RunActivity;
  /** What its agent follows, if anything. */
  readonly pipeline: StationPipeline;
  /** Where it asks people in its middle. */
  readonly questions: QuestionDesk;
  /** Where the tools of its pipeline's prompts are asked for; null: nobody is asked. */
  readonly permissions: PermissionDoor | null;
}

export function createRunContext(deps: ConductorDeps, run: JournalledRun): RunContext {
  const { job } = run;
  const work = job.agentDefinition;
  const dirs = runDirs(deps.stateDir, deps.hubBase, run.runId);
  const nowMs = () => deps.clock.nowMs();
  const jobToken = job.jobToken ?? standInToken(deps.runnerToken, run.runId);
  const secrets = [
    deps.runnerToken,
    jobToken,
    ...(work.assemblyLineRepoToken === undefined ? [] : [work.assemblyLineRepoToken]),
    ...(work.commitBackRepository?.token === undefined ? [] : [work.commitBackRepository.token]),
    ...((work.marketplaceTokens ?? []) as readonly MarketplaceAccess[]).map(({ bearer = "" }) => bearer)
      .filter((bearer) => bearer !== ""),
    // Tokens that are minted later are cut from what models answer (`model_route.ts`), and reach a sandbox by no other way.
    ...[...deps.modelKeys.values()].map((model) => model.key).filter((key) => typeof key === "string"),
  ];
  const redact = (text: string) => redactText(text, secrets);
  const questions = createQuestionDesk({
    at: deps.address,
    runId: run.runId,
    token: deps.runnerToken,
    redact,
    clock: deps.clock,
    random: deps.random,
  });
  const activity = createRunActivity(nowMs);
  const role = createRunRole(
    { ...deps, onlyTransport: (agent) => onlyTransport(deps, agent) },
    run.runId,
    job,
    dirs.root,
  );
  return {
    deps,
    run: {
      ...run,
      get job() {
        return role.job;
      },
    },
    sent: work,
    role,
    ref: {
      jobId: job.id,
      runId: run.runId,
      ...(job.leaseEpoch === undefined ? {} : { leaseEpoch: job.leaseEpoch }),
      ...(job.reportsByRun === undefined ? {} : { reportsByRun: job.reportsByRun }),
    },
    dirs,
    secrets,
    jobToken,
    ids: { runId: run.runId, jobId: job.id, stationId: work.stageId },
    end: createStationEnd({
      file: dirs.concludedFile,
      nowMs,
      autoGit: work.autoGit,
      commitMessageTemplate: work.commitMessageTemplate,
      harvest: () => deps.worktrees.harvest(run.runId),
      isChecked: () => role.decided?.template.verifier !== undefined,
      describe: (error) => worktreeText(secrets, error),
    }),
    activity,
    pipeline: createStationPipeline(deps, run.runId, dirs.root),
    questions,
    permissions: work.operatorConfig["permissions"] === "ask"
      ? createPermissionDoor({
        runId: run.runId,
        clock: deps.clock,
        questions,
        awaitPerson: () => activity.awaitPerson(),
        redact,
      })
      : null,
  };
}

/** An agent whose version does not do in a terminal goes without one. */
function onlyTransport(deps: ConductorDeps, work: PolledJob["agentDefinition"]): AgentTransport | null {
  const name = chooseHarness(work, deps.ability);
  if (!name.ok || name.value === "command") return null;
  return deps.capabilities?.known(name.value)?.kind === "structured" ? "structured" : null;
}

/** The same for a restarted runner, as the agent holds it already; tells nothing of the token that it is made from. */
function standInToken(runnerToken: string, runId: string): string {
  return `alp_job_${createHmac("sha256", runnerToken).update(`job token of ${runId}`).digest("hex")}`;
}

/** What the run wants of the worktree manager. */
export async function worktreeRequest(context: RunContext): Promise<Result<WorktreeRequest, JobFileError>> {
  const { deps, run } = context;
  const work = run.job.agentDefinition;
  const files = jobFiles(work);
  if (!files.ok) return files;
  const ignored = ignoreLines(work);
  if (!ignored.ok) return err({ reason: "file_refused", path: ".gitignore", hint: ignored.error });
  return ok({
    runId: run.runId,
    taskId: work.taskId,
    projectUrl: work.repository ?? null,
    projectBranch: work.branch ?? null,
    initBranch: work.initBranch,
    taskRepository: taskRepository(deps, run.job),
    pushesToOrigin: work.autoGit,
    files: files.value,
    ignoreLines: ignored.value,
    plugins: pluginSources(deps, work),
    includesIgnored: resolveSettings(deps.settingsLayers ?? []).values["worktrees.include"],
    shadows: deps.shadows ?? [],
    owner: await deps.runtime.hostOwner(),
  });
}

/** The path that the control plane names, on the server that this runner is registered with: its token goes nowhere else. */
function taskRepository(
  { address, runnerToken }: ConductorDeps,
  { workRepositoryUrl }: PolledJob,
): WorktreeRequest["taskRepository"] {
  if (workRepositoryUrl === undefined) return null;
  const { pathname } = new URL(workRepositoryUrl, address.serverUrl);
  return { url: new URL(address.serverUrl).origin + pathname, authorization: `Bearer ${runnerToken}` };
}
