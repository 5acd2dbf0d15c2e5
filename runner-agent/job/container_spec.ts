/** The sandbox of a run: what it sees, what it may use, and its only ways out. */
import type { SandboxFacts } from "../../protocol/line/usage.ts";
import { GATE_VARIABLE } from "../container/sandbox_gate.ts";
import { sandboxEnvironment } from "../domain/environment.ts";
import { APPEND_SYSTEM_PROMPT_FILE, PROMPT_FILE, SUBAGENT_PROMPT_FILE } from "../domain/job_files.ts";
import { subagentPromptAppendix } from "../domain/subagent_prompt.ts";
import { narrowedLimits } from "../domain/job_limits.ts";
import { agentsNote } from "../domain/agent_files.ts";
import { notedCommand, setupCommand } from "../domain/worktree_setup.ts";
import {
  EGRESS_PROXY_PORT,
  HUB_PORT,
  SANDBOX_CPUS,
  SANDBOX_MEMORY_BYTES,
  SANDBOX_PIDS,
  SANDBOX_TMP_BYTES,
} from "../limits.ts";
import type {
  ContainerLimits,
  ContainerSpec,
  HarnessAdapter,
  HarnessPlan,
  NetworkProfile,
  Worktree,
} from "../ports.ts";
import { SANDBOX_PLUGINS_DIR } from "../worktree/run_directory.ts";
import { HUB_URL } from "./hub.ts";
import { processGitEnvironment } from "./process_git.ts";
import { planHarness } from "./harness_plan.ts";
import type { RunContext } from "./run_context.ts";
import {
  CONCLUSION_NAME,
  CRED_SOCKET_NAME,
  DMZ_SOCKET_NAME,
  GATE_NAME,
  HUB_SOCKET_NAME,
  SANDBOX_ALP_DIR,
  SANDBOX_BIN_DIR,
  SANDBOX_OUT_DIR,
} from "./run_dirs.ts";

/** What the sandbox of a run is, for people. The process driver enforces nothing. */
export function sandboxFacts(context: RunContext, containerId: string): SandboxFacts {
  const { deps } = context;
  const driver = deps.runtime.name;
  if (driver === "process") {
    return { driver, containerId, image: null, cpus: null, memoryBytes: null, pids: null };
  }
  const planned = planHarness(context);
  const image = planned.ok ? imageOf(context, planned.value.harness) : deps.image;
  const { cpus, memoryBytes, pids } = limitsOf(context);
  return { driver, containerId, image, cpus, memoryBytes, pids };
}

function imageOf({ deps }: RunContext, harness: HarnessAdapter): string {
  return deps.image.replaceAll("{harness}", harness.name);
}

/** Without it nothing of a sandbox waits for its self-test. */
const GATE_ENVIRONMENT = { [GATE_VARIABLE]: `${SANDBOX_ALP_DIR}/${GATE_NAME}` };

const PROXY_FORWARD: Readonly<Record<number, string>> = {
  [EGRESS_PROXY_PORT]: `${SANDBOX_ALP_DIR}/${DMZ_SOCKET_NAME}`,
};

/** What sandboxes of this runner may reach. */
export function networkProfileOf(deps: Pick<RunContext["deps"], "networkProfile">): NetworkProfile {
  return deps.networkProfile ?? "sealed";
}

/** Only one profile has a proxy: where nothing listens, nothing is named either. */
export function hasProxy(deps: Pick<RunContext["deps"], "networkProfile">): boolean {
  return networkProfileOf(deps) === "proxy_only";
}

/** What of a sandbox its self-test looks at (`sandbox_guards.ts`). */
export function sandboxSeal(
  { deps, dirs }: RunContext,
  worktree: Worktree,
): Pick<ContainerSpec, "mounts" | "tmpfs" | "networkProfile" | "shadows"> {
  return {
    // What is mounted inside of another mount comes after it: the plugins inside of `/run/alp`.
    mounts: [
      { source: dirs.hub, target: SANDBOX_ALP_DIR, isReadOnly: true },
      ...worktree.mounts,
      { source: dirs.home, target: deps.sandboxPaths.agentHome, isReadOnly: false },
      { source: dirs.out, target: SANDBOX_OUT_DIR, isReadOnly: false },
    ],
    tmpfs: { "/tmp": SANDBOX_TMP_BYTES },
    networkProfile: networkProfileOf(deps),
    shadows: (deps.shadows ?? []).map((path) => `${deps.sandboxPaths.workspace}/${path}`),
  };
}

