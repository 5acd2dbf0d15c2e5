/** Puts a runner together from its configuration: the one place where ports meet the things that implement them. */
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import { join } from "node:path";
import { createControlPlane } from "../control/control_plane.ts";
import type { Registration } from "../control/registrations.ts";
import { openControlPlane } from "../control/transport.ts";
import { createAgentEventSender } from "../control/agent_event_sender.ts";
import { createAssetSource } from "../control/asset_source.ts";
import { createMemoryArchive } from "../control/memory_archive.ts";
import { createWorktreeSender } from "../control/worktree_sender.ts";
import { createWorktreeLook } from "../worktree/worktree_look.ts";
import { createUsageSender } from "../control/usage_sender.ts";
import type { RunConfig } from "../config.ts";
import { DISK_BOUNDS } from "../container/disk_guard.ts";
import { PodmanContainer } from "../container/podman_container.ts";
import { ProcessContainer } from "../container/process_container.ts";
import { createWatchdog } from "../container/watchdog.ts";
import { createNamedCredentials, type NamedCredentials } from "../credential/named_credentials.ts";
import type { CredentialSetting } from "../domain/credential.ts";
import { findModelAccess } from "../egress/model_access.ts";
import { byCommand, createModelTokens } from "../egress/model_tokens.ts";
import { AGENT_HOME, harnessByName, MODEL_PROVIDERS, WORKSPACE } from "../harness/mod.ts";
import { HUB_PORT } from "../limits.ts";
import type { EventLog } from "../log/event_log.ts";
import type { Clock, ContainerRuntime, HarnessName, ModelProvider } from "../ports.ts";
import { createCapabilityDesk } from "../probe/capability_desk.ts";
import { folderSource, type TemplateSource } from "../template/template_folder.ts";
import { createWorktreeManager } from "../worktree/worktree_manager.ts";
import type { DaemonDeps } from "./daemon.ts";
import type { RunJournal } from "./journal.ts";
import { STAND_IN_PORT } from "./process_git.ts";
import type { ModelKey } from "./run_context.ts";
import { chooseHubBase } from "./run_dirs.ts";
import { worktreesDir } from "./worktree_places.ts";

const PRIVATE_DIR_MODE = 0o700;
const BUILT_IN_TEMPLATES = new URL("../templates", import.meta.url).pathname;
const INIT_SCRIPT = new URL("../container/init.sh", import.meta.url).pathname;

/** Where one registered runner keeps its journal, worktrees and sandboxes. */
export function stateDirOf(dataDir: string, runnerId: string): string {
  return join(dataDir, runnerId);
}

/** @param instance Marks this runner's containers among all of the machine. */
export function createRuntime(
  config: RunConfig,
  instance: string,
  clock: Clock,
  warn: (line: string) => void,
): ContainerRuntime {
  if (config.runtime === "podman") {
    const logDir = join(stateDirOf(config.dataDir, instance), "logs");
    Deno.mkdirSync(logDir, { recursive: true, mode: PRIVATE_DIR_MODE });
    return new PodmanContainer({ ...config.podman, instance, logDir, initScriptPath: INIT_SCRIPT, clock });
  }
  return new ProcessContainer({
    stateDir: join(stateDirOf(config.dataDir, instance), "processes"),
    instance,
    clock,
    warn,
  });
}

/** Templates of this machine, before those that come with the runner. */
export function templateSources(dataDir: string): readonly TemplateSource[] {
  return [folderSource("global", join(dataDir, "templates")), folderSource("built-in", BUILT_IN_TEMPLATES)];
}

/** How the makers of models let this runner in, by provider; those that do not are missing (`runner doctor` says why). */
export function readModelKeys(
  env: Readonly<Record<string, string | undefined>>,
  clock: Pick<Clock, "nowMs">,
): ReadonlyMap<ModelProvider["name"], ModelKey> {
  const keys = new Map<ModelProvider["name"], ModelKey>();
  for (const provider of Object.values(MODEL_PROVIDERS)) {
    const found = findModelAccess(provider, env, clock);
    if (found.kind === "found") keys.set(provider.name, found.access);
  }
  return keys;
}

