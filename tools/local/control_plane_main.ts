/**
 * Hosts the Worker in workerd, as one process group (see `control_plane.ts`, which starts it below a keeper).
 *
 * wrangler.toml stays the one configuration: bindings, classes, flags and variables are read from it through wrangler;
 * only what belongs to this machine is added. Ends at SIGTERM; then, or at our death, the keeper takes workerd with us.
 *
 * Arguments: PORT DATA_DIR CONFIG_PATH; the secrets and variables come from the environment.
 */
import { Log, LogLevel, Miniflare } from "miniflare";
import { basename, dirname, join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundleWorker } from "./bundle_worker.ts";

/** Variables of the Worker that the environment of this process may set, over those in wrangler.toml. */
const PASSED_VARIABLES = [
  "SHOPFLOOR_ADMIN_TOKEN",
  "HISTORY_URL",
  "HISTORY_AUTH_TOKEN",
  "PUBLIC_URL",
  "SHOPFLOOR_CLOCK",
  "SHOPFLOOR_LEASE_MS",
  "SHOPFLOOR_HEARTBEAT_MS",
  "SHOPFLOOR_RUN_GRACE_MS",
  "SHOPFLOOR_ATTEMPTS_MAX",
  "SHOPFLOOR_RUNS_PER_JOB_MAX",
  "SHOPFLOOR_IMPORT_HOSTS",
  "SHOPFLOOR_OUTPUT_RETENTION_DAYS",
  "SHOPFLOOR_HISTORY_RETENTION_DAYS",
  "SHOPFLOOR_AUDIT_RETENTION_DAYS",
  "SHOPFLOOR_GITHUB_CLIENT_ID",
  "SHOPFLOOR_GITHUB_CLIENT_SECRET",
  "SHOPFLOOR_GITHUB_URL",
  "SHOPFLOOR_ACCESS_TEAM",
  "SHOPFLOOR_ACCESS_AUD",
  "SHOPFLOOR_ROLES",
  "SHOPFLOOR_OIDC_TRUST",
  "SHOPFLOOR_OIDC_ISSUER",
  "SHOPFLOOR_OIDC_USER_ISSUER",
  "SHOPFLOOR_OIDC_USER_AUDIENCE",
  "SHOPFLOOR_OIDC_USER_ROLES",
  "SHOPFLOOR_CHANNEL_SECRET",
  "SHOPFLOOR_SLACK_SIGNING_SECRET",
  "SHOPFLOOR_SLACK_BOT_TOKEN",
  "SHOPFLOOR_SLACK_URL",
  "SHOPFLOOR_GITHUB_WEBHOOK_SECRET",
  "SHOPFLOOR_GITHUB_TOKEN",
  "SHOPFLOOR_GITHUB_API_URL",
  "SHOPFLOOR_MAIL_PROVIDER",
  "SHOPFLOOR_MAIL_URL",
  "SHOPFLOOR_MAIL_KEY",
  "SHOPFLOOR_MAIL_FROM",
  "SHOPFLOOR_TOOLS_GITHUB_TOKEN",
  "SHOPFLOOR_TOOLS_GITHUB_REPOSITORIES",
  "SHOPFLOOR_WEB_SEARCH_PROVIDER",
  "SHOPFLOOR_WEB_SEARCH_URL",
  "SHOPFLOOR_WEB_SEARCH_KEY",
  "SHOPFLOOR_WEB_FETCH_HOSTS",
] as const;
/** How often the Worker's scheduled work is done: on the platform the cron in wrangler.toml says so. */
const SCHEDULE_MS = 3_600_000;

const [port, dataDir, configPath] = Deno.args;
if (port === undefined || dataDir === undefined || configPath === undefined) {
  throw new TypeError("Cannot start as the arguments must be PORT DATA_DIR CONFIG_PATH");
}

const { workerOptions, main } = unstable_getMiniflareWorkerOptions(configPath);
if (main === undefined) throw new Error(`Cannot start as ${configPath} must name the entry point in 'main'`);

const variables: Record<string, string> = {};
for (const name of PASSED_VARIABLES) {
  const value = Deno.env.get(name);
  if (value !== undefined) variables[name] = value;
}

const code = await bundleWorker(main).catch((error: Error) => {
  // The stack is esbuild's own; the message has our file and line.
  console.error(error.message);
  Deno.exit(1);
});
const miniflare = new Miniflare({
  ...workerOptions,
  name: "shopfloor",
  modules: [{
    type: "ESModule",
    path: join(dirname(main), `${basename(main, ".ts")}.mjs`),
    contents: code,
  }],
  modulesRoot: dirname(main),
  bindings: { ...workerOptions.bindings, ...variables },
  host: "127.0.0.1",
  port: Number(port),
  resourcePersistencePath: dataDir,
  cf: false,
  log: new Log(LogLevel.WARN),
});

let isEnding = false;
Deno.addSignalListener("SIGTERM", () => {
  if (isEnding) return;
  isEnding = true;
  miniflare.dispose().then(() => Deno.exit(0), () => Deno.exit(1));
});
await miniflare.ready;
setInterval(async () => {
  try {
    // Miniflare types a Worker as a mere fetcher.
    const worker = await miniflare.getWorker("shopfloor") as unknown as {
      scheduled(controller: { readonly scheduledTime: Date }): Promise<unknown>;
    };
    await worker.scheduled({ scheduledTime: new Date() });
  } catch (cause) {
    console.error(
      `control plane: the scheduled work failed: ${cause instanceof Error ? cause.name : "unknown"}`,
    );
  }
}, SCHEDULE_MS);
console.log(`control plane: listening on 127.0.0.1:${port}`);
