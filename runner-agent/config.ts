/**
 * What the runner is configured with: a command-line option, else its environment variable, else the settings file's section
 * of the project, else the settings file, else the default. Read once, at the start; broken configuration ends the program
 * with the name of what is wrong.
 */
import { AGENT_NAMES } from "../protocol/line/agent_names.ts";
import { join, resolve } from "node:path";
import { HEARTBEAT_MS, POLL_INTERVAL_MS, POLL_WAIT_MAX_MS, RUNNER_JOBS_MAX } from "../protocol/limits.ts";
import type { CredentialSetting } from "./domain/credential.ts";
import { ASSET_MAX_MIB, ASSET_MOST_MIB } from "./limits.ts";
import type { HarnessName, NetworkProfile, RegistrationWish, Transport } from "./ports.ts";
import {
  type ResolvedSettings,
  resolveSettings,
  type SettingKey,
  type SettingsLayer,
  type SettingValues,
} from "./settings/resolved_settings.ts";
import { NO_SETTINGS_FILE, type SettingsFile } from "./settings/settings_layers.ts";

/** Options of `create`; the named files are of JSON. */
export interface CreateOptions {
  readonly dryRun?: boolean;
  readonly card?: string;
  readonly station?: string;
  readonly template?: string;
  readonly agent?: string;
  readonly repository?: string;
}

/** As commander gives them: texts, lists and flags; absent means not given. */
export interface RunOptions {
  readonly data?: string;
  readonly name?: string;
  readonly server?: string;
  readonly owner?: string;
  readonly project?: string;
  readonly runtime?: string;
  readonly harness?: string;
  readonly pollingInterval?: string;
  readonly heartbeatSeconds?: string;
  readonly drainSeconds?: string;
  readonly allowRepositoryUnder?: readonly string[];
  readonly image?: string;
  readonly podmanSocket?: string;
  readonly podmanFirstHostId?: string;
  readonly podmanNoLimits?: boolean;
  readonly network?: string;
  readonly allowOpenNetwork?: boolean;
  readonly logFormat?: string;
  readonly streamOutput?: boolean;
  readonly once?: boolean;
  readonly jobs?: string;
  readonly assetMaxMib?: string;
  readonly transport?: string;
  readonly taskBranch?: string;
  readonly settings?: string;
  readonly harnessProbe?: boolean;
}

export interface RunConfig {
  readonly dataDir: string;
  /** Which registration, when there are several. */
  readonly registration: RegistrationWish;
  readonly runtime: "podman" | "process";
  readonly harness: HarnessName | null;
  readonly pollingIntervalMs: number;
  readonly pollWaitMs: number;
  readonly heartbeatMs: number;
  /** How long a drain may take before what is running is stopped; null for as long as the job takes. */
  readonly drainMs: number | null;
  readonly localRepositoryRoots: readonly string[];
  readonly image: string;
  /** What sandboxes may reach. */
  readonly networkProfile: NetworkProfile;
  readonly podman: PodmanConfig;
  readonly logFormat: "json" | "text";
  readonly isStreaming: boolean;
  readonly isOnce: boolean;
  /** How many jobs may run at once. */
  readonly jobsMax: number;
  /** An asset of a task that is larger is left out. */
  readonly assetMaxBytes: number;
  readonly transport: Transport;
  /** Whether an agent CLI of an unknown version is probed before it is offered. */
  readonly probesHarnesses: boolean;
  /** What a task's branch is called, with `{taskId}` in it (pick A27). */
  readonly taskBranchForm: string;
  /** What stations and sandboxes get, with where each value came from; a station's own words come last. */
  readonly settings: ResolvedSettings;
  /** What {@link settings} was made of. */
  readonly settingsLayers: readonly SettingsLayer[];
  /** What this machine may push with, and fetch by, for jobs that name it. */
  readonly credentials: readonly CredentialSetting[];
}

export interface PodmanConfig {
  readonly socketPath: string;
  readonly isRootless: boolean;
  readonly firstHostId: number;
  readonly hasResourceLimits: boolean;
  /** Whether the profile `open` may be asked for. */
  readonly allowsOpenNetwork: boolean;
}

/** The part of the environment of a process that decides defaults. */
export interface HostFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}

const DEFAULT_FIRST_HOST_ID = "200000";
const RUNTIMES = ["podman", "process"] as const;
const TRANSPORTS = ["auto", "socket", "sse", "poll"] as const;
const NETWORK_PROFILES = ["sealed", "proxy_only", "open"] as const;
const LOG_FORMATS = ["json", "text"] as const;

