/** The bindings and variables of the Worker, and the one function that reads its configuration. */

import { DEFAULT_TIMING, type Timing } from "./domain/timing.ts";

/** What the platform hands to the Worker and to each object. Names as in `wrangler.toml`. */
export interface Env {
  readonly JOB_QUEUE: DurableObjectNamespace;
  readonly TASK_LOG: DurableObjectNamespace;
  readonly TASK_REPOSITORY: DurableObjectNamespace;
  readonly HUMAN_GATE: DurableObjectNamespace;
  readonly PEOPLE: DurableObjectNamespace;
  readonly LIVE_SESSION: DurableObjectNamespace;
  readonly LIBRARY: DurableObjectNamespace;
  readonly CHAT_CHANNEL: DurableObjectNamespace;
  readonly BLOBS: R2Bucket;
  readonly SHOPFLOOR_ADMIN_TOKEN?: string;
  readonly HISTORY_URL?: string;
  readonly HISTORY_AUTH_TOKEN?: string;
  readonly PUBLIC_URL?: string;
  /** Whole days after a task's end that its output is kept; "0": for ever. */
  readonly SHOPFLOOR_OUTPUT_RETENTION_DAYS?: string;
  /** Whole days after a task's end that the history keeps it; "0", the default: for ever. */
  readonly SHOPFLOOR_HISTORY_RETENTION_DAYS?: string;
  /** The same for the audit trail. */
  readonly SHOPFLOOR_AUDIT_RETENTION_DAYS?: string;
  /** The queue's times in milliseconds and its counts; "" and absent: the defaults. See {@link readConfig}. */
  readonly SHOPFLOOR_LEASE_MS?: string;
  readonly SHOPFLOOR_HEARTBEAT_MS?: string;
  readonly SHOPFLOOR_RUN_GRACE_MS?: string;
  readonly SHOPFLOOR_ATTEMPTS_MAX?: string;
  readonly SHOPFLOOR_RUNS_PER_JOB_MAX?: string;
  /** Hosts that lines may be imported from although their address is private: names with commas in between. */
  readonly SHOPFLOOR_IMPORT_HOSTS?: string;
  /** Signing in with GitHub, with Cloudflare Access, and who may do what: see `domain/sign_in_ways.ts`, `domain/role.ts`. */
  readonly SHOPFLOOR_GITHUB_CLIENT_ID?: string;
  readonly SHOPFLOOR_GITHUB_CLIENT_SECRET?: string;
  readonly SHOPFLOOR_GITHUB_URL?: string;
  readonly SHOPFLOOR_ACCESS_TEAM?: string;
  readonly SHOPFLOOR_ACCESS_AUD?: string;
  readonly SHOPFLOOR_ROLES?: string;
  /** Workflows of GitHub that act without a token of ours: see `domain/workload.ts`. */
  readonly SHOPFLOOR_OIDC_TRUST?: string;
  readonly SHOPFLOOR_OIDC_ISSUER?: string;
  /** People with tokens of their own identity provider: see `domain/person_token.ts`. */
  readonly SHOPFLOOR_OIDC_USER_ISSUER?: string;
  readonly SHOPFLOOR_OIDC_USER_AUDIENCE?: string;
  readonly SHOPFLOOR_OIDC_USER_ROLES?: string;
  /** Channels by which people are told and answer; each is off without its own: see `channels/config.ts`. */
  readonly SHOPFLOOR_CHANNEL_SECRET?: string;
  readonly SHOPFLOOR_SLACK_SIGNING_SECRET?: string;
  readonly SHOPFLOOR_SLACK_BOT_TOKEN?: string;
  readonly SHOPFLOOR_SLACK_URL?: string;
  readonly SHOPFLOOR_GITHUB_WEBHOOK_SECRET?: string;
  readonly SHOPFLOOR_GITHUB_TOKEN?: string;
  readonly SHOPFLOOR_GITHUB_API_URL?: string;
  readonly SHOPFLOOR_MAIL_PROVIDER?: string;
  readonly SHOPFLOOR_MAIL_URL?: string;
  readonly SHOPFLOOR_MAIL_KEY?: string;
  readonly SHOPFLOOR_MAIL_FROM?: string;
  /** What agents' tools may ask; each is off without its own: see `tools/config.ts`. */
  readonly SHOPFLOOR_TOOLS_GITHUB_TOKEN?: string;
  readonly SHOPFLOOR_TOOLS_GITHUB_REPOSITORIES?: string;
  readonly SHOPFLOOR_WEB_SEARCH_PROVIDER?: string;
  readonly SHOPFLOOR_WEB_SEARCH_URL?: string;
  readonly SHOPFLOOR_WEB_SEARCH_KEY?: string;
  readonly SHOPFLOOR_WEB_FETCH_HOSTS?: string;
  /** "fake": objects keep a clock offset that tests move. Never set in production. */
  readonly SHOPFLOOR_CLOCK?: string;
}

/** The configuration, read and found right. */
export interface Config {
  readonly timing: Timing;
}

const DAY_MS = 86_400_000;

/** One setting: a whole number, and what it may be. */
type Bounds = readonly [
  variable: keyof Env,
  least: number,
  most: number,
  fallback: number,
];

/**
 * Reads the queue's settings. Throws an error that names the variable: a queue that would judge runs by a mistyped time
 * must not start.
 */
export function readConfig(env: Env): Config {
  const timing: Timing = {
    leaseMs: read(env, ["SHOPFLOOR_LEASE_MS", 1_000, DAY_MS, DEFAULT_TIMING.leaseMs]),
    heartbeatMs: read(env, ["SHOPFLOOR_HEARTBEAT_MS", 100, DAY_MS, DEFAULT_TIMING.heartbeatMs]),
    runGraceMs: read(env, ["SHOPFLOOR_RUN_GRACE_MS", 0, DAY_MS, DEFAULT_TIMING.runGraceMs]),
    attemptsMax: read(env, ["SHOPFLOOR_ATTEMPTS_MAX", 1, 1_000, DEFAULT_TIMING.attemptsMax]),
    runsPerJobMax: read(env, ["SHOPFLOOR_RUNS_PER_JOB_MAX", 1, 1_000, DEFAULT_TIMING.runsPerJobMax]),
  };
  if (timing.heartbeatMs * 3 > timing.leaseMs) {
    throw new RangeError(
      "Cannot read the configuration as SHOPFLOOR_LEASE_MS must be at least three times SHOPFLOOR_HEARTBEAT_MS: " +
        `current values are ${timing.leaseMs} and ${timing.heartbeatMs}`,
    );
  }
  return { timing };
}

function read(env: Env, [variable, least, most, fallback]: Bounds): number {
  const text = String(env[variable] ?? "").trim();
  if (text === "") return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(
    `Cannot read the configuration as ${variable} must be a whole number from ${least} to ${most}: ` +
      `current value is '${text}'`,
  );
}
