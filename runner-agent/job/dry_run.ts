/**
 * `runner create --dry-run`: what a run would be, without making any of it. It goes through the very functions that a run's
 * sandbox is made by (`run_steps.ts`), so what it prints is what would be.
 *
 * Stand-ins: the tokens, the model's keys, and the project's cache; nothing that is printed is a secret (S1).
 */
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { RunConfig } from "../config.ts";
import { MODEL_PROVIDERS } from "../harness/mod.ts";
import type { ContainerRuntime, ContainerSpec, HarnessName } from "../ports.ts";
import { serviceFiles } from "../sidecar/service_files.ts";
import { fileAtCommit, filesAtCommit } from "../worktree/files_at_commit.ts";
import { createGit } from "../worktree/git_command.ts";
import { runDirectory, sandboxMounts } from "../worktree/run_directory.ts";
import { taskBranch } from "../worktree/start_point.ts";
import { COMMIT_FILES_MAX_BYTES } from "../limits.ts";
import { containerSpec } from "./container_spec.ts";
import type { RunJournal } from "./journal.ts";
import { planHarness } from "./harness_plan.ts";
import { createRunContext } from "./run_context.ts";
import { planText } from "./run_steps.ts";
import { systemClock } from "./system_clock.ts";
import { createDaemonDeps } from "./wiring.ts";

export interface DryRunWish {
  /** As a station's job would have it; what is absent is as it is for a station that says nothing. */
  readonly work: Partial<AgentDefinition>;
  readonly taskTitle: string;
  /** A clone whose HEAD stands for the task's base commit; null: a project without templates. */
  readonly repositoryDir: string | null;
  readonly owner: string;
  readonly project: string;
}

/** A file that would be written. */
export interface PlannedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface DryRun {
  readonly template: { readonly name: string | null; readonly layers: readonly string[] };
  readonly harness: HarnessName;
  /** As the driver gets it. */
  readonly spec: ContainerSpec;
  /** Below the agent's home. */
  readonly home: readonly PlannedFile[];
  /** Below `/run/alp/services`. */
  readonly services: readonly PlannedFile[];
  /** Each setting with where it came from. */
  readonly settings: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
}

const RUN_ID = "dry-run";

export async function dryRun(
  config: RunConfig,
  wish: DryRunWish,
  host: { readonly uid: number; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<Result<DryRun, string>> {
  const job = jobOf(wish);
  const deps = {
    ...createDaemonDeps({
      config,
      registration: registrationOf(wish),
      // Only its name is looked at: nothing is created.
      runtime: { name: config.runtime } as ContainerRuntime,
      journal: {} as RunJournal,
      clock: systemClock,
      log: () => {},
      env: {},
      uid: host.uid,
      print: null,
    }),
    ability: { harnesses: AGENT_NAMES, forcedHarness: config.harness, runtime: config.runtime },
    modelKeys: new Map(
      Object.values(MODEL_PROVIDERS).map((provider) =>
        [provider.name, { key: "(key)", baseUrl: provider.defaultBaseUrl }] as const
      ),
    ),
  };
  const worktrees = { ...deps.worktrees, ...filesOf(config, wish.repositoryDir, host.env) };
  const context = createRunContext({ ...deps, worktrees }, {
    runId: RUN_ID,
    job,
    phase: { kind: "claimed" },
    log: { nextSequence: 0, offset: 0, inflightBytes: 0 },
  });
  const decided = await context.role.decide();
  if (!decided.ok) return decided;
  const followed = await context.pipeline.decide(
    context.run.job,
    context.role.decided?.template.verifier !== undefined,
  );
  if (!followed.ok) return followed;
  const branch = taskBranch(job.agentDefinition.taskId, config.taskBranchForm);
  const planned = planHarness(context, branch);
  if (!planned.ok) return err(planText(planned.error));
  const { harness, plan } = planned.value;
  const run = runDirectory(deps.stateDir, RUN_ID);
  const worktree = {
    worktreeDir: run.workspace,
    mounts: sandboxMounts(run, { cacheGitDir: join(deps.stateDir, "cache", "(project)") }),
    branch,
    baseCommit: "0".repeat(40),
    startCommit: "0".repeat(40),
  };
  const { template, settings } = context.role.decided!;
  return ok({
    template: { name: template.name, layers: template.layers },
    harness: harness.name,
    spec: withoutValues(containerSpec(context, worktree, harness, plan), settings.env),
    home: plannedFiles(plan.homeFiles),
    services: plannedFiles(serviceFiles(template.services)),
    settings: Object.fromEntries(
      Object.entries(settings.values).map(([key, value]) => [
        key,
        { value, from: settings.from[key as keyof typeof settings.from] },
      ]),
    ),
  });
}

/** The machine's own variables may be secrets: what is printed says that they are set. */
function withoutValues(spec: ContainerSpec, secret: Readonly<Record<string, string>>): ContainerSpec {
  const env = Object.entries(spec.env).map((
    [name, value],
  ) => [name, secret[name] === value ? "(set)" : value]);
  return { ...spec, env: Object.fromEntries(env) };
}

function plannedFiles(files: Readonly<Record<string, string>>): readonly PlannedFile[] {
  return Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1).map(([path, text]) => ({
    path,
    bytes: new TextEncoder().encode(text).length,
    sha256: createHash("sha256").update(text).digest("hex"),
  }));
}

function filesOf(
  config: RunConfig,
  dir: string | null,
  env: Readonly<Record<string, string | undefined>>,
): Pick<ReturnType<typeof createDaemonDeps>["worktrees"], "filesAtBase" | "fileAtBase"> {
  const present = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const git = createGit(config.dataDir, Object.fromEntries(present));
  const find = (repository: string) =>
    git.run({
      action: "find the repository",
      args: ["-C", repository, "rev-parse", "--absolute-git-dir"],
    });
  return {
    async filesAtBase(_runId, under) {
      if (dir === null) return ok(new Map());
      const found = await find(dir);
      if (!found.ok) return found;
      return await filesAtCommit(git, found.value.trim(), "HEAD", under, COMMIT_FILES_MAX_BYTES);
    },
    async fileAtBase(_runId, path) {
      if (dir === null) return ok(null);
      const found = await find(dir);
      if (!found.ok) return found;
      return await fileAtCommit(git, found.value.trim(), "HEAD", path, COMMIT_FILES_MAX_BYTES);
    },
  };
}

function jobOf({ work, taskTitle }: DryRunWish): PolledJob {
  return {
    id: "dry-run-job",
    runId: RUN_ID,
    jobToken: "(the job's token)",
    attempt: 1,
    stationName: work.stageId ?? "station",
    taskTitle,
    needs: [],
    agentDefinition: {
      labels: [],
      taskId: "dry-run-task",
      stageId: "station",
      assemblyLineId: "line",
      prompt: "",
      appendSystemPrompt: "",
      initBranch: true,
      autoGit: false,
      commitMessageTemplate: "",
      idleTimeoutMinutes: 30,
      maxTimeoutMinutes: 120,
      operatorConfig: {},
      ...work,
    },
  };
}

function registrationOf({ owner, project }: DryRunWish) {
  return {
    id: RUN_ID,
    name: RUN_ID,
    token: "(the runner's token)",
    server: "http://127.0.0.1",
    owner,
    project,
    labels: [],
    registeredAt: "",
  };
}
