/**
 * The runner's command line: arguments, environment and signals become a configuration, the configuration a daemon, and
 * its outcome an exit code. `deno run -A runner-agent/main.ts --help`
 */
import { join } from "node:path";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import { commandLine, type RegisterOptions } from "./command_line.ts";
import {
  type CreateOptions,
  dataDirOf,
  type HostFacts,
  originOf,
  readRunConfig,
  type RunConfig,
  type RunOptions,
} from "./config.ts";
import { registerRunner } from "./control/control_plane.ts";
import type { CallOutcome } from "./control/http_call.ts";
import {
  fittingRegistrations,
  readRegistrations,
  type Registration,
  registrationText,
  saveRegistration,
} from "./control/registrations.ts";
import { collectGarbage, gcLine, gcSummary } from "./job/gc_command.ts";
import type { GcResult } from "./job/gc.ts";
import { type DaemonOutcome, runDaemon } from "./job/daemon.ts";
import { closeRuntime, controlPlaneOf, runDoctor } from "./job/doctor_command.ts";
import { createText } from "./job/dry_run_command.ts";
import { openJournal } from "./job/journal.ts";
import { agentActions } from "./job/agent_actions.ts";
import { AgentCommandError } from "./job/control_client.ts";
import { controlSocketPath } from "./job/control_path.ts";
import { serveControlSocket } from "./job/control_socket.ts";
import { imageActions } from "./job/image_command.ts";
import { createAgentRegistry } from "./job/agent_registry.ts";
import { lockRunner } from "./job/runner_lock.ts";
import { listenForShutdown } from "./job/shutdown.ts";
import { systemClock } from "./job/system_clock.ts";
import { createDaemonDeps, createRuntime, stateDirOf } from "./job/wiring.ts";
import { noteWorktreePlace, worktreesDir } from "./job/worktree_places.ts";
import { createEventLog } from "./log/event_log.ts";
import type { ContainerRuntime } from "./ports.ts";
import { harnessActions } from "./probe/probe_command.ts";
import { loadSettings } from "./settings/load_settings.ts";
import { settingsJson, settingsText } from "./settings/show_settings.ts";

const host: HostFacts = { env: Deno.env.toObject(), uid: Deno.uid() ?? 0 };
const EXIT_CODES: Readonly<Record<DaemonOutcome, number>> = {
  drained: 0,
  once: 0,
  left: 0,
  token_refused: 1,
};
const STATE_DIR_MODE = 0o711;

/** What the person at the terminal must put right; printed without a stack. */
class UsageError extends Error {}

async function register(options: RegisterOptions): Promise<void> {
  const token = options.tokenFile === undefined
    ? host.env["SHOPFLOOR_TOKEN"]
    : await readTokenFile(options.tokenFile);
  if (token === undefined || token === "") {
    throw new UsageError(
      "Cannot register as a user token must be given: set SHOPFLOOR_TOKEN or --token-file FILE",
    );
  }
  const server = originOf("--server", options.server);
  const address = { serverUrl: server, owner: options.owner, project: options.project };
  const labels = options.labels.split(",").map((label) => label.trim()).filter((label) => label !== "");
  const made = answered(
    "register",
    server,
    await registerRunner(address, token, { name: options.name, labels }),
  );
  await saveRegistration(await dataDir(options), {
    id: made.id,
    name: made.name,
    token: made.token,
    server,
    owner: options.owner,
    project: options.project,
    labels,
    registeredAt: made.registeredAt,
  });
  console.log(`registered ${made.name} (${made.id}) for ${options.owner}/${options.project} at ${server}`);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    throw new UsageError(
      `Cannot register as --token-file must be a file that can be read: current value is ${path} (${
        error instanceof Error ? error.name : error
      })`,
    );
  }
}

/** Where registrations are, also by the settings file. */
async function dataDir(
  { data, settings }: { readonly data?: string; readonly settings?: string },
): Promise<string> {
  const { global } = await loadSettings(settings, host.env);
  return dataDirOf(data, host, global.values["data_dir"]?.value ?? null);
}

async function list(options: { readonly data?: string; readonly settings?: string }): Promise<void> {
  const registrations = await readRegistrations(await dataDir(options));
  if (registrations.length === 0) console.log("no registrations: use 'register' first");
  for (const one of registrations) {
    const outcome = await controlPlaneOf(one).listRunners();
    const status = outcome.kind === "ok"
      ? outcome.value.find((runner) => runner.id === one.id)?.status ?? "not registered there any more"
      : outcome.kind === "refused"
      ? `refused (${outcome.status} ${outcome.code})`
      : `unreachable (${outcome.detail})`;
    console.log(
      [one.name, one.id, `${one.owner}/${one.project}`, one.server, one.labels.join(","), status].join("\t"),
    );
  }
}

async function create(options: RunOptions & CreateOptions): Promise<void> {
  const section = sectionOf(options);
  const config = readRunConfig(options, host, await loadSettings(options.settings, host.env), section);
  console.log(await createText(config, options, section, host));
}

/** `owner/project`, or null where neither is named. */
function sectionOf({ owner, project }: RunOptions): string | null {
  if ((owner === undefined) !== (project === undefined)) {
    throw new UsageError(
      "Cannot look at a project as --owner and --project must come together: one is missing",
    );
  }
  return owner === undefined ? null : `${owner}/${project}`;
}

