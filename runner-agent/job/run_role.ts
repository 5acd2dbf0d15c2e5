/**
 * What the agent of a run is: its station's own words, over its template, over the settings of this machine. Decided once,
 * when the run's first sandbox is made, and kept beside it, so that a restarted runner goes on with the same.
 *
 * 1. A project's templates are those of the task's base commit: no agent has a part in what the next one is told.
 * 2. What a station says itself, its template never changes; only what it leaves open.
 */
import { join } from "node:path";
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AgentTransport, ResolvedTemplate } from "../agent_ports.ts";
import { commandOf } from "../domain/job_choice.ts";
import { subagentNote, subagentPromptAppendix } from "../domain/subagent_prompt.ts";
import { HUB_PORT } from "../limits.ts";
import type { CommitFile, WorktreeManager } from "../ports.ts";
import {
  budgetOf,
  type ResolvedSettings,
  resolveSettings,
  type SettingsLayer,
} from "../settings/resolved_settings.ts";
import { stationLayer } from "../settings/settings_layers.ts";
import { resolveTemplate } from "../template/resolve_template.ts";
import { listedSource, type TemplateFile, type TemplateSource } from "../template/template_folder.ts";
import { type Problem, problemText } from "../template/yaml_document.ts";
import { readIfThere, writeWhole } from "./whole_file.ts";

export interface RoleDeps {
  /** Of this runner; absent: what is built in. */
  readonly settingsLayers?: readonly SettingsLayer[];
  /** Where templates are besides the project's own; absent: nowhere. */
  readonly templateSources?: readonly TemplateSource[];
  readonly worktrees: Pick<WorktreeManager, "filesAtBase">;
  readonly address: { readonly owner: string; readonly project: string };
  readonly sandboxPaths: { readonly agentHome: string; readonly workspace: string };
  /** How an agent must be driven whatever a station says, as its version can do no more; absent: as is said. */
  readonly onlyTransport?: (work: AgentDefinition) => AgentTransport | null;
}

export interface RunRole {
  /** The job, with what its station left open filled in once that is decided. */
  readonly job: PolledJob;
  /** Null until it is decided, and for runs of before. */
  readonly decided: DecidedRole | null;
  /** Variables of the sandbox. */
  readonly env: Readonly<Record<string, string>>;
  /** Reads what a former life of this runner decided. */
  load(): Promise<void>;
  /** Decides, unless that was done. The run's worktree must be prepared. The error is for people. */
  decide(): Promise<Result<null, string>>;
  /** Keeps the decision; the run's directory must be there. */
  write(): Promise<void>;
}

export interface DecidedRole {
  readonly template: ResolvedTemplate;
  readonly settings: ResolvedSettings;
  /** What the agent's version can do at most; absent: all. */
  readonly onlyTransport?: AgentTransport;
}

const PROJECT_TEMPLATES = ".agentics/templates";
const FILE = "role.json";

export function createRunRole(deps: RoleDeps, runId: string, job: PolledJob, root: string): RunRole {
  let decided: DecidedRole | null = null;
  let effective = job;
  const known = variablesOf(deps, runId, job);

  function stand(role: DecidedRole): void {
    decided = role;
    effective = effectiveJob(job, role);
  }

  return {
    get job() {
      return effective;
    },
    get decided() {
      return decided;
    },
    get env() {
      return { ...known, ...decided?.settings.env, ...decided?.template.env };
    },
    async load() {
      const text = await readIfThere(join(root, FILE));
      if (text !== null) stand(JSON.parse(text));
    },
    async decide() {
      if (decided !== null) return ok(null);
      const role = await decideRole(deps, runId, job, known);
      if (!role.ok) return err(role.error.map(problemText).join("; "));
      const only = deps.onlyTransport?.(effectiveJob(job, role.value).agentDefinition) ?? null;
      stand(only === null ? role.value : { ...role.value, onlyTransport: only });
      return ok(null);
    },
    write: () => writeWhole(join(root, FILE), JSON.stringify(decided)),
  };
}