/**
 * Where a runner keeps its registrations and its state.
 *
 * @param fromFile What the settings file says.
 */
export function dataDirOf(
  option: string | undefined,
  host: HostFacts,
  fromFile: string | null = null,
): string {
  const chosen = option ?? (host.env["SHOPFLOOR_RUNNER_DATA"] || fromFile || undefined);
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const home = host.env["HOME"];
  if (home === undefined || home === "") {
    throw broken("data directory", "--data or SHOPFLOOR_RUNNER_DATA must be given", "no HOME");
  }
  return join(home, ".local", "state", "shopfloor-runner");
}

/**
 * @param file The settings file.
 * @param project `owner/project`, whose section of the file counts; null: none does.
 * @throws RangeError that names the option and its value.
 */
export function readRunConfig(
  options: RunOptions,
  host: HostFacts,
  file: SettingsFile = NO_SETTINGS_FILE,
  project: string | null = null,
): RunConfig {
  const drainMs = seconds("--drain-seconds", options.drainSeconds ?? "0");
  const section = project === null ? undefined : file.projects.get(project);
  const settingsLayers = [
    file.global,
    ...(section === undefined ? [] : [section]),
    environmentLayer(host.env),
    optionLayer(options),
  ];
  const settings = resolveSettings(settingsLayers);
  const { values } = settings;
  return {
    dataDir: dataDirOf(undefined, { ...host, env: { HOME: host.env["HOME"] } }, values["data_dir"]),
    registration: {
      name: options.name ?? null,
      server: options.server === undefined ? null : originOf("--server", options.server),
      owner: options.owner ?? null,
      project: options.project ?? null,
    },
    runtime: values["runtime.backend"],
    harness: options.harness === undefined ? null : oneOf("--harness", options.harness, AGENT_NAMES),
    pollingIntervalMs: seconds(
      "--polling-interval",
      options.pollingInterval ?? String(POLL_INTERVAL_MS / 1_000),
    ),
    pollWaitMs: POLL_WAIT_MAX_MS,
    heartbeatMs: seconds("--heartbeat-seconds", options.heartbeatSeconds ?? String(HEARTBEAT_MS / 1_000)),
    drainMs: drainMs === 0 ? null : drainMs,
    localRepositoryRoots: (options.allowRepositoryUnder ?? []).map((dir) => resolve(dir)),
    image: values["runtime.image"],
    podman: readPodmanConfig(options, host, values["runtime.allow_open_network"]),
    logFormat: oneOf("--log-format", options.logFormat ?? "json", LOG_FORMATS),
    isStreaming: options.streamOutput ?? false,
    isOnce: options.once ?? false,
    transport: oneOf(
      "--transport",
      options.transport ?? host.env["SHOPFLOOR_RUNNER_TRANSPORT"] ?? "auto",
      TRANSPORTS,
    ),
    jobsMax: count("--jobs", options.jobs ?? host.env["SHOPFLOOR_RUNNER_JOBS"] ?? "1", RUNNER_JOBS_MAX),
    assetMaxBytes: 1024 * 1024 * count(
      "--asset-max-mib",
      options.assetMaxMib ?? host.env["SHOPFLOOR_RUNNER_ASSET_MAX_MIB"] ?? String(ASSET_MAX_MIB),
      ASSET_MOST_MIB,
    ),
    probesHarnesses: options.harnessProbe ?? true,
    taskBranchForm: values["worktrees.branch"],
    networkProfile: networkProfile(settings, host),
    settings,
    settingsLayers,
    credentials: file.credentials,
  };
}

function readPodmanConfig(options: RunOptions, host: HostFacts, allowsOpenNetwork: boolean): PodmanConfig {
  const { env, uid } = host;
  const firstHostId = Number(
    options.podmanFirstHostId ?? env["SHOPFLOOR_PODMAN_FIRST_HOST_ID"] ?? DEFAULT_FIRST_HOST_ID,
  );
  if (!Number.isSafeInteger(firstHostId) || firstHostId < 1) {
    throw broken("--podman-first-host-id", "it must be a positive integer", String(firstHostId));
  }
  return {
    socketPath: options.podmanSocket ?? env["SHOPFLOOR_PODMAN_SOCKET"] ?? standardSocket(host),
    isRootless: uid !== 0,
    firstHostId,
    hasResourceLimits: !(options.podmanNoLimits ?? env["SHOPFLOOR_PODMAN_NO_LIMITS"] === "1"),
    allowsOpenNetwork,
  };
}