async function showConfig(options: RunOptions & { readonly json?: boolean }): Promise<void> {
  const file = await loadSettings(options.settings, host.env);
  const { settings, dataDir, credentials } = readRunConfig(options, host, file, sectionOf(options));
  console.log(
    options.json === true
      ? settingsJson(settings, credentials)
      : settingsText(settings, dataDir, credentials),
  );
}

async function run(options: RunOptions): Promise<number> {
  const file = await loadSettings(options.settings, host.env);
  const registration = await chooseRegistration(readRunConfig(options, host, file));
  const config = readRunConfig(options, host, file, `${registration.owner}/${registration.project}`);
  const stateDir = stateDirOf(config.dataDir, registration.id);
  await Deno.mkdir(stateDir, { recursive: true, mode: STATE_DIR_MODE });
  using lock = await lockRunner(join(stateDir, "lock"));
  if (lock === null) {
    throw new UsageError(
      `Cannot run as runner '${registration.name}' must run once: another process has ${stateDir}/lock`,
    );
  }
  const log = createEventLog({
    format: config.logFormat,
    clock: systemClock,
    write: (line) => console.error(line),
  });
  const runtime = createRuntime(
    config,
    registration.id,
    systemClock,
    (line) => console.error(`WARNING: ${line}`),
  );
  await requireRuntime(runtime, config);
  const location = config.settings.values["worktrees.location"];
  await noteWorktreePlace(stateDir, worktreesDir(location, stateDir, registration.id));
  const journal = await openJournal(join(stateDir, "journal.db"));
  using shutdown = listenForShutdown(config.drainMs, systemClock, log);
  const encoder = new TextEncoder();
  const registry = createAgentRegistry();
  const deps = {
    ...createDaemonDeps({
      config,
      registration,
      runtime,
      journal,
      clock: systemClock,
      log,
      env: host.env,
      uid: host.uid,
      print: config.isStreaming ? (text) => writeAll(Deno.stdout, encoder.encode(text)) : null,
    }),
    agents: registry,
  };
  const control = await serveControlSocket(controlSocketPath(stateDir, host.uid), registry, {
    list: async () => await deps.worktrees.list?.() ?? [],
  });
  if (runtime.name === "process") log("nothing_isolated", { runtime: runtime.name });
  log("runner_started", {
    runnerId: registration.id,
    name: registration.name,
    server: registration.server,
    runtime: runtime.name,
    version: SHOPFLOOR_VERSION,
  });
  const outcome = await runDaemon(deps, shutdown);
  await control.close();
  log("runner_stopped", { outcome });
  journal.close();
  closeRuntime(runtime);
  return EXIT_CODES[outcome];
}

async function gc(options: RunOptions & { readonly dryRun?: boolean }): Promise<number> {
  const config = readRunConfig(options, host, await loadSettings(options.settings, host.env));
  const results: GcResult[] = [];
  await collectGarbage(config, host, options.dryRun ?? false, (one) => {
    results.push(one);
    if (one.result !== "kept") console.log(gcLine(one));
  });
  console.log(gcSummary(results, options.dryRun ?? false));
  return results.some((one) => one.result === "failed") ? 1 : 0;
}

async function chooseRegistration(config: RunConfig): Promise<Registration> {
  const all = await readRegistrations(config.dataDir);
  const fitting = fittingRegistrations(all, config.registration);
  if (fitting.length === 1) return fitting[0]!;
  throw new UsageError(
    all.length === 0
      ? `Cannot run as a runner must be registered: ${config.dataDir} has none, use 'register' first`
      : "Cannot run as --name, --server, --owner and --project must select one registration: there are " +
        all.map(registrationText).join(", "),
  );
}

/** Says what to do when Podman is not there; nothing else is ever used in its place. */
async function requireRuntime(runtime: ContainerRuntime, config: RunConfig): Promise<void> {
  try {
    await runtime.list();
  } catch {
    throw new UsageError(
      `Cannot run as Podman must answer at ${config.podman.socketPath}: it does not. ` +
        "Install podman and start its service ('podman system service --time=0 unix://PATH'), name its socket with " +
        "--podman-socket or SHOPFLOOR_PODMAN_SOCKET, or let 'deno task runner' prepare it. For a demo on a machine " +
        "without it there is '--runtime process', which isolates nothing.",
    );
  }
}

function answered<T>(action: string, server: string, outcome: CallOutcome<T>): T {
  switch (outcome.kind) {
    case "ok":
      return outcome.value;
    case "refused":
      throw new UsageError(
        `Cannot ${action} as ${server} must agree: ${outcome.status} ${outcome.code} ${outcome.message}`,
      );
    case "unreachable":
      throw new UsageError(`Cannot ${action} as ${server} must answer: ${outcome.detail}`);
  }
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}

if (import.meta.main) {
  let exitCode = 0;
  try {
    await commandLine(
      {
        register,
        list,
        run,
        doctor: (options) => runDoctor(options, host),
        gc,
        showConfig,
        create,
        ...agentActions(host, dataDir),
        ...harnessActions(host),
        ...imageActions(host),
      },
      (code) => exitCode = code,
    ).parseAsync([
      "runner",
      "runner",
      ...Deno.args,
    ]);
  } catch (error) {
    if (
      !(error instanceof UsageError || error instanceof AgentCommandError || error instanceof RangeError ||
        error instanceof TypeError)
    ) {
      throw error;
    }
    console.error(error.message);
    exitCode = 1;
  }
  Deno.exit(exitCode);
}