/** The named credentials of this machine; each token is minted when it is first wanted. */
export function openCredentials(
  credentials: readonly CredentialSetting[],
  env: Readonly<Record<string, string | undefined>>,
  clock: Pick<Clock, "nowMs">,
): NamedCredentials {
  const present = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return createNamedCredentials(
    credentials,
    ({ name, command }) =>
      createModelTokens(byCommand(`the command of the credential '${name}'`, command, present, clock), clock),
  );
}

/** The harnesses whose model key is here, or that need none. */
export function availableHarnesses(
  keys: ReadonlyMap<ModelProvider["name"], ModelKey>,
): readonly HarnessName[] {
  return AGENT_NAMES.filter((name) => {
    const { provider } = harnessByName(name);
    return provider === null || keys.has(provider.name);
  });
}

export interface Wiring {
  readonly config: RunConfig;
  readonly registration: Registration;
  readonly runtime: ContainerRuntime;
  readonly journal: RunJournal;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly print: ((text: string) => void) | null;
}

/** A terminal is in the sandboxes of Podman alone; elsewhere there is nothing to probe. */
function capabilitiesOf({ config, runtime, uid, clock, log }: Wiring): Pick<DaemonDeps, "capabilities"> {
  if (!config.probesHarnesses || runtime.name !== "podman") return {};
  return { capabilities: createCapabilityDesk({ runtime, dataDir: config.dataDir, uid, clock, log }) };
}

export function createDaemonDeps(wiring: Wiring): DaemonDeps {
  const { config, registration } = wiring;
  const address = {
    serverUrl: registration.server,
    owner: registration.owner,
    project: registration.project,
  };
  const stateDir = stateDirOf(config.dataDir, registration.id);
  const worktreesHere = worktreesDir(config.settings.values["worktrees.location"], stateDir, registration.id);
  const modelKeys = readModelKeys(wiring.env, wiring.clock);
  return {
    address,
    runnerToken: registration.token,
    runnerName: registration.name,
    ability: {
      harnesses: availableHarnesses(modelKeys),
      forcedHarness: config.harness,
      runtime: wiring.runtime.name,
    },
    modelKeys,
    harnessByName,
    sandboxPaths: { agentHome: AGENT_HOME, workspace: WORKSPACE },
    image: config.image,
    stateDir,
    hubBase: chooseHubBase(stateDir, wiring.uid, registration.id),
    heartbeatMs: config.heartbeatMs,
    pollingIntervalMs: config.pollingIntervalMs,
    pollWaitMs: config.pollWaitMs,
    isOnce: config.isOnce,
    jobsMax: config.jobsMax,
    runtime: wiring.runtime,
    networkProfile: config.networkProfile,
    shadows: config.settings.values["workspace.shadows"],
    diskBounds: { ...DISK_BOUNDS, maxBytes: config.settings.values["limits.disk"] },
    settingsLayers: config.settingsLayers,
    credentials: openCredentials(config.credentials, wiring.env, wiring.clock),
    templateSources: templateSources(config.dataDir),
    ...(wiring.runtime.needsWatchdog
      ? { watchdog: createWatchdog({ runtime: wiring.runtime, clock: wiring.clock }) }
      : {}),
    worktrees: createWorktreeManager({
      dataDir: worktreesHere,
      localRepositoryRoots: config.localRepositoryRoots,
      taskBranchForm: config.taskBranchForm,
      hubPort: wiring.runtime.name === "process" ? STAND_IN_PORT : HUB_PORT,
    }),
    controlPlane: openControlPlane({
      transport: config.transport,
      at: address,
      token: registration.token,
      jobsMax: config.jobsMax,
      clock: wiring.clock,
      random: Math.random,
      http: createControlPlane(address, registration.id, registration.token, config.jobsMax),
      onEvent: wiring.log,
    }),
    sendUsage: createUsageSender(address, registration.token),
    lookIntoWorktree: {
      look: createWorktreeLook(worktreesHere),
      answer: createWorktreeSender(address, registration.token),
    },
    sendEvents: createAgentEventSender(address, registration.token),
    memory: createMemoryArchive(address, registration.token),
    assets: { source: createAssetSource(address), maxBytes: config.assetMaxBytes },
    ...capabilitiesOf(wiring),
    journal: wiring.journal,
    clock: wiring.clock,
    random: Math.random,
    log: wiring.log,
    print: wiring.print,
  };
}
