/**
 * What the runner is configured with: a command-line option, else its environment variable, else the default. Read
 * once, at the start; broken configuration ends the program with the name of what is wrong.
 */
import { join, resolve } from "node:path";
import { HEARTBEAT_MS, POLL_INTERVAL_MS, POLL_WAIT_MAX_MS, RUNNER_JOBS_MAX } from "../protocol/limits.ts";
import { TASK_BRANCH_FORM } from "./limits.ts";
import type { HarnessName, NetworkProfile, RegistrationWish, Transport } from "./ports.ts";

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
  readonly transport?: string;
  readonly taskBranch?: string;
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
  readonly transport: Transport;
  /** What a task's branch is called, with `{taskId}` in it (pick A27). */
  readonly taskBranchForm: string;
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

/** Local name of the image; `{harness}` in it becomes the job's harness. */
const DEFAULT_IMAGE = "localhost/shopfloor-agent:latest";
const DEFAULT_FIRST_HOST_ID = "200000";
const RUNTIMES = ["podman", "process"] as const;
const HARNESSES = ["command", "claude", "codex", "gemini", "opencode"] as const;
const TRANSPORTS = ["auto", "socket", "sse", "poll"] as const;
const NETWORK_PROFILES = ["sealed", "proxy_only", "open"] as const;
const LOG_FORMATS = ["json", "text"] as const;

/** Where a runner keeps its registrations and its state. */
export function dataDirOf(option: string | undefined, host: HostFacts): string {
  const chosen = option ?? host.env["SHOPFLOOR_RUNNER_DATA"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const home = host.env["HOME"];
  if (home === undefined || home === "") {
    throw broken("data directory", "--data or SHOPFLOOR_RUNNER_DATA must be given", "no HOME");
  }
  return join(home, ".local", "state", "shopfloor-runner");
}

/** @throws RangeError that names the option and its value. */
export function readRunConfig(options: RunOptions, host: HostFacts): RunConfig {
  const drainMs = seconds("--drain-seconds", options.drainSeconds ?? "0");
  return {
    dataDir: dataDirOf(options.data, host),
    registration: {
      name: options.name ?? null,
      server: options.server === undefined ? null : originOf("--server", options.server),
      owner: options.owner ?? null,
      project: options.project ?? null,
    },
    // Never from the environment: no isolation is a decision of the person who starts the runner.
    runtime: oneOf("--runtime", options.runtime ?? "podman", RUNTIMES),
    harness: options.harness === undefined ? null : oneOf("--harness", options.harness, HARNESSES),
    pollingIntervalMs: seconds(
      "--polling-interval",
      options.pollingInterval ?? String(POLL_INTERVAL_MS / 1_000),
    ),
    pollWaitMs: POLL_WAIT_MAX_MS,
    heartbeatMs: seconds("--heartbeat-seconds", options.heartbeatSeconds ?? String(HEARTBEAT_MS / 1_000)),
    drainMs: drainMs === 0 ? null : drainMs,
    localRepositoryRoots: (options.allowRepositoryUnder ?? []).map((dir) => resolve(dir)),
    image: options.image ?? host.env["SHOPFLOOR_IMAGE"] ?? DEFAULT_IMAGE,
    networkProfile: readNetworkProfile(options, host),
    podman: readPodmanConfig(options, host),
    logFormat: oneOf("--log-format", options.logFormat ?? "json", LOG_FORMATS),
    isStreaming: options.streamOutput ?? false,
    isOnce: options.once ?? false,
    transport: oneOf(
      "--transport",
      options.transport ?? host.env["SHOPFLOOR_RUNNER_TRANSPORT"] ?? "auto",
      TRANSPORTS,
    ),
    jobsMax: count("--jobs", options.jobs ?? host.env["SHOPFLOOR_RUNNER_JOBS"] ?? "1", RUNNER_JOBS_MAX),
    taskBranchForm: branchForm(options.taskBranch ?? host.env["SHOPFLOOR_TASK_BRANCH"] ?? TASK_BRANCH_FORM),
  };
}

function readPodmanConfig(options: RunOptions, host: HostFacts): PodmanConfig {
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
    allowsOpenNetwork: options.allowOpenNetwork ?? false,
  };
}

/** Never from the environment: a network is a decision of the person who starts the runner (S2). */
function readNetworkProfile(options: RunOptions, host: HostFacts): NetworkProfile {
  const profile = oneOf("--network", options.network ?? "sealed", NETWORK_PROFILES);
  if (profile !== "open") return profile;
  if (options.allowOpenNetwork !== true) {
    throw broken("--network", "'open' must be allowed with --allow-open-network", profile);
  }
  if (host.uid !== 0) throw broken("--network", "'open' needs a runner that is root", `uid ${host.uid}`);
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