/** What the environment says. Never what a sandbox is isolated by: that is the decision of a person who writes it down. */
function environmentLayer(env: HostFacts["env"]): SettingsLayer {
  const from = (name: string, read = (text: string) => text) => {
    const text = env[name];
    return text === undefined || text === "" ? undefined : { value: read(text), from: name };
  };
  return {
    level: "environment",
    values: present({
      "data_dir": from("SHOPFLOOR_RUNNER_DATA", (text) => resolve(text)),
      "runtime.image": from("SHOPFLOOR_IMAGE"),
      "worktrees.branch": from("SHOPFLOOR_TASK_BRANCH", branchForm),
    }),
    env: {},
  };
}

function optionLayer(options: RunOptions): SettingsLayer {
  const from = <T>(option: string, value: T | undefined) =>
    value === undefined ? undefined : { value, from: option };
  const chosen = <T extends string>(option: string, text: string | undefined, allowed: readonly T[]) =>
    from(option, text === undefined ? undefined : oneOf(option, text, allowed));
  return {
    level: "option",
    values: present({
      "data_dir": from("--data", options.data === undefined ? undefined : resolve(options.data)),
      "runtime.backend": chosen("--runtime", options.runtime, RUNTIMES),
      "runtime.image": from("--image", options.image),
      "runtime.network": chosen("--network", options.network, NETWORK_PROFILES),
      "runtime.allow_open_network": from("--allow-open-network", options.allowOpenNetwork),
      "defaults.harness": chosen("--harness", options.harness, AGENT_NAMES),
      "worktrees.branch": from(
        "--task-branch",
        options.taskBranch === undefined ? undefined : branchForm(options.taskBranch),
      ),
    }),
    env: {},
  };
}

type Said = {
  readonly [K in SettingKey]?: { readonly value: SettingValues[K]; readonly from: string } | undefined;
};

function present(said: Said): SettingsLayer["values"] {
  return Object.fromEntries(
    Object.entries(said).filter(([, one]) => one !== undefined),
  ) as SettingsLayer["values"];
}

/** An open network needs a second word and a runner that is root (S2). */
function networkProfile({ values, from }: ResolvedSettings, host: HostFacts): NetworkProfile {
  const profile = values["runtime.network"];
  if (profile !== "open") return profile;
  const name = from["runtime.network"];
  if (!values["runtime.allow_open_network"]) {
    throw broken(
      name,
      "'open' must be allowed with --allow-open-network or runtime.allow_open_network",
      profile,
    );
  }
  if (host.uid !== 0) throw broken(name, "'open' needs a runner that is root", `uid ${host.uid}`);
  return profile;
}

/** Where Podman's own systemd units listen. */
function standardSocket({ env, uid }: HostFacts): string {
  if (uid === 0) return "/run/podman/podman.sock";
  return join(env["XDG_RUNTIME_DIR"] ?? `/run/user/${uid}`, "podman", "podman.sock");
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw broken(option, `it must be one of ${allowed.join(", ")}`, value);
  return found;
}

/** The part of a server's address that tells it from others. */
export function originOf(option: string, value: string): string {
  if (!/^https?:/.test(value) || !URL.canParse(value)) {
    throw broken(option, "it must be an address such as https://shopfloor.example", value);
  }
  return new URL(value).origin;
}

function seconds(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0) {
    throw broken(option, "it must be a number of seconds", value);
  }
  return Math.round(number * 1_000);
}

function count(option: string, value: string, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > max) {
    throw broken(option, `it must be a number from 1 to ${max}`, value);
  }
  return number;
}

/** A branch that git takes whatever the task's id is: ids are letters, digits and dashes. */
function branchForm(value: string): string {
  const isForm = /^[A-Za-z0-9_][A-Za-z0-9_/-]*$/.test(value.replace("{taskId}", "x")) &&
    value.split("{taskId}").length === 2 && !value.includes("//") && !value.endsWith("/");
  if (isForm) return value;
  throw broken(
    "--task-branch",
    "it must hold '{taskId}' once, and else letters, digits, '_', '-' and '/'",
    value,
  );
}

function broken(option: string, expectation: string, value: string): RangeError {
  return new RangeError(`Cannot read ${option} as ${expectation}: current value is ${value}`);
}