/** What it may use: the settings', and for runs of before what is built in; a job may ask for less, never for more. */
export function limitsOf({ role, sent }: RunContext): ContainerLimits {
  const values = role.decided?.settings.values;
  return narrowedLimits(sent, {
    memoryBytes: values?.["limits.memory"] ?? SANDBOX_MEMORY_BYTES,
    pids: values?.["limits.pids"] ?? SANDBOX_PIDS,
    cpus: values?.["limits.cpus"] ?? SANDBOX_CPUS,
    ...(values === undefined ? {} : { fileBytes: values["limits.disk"] }),
  });
}

/** The setup script comes first, inside of the sandbox (`domain/worktree_setup.ts`). */
function withSetup({ role }: RunContext, command: readonly string[]): readonly string[] {
  const script = role.decided?.settings.values["worktrees.setup"] ?? null;
  if (script === null) return command;
  const made = setupCommand(script, SANDBOX_OUT_DIR, command);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

/** For `init.sh`; absent for a run without services. */
function serviceEnvironment({ role }: RunContext): Record<string, string> {
  if ((role.decided?.template.services.length ?? 0) === 0) return {};
  return {
    SHOPFLOOR_SERVICES_DIR: `${SANDBOX_ALP_DIR}/services`,
    SHOPFLOOR_SERVICES_STATE: `${SANDBOX_OUT_DIR}/services`,
  };
}

/** The sandbox of a run. */
export function containerSpec(
  context: RunContext,
  worktree: Worktree,
  harness: HarnessAdapter,
  plan: HarnessPlan,
): ContainerSpec {
  const { deps, run } = context;
  const { agentHome, workspace } = deps.sandboxPaths;
  return {
    runId: run.runId,
    jobId: run.job.id,
    attempt: run.job.attempt,
    image: imageOf(context, harness),
    command: notedCommand(
      [...worktree.notes ?? [], ...context.pipeline.notes, ...agentsNoteOf(context, harness)],
      withSetup(context, plan.command),
    ),
    env: {
      ...context.role.env,
      ...plan.env,
      ...GATE_ENVIRONMENT,
      ...sandboxEnvironment({ ...run.job, jobToken: context.jobToken }, deps.address, {
        hubUrl: HUB_URL,
        agentHome,
        conclusionFile: `${SANDBOX_OUT_DIR}/${CONCLUSION_NAME}`,
        proxyUrl: hasProxy(deps) ? `http://127.0.0.1:${EGRESS_PROXY_PORT}` : null,
        credSocket: `${SANDBOX_ALP_DIR}/${CRED_SOCKET_NAME}`,
        pluginsDir: SANDBOX_PLUGINS_DIR,
        binDir: SANDBOX_BIN_DIR,
        promptFile: `${workspace}/${PROMPT_FILE}`,
        appendSystemPromptFile: context.sent.appendSystemPrompt === ""
          ? null
          : `${workspace}/${APPEND_SYSTEM_PROMPT_FILE}`,
        subagentPromptFile: subagentPromptAppendix(context.sent) === null
          ? null
          : `${workspace}/${SUBAGENT_PROMPT_FILE}`,
        workspace,
        harness: harness.name,
      }),
      ...(deps.runtime.name === "process" ? processGitEnvironment() : {}),
      ...serviceEnvironment(context),
    },
    workDir: workspace,
    ...sandboxSeal(context, worktree),
    limits: limitsOf(context),
    forwards: {
      [HUB_PORT]: `${SANDBOX_ALP_DIR}/${HUB_SOCKET_NAME}`,
      ...(hasProxy(deps) ? PROXY_FORWARD : {}),
    },
  };
}

function agentsNoteOf({ sent }: RunContext, harness: HarnessAdapter): readonly string[] {
  const note = agentsNote(sent, harness.name);
  return note === null ? [] : [note];
}