async function decideRole(
  deps: RoleDeps,
  runId: string,
  job: PolledJob,
  known: Readonly<Record<string, string>>,
): Promise<Result<DecidedRole, readonly Problem[]>> {
  const { operatorConfig } = job.agentDefinition;
  const station = stationLayer(operatorConfig);
  if (!station.ok) return station;
  const settings = resolveSettings([...deps.settingsLayers ?? [], station.value]);
  const name = settings.values["defaults.template"];
  // Without a template nobody looks at the project.
  const project = name === null ? ok([]) : await projectTemplates(deps, runId);
  if (!project.ok) return project;
  const template = await resolveTemplate(
    // `model` is a setting of its own; null is how other servers say nothing.
    { name, inline: withoutNulls(operatorConfig), variables: { ...known, ...settings.env } },
    [...project.value, ...deps.templateSources ?? []],
  );
  return template.ok ? ok({ template: template.value, settings }) : template;
}

/** Invariant 1. */
async function projectTemplates(
  deps: RoleDeps,
  runId: string,
): Promise<Result<readonly TemplateSource[], readonly Problem[]>> {
  const read = await deps.worktrees.filesAtBase(runId, PROJECT_TEMPLATES);
  if (!read.ok) {
    return err([
      place(PROJECT_TEMPLATES, `expected to read the project's templates, came ${read.error.reason}`),
    ]);
  }
  return projectSource(read.value);
}

/** The templates of a project, of the files below its folder of them. */
export function projectSource(
  files: ReadonlyMap<string, CommitFile>,
): Result<readonly TemplateSource[], readonly Problem[]> {
  const texts = new Map<string, TemplateFile>();
  const faults: Problem[] = [];
  for (const [path, { text, isExecutable }] of files) {
    if (text !== null) texts.set(path, { text, isExecutable });
    else {faults.push(
        place(`${PROJECT_TEMPLATES}/${path}`, "expected a text in UTF-8, came a link or other bytes"),
      );}
  }
  return faults.length > 0 ? err(faults) : ok([listedSource("project", PROJECT_TEMPLATES, texts)]);
}

/** Invariant 2. */
export function effectiveJob(job: PolledJob, role: DecidedRole): PolledJob {
  const { template, settings } = role;
  const work = job.agentDefinition;
  const { operatorConfig } = work;
  const isScript = commandOf(work) !== null;
  const appendix = isScript ? null : subagentPromptAppendix(work);
  const agent = operatorConfig["agent"] ??
    (isScript ? null : template.harness ?? settings.values["defaults.harness"]);
  const model = operatorConfig["model"] ?? template.model ?? settings.values["defaults.model"];
  const transport = role.onlyTransport ?? settings.values["defaults.transport"];
  const budget = budgetOf(settings);
  return {
    ...job,
    agentDefinition: {
      ...work,
      appendSystemPrompt: [
        template.systemPrompt,
        work.appendSystemPrompt,
        appendix === null ? null : subagentNote(appendix),
      ]
        .filter((text) => text !== null && text !== "").join("\n\n"),
      operatorConfig: {
        ...operatorConfig,
        ...(agent === null ? {} : { agent }),
        ...(model === null || model === "" ? {} : { model }),
        ...(transport === "auto" ? {} : { transport }),
        budget: {
          tokens: budget.tokens,
          costUsd: budget.costUsd,
          turns: budget.turns,
          minutes: budget.wallMs === null ? null : budget.wallMs / 60_000,
        },
      },
    },
  };
}

/** The identity of a run, by the names of Runtime 3.6 and those that templates may use. */
function variablesOf(deps: RoleDeps, runId: string, job: PolledJob): Readonly<Record<string, string>> {
  const { taskId, stageId } = job.agentDefinition;
  return {
    AF_WORKSPACE_ID: taskId,
    AF_TASK_ID: taskId,
    AF_AGENT_ID: runId,
    AF_RUN_ID: runId,
    AF_STATION_ID: stageId,
    AF_OWNER: deps.address.owner,
    AF_PROJECT: deps.address.project,
    AF_HUB_HOST: "127.0.0.1",
    AF_HUB_PORT: String(HUB_PORT),
    AF_WORKSPACE: deps.sandboxPaths.workspace,
    AF_HOME: deps.sandboxPaths.agentHome,
  };
}

function withoutNulls(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== ""));
}

function place(file: string, message: string): Problem {
  return { file, line: null, column: null, path: [], message };
}
