/**
 * `deno task deploy`: publishes the control plane to your Cloudflare account; `--dry-run` builds all of it and sends
 * nothing. What is missing is printed as the exact commands to type.
 */
import { Command } from "commander";
import { fileURLToPath } from "node:url";
import { applyMigrations } from "./local/apply_migrations.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WRANGLER = "npx -y deno@2.9.6 run -A wrangler";
const SECRETS = ["SHOPFLOOR_ADMIN_TOKEN", "HISTORY_AUTH_TOKEN"];
const SIGN_IN =
  "For people to sign in with GitHub or through Cloudflare Access: docs/settings.md, 'Signing in' " +
  "(secrets: SHOPFLOOR_GITHUB_CLIENT_SECRET)";

const options = new Command("deno task deploy")
  .description(
    "Publishes the control plane to Cloudflare with wrangler: applies the history's migrations, then 'wrangler deploy'.\n\n" +
      "Needs: a login (or CLOUDFLARE_API_TOKEN), the R2 bucket, the secret SHOPFLOOR_ADMIN_TOKEN, and for the history " +
      "HISTORY_URL (with HISTORY_AUTH_TOKEN for Turso). Prints what is missing and how to get it.",
  )
  .option("--dry-run", "build everything and send nothing")
  .parse(Deno.args, { from: "user" })
  .opts<{ dryRun?: boolean }>();

const historyUrl = Deno.env.get("HISTORY_URL") ?? "";
if (options.dryRun === true) {
  Deno.exit(await wrangler(["deploy", "--dry-run"], "inherit").then((run) => run.code));
}

const who = await wrangler(["whoami"], "piped");
// wrangler exits with 0 when nobody is logged in.
if (who.code !== 0 || /not authenticated|not logged in|failed to fetch/i.test(who.text)) {
  printWhatIsNeeded(who.text);
  Deno.exit(1);
}
const bucket = await wrangler(["r2", "bucket", "info", "shopfloor-blobs"], "piped");
const secrets = await wrangler(["secret", "list"], "piped");
// Before the first deployment there is no Worker whose secrets could be listed.
const isFirst = secrets.code !== 0;
const missing = [
  ...(bucket.code === 0 ? [] : [`${WRANGLER} r2 bucket create shopfloor-blobs`]),
  ...(isFirst || secrets.text.includes(SECRETS[0]!) ? [] : [`${WRANGLER} secret put ${SECRETS[0]}`]),
];
if (missing.length > 0) {
  console.error(
    `Cannot deploy yet. Type:\n\n${missing.map((line) => `  ${line}`).join("\n")}\n\nthen: deno task deploy`,
  );
  Deno.exit(1);
}
if (historyUrl === "") {
  console.log(
    "history: HISTORY_URL is empty, so the board has no lists and no search; everything else works",
  );
} else {
  const applied = await applyMigrations({
    url: historyUrl,
    authToken: Deno.env.get("HISTORY_AUTH_TOKEN") || undefined,
  });
  console.log(applied.length === 0 ? "history: nothing to apply" : `history: applied ${applied.join(", ")}`);
}
const deployed = await wrangler(
  ["deploy", ...(historyUrl === "" ? [] : ["--var", `HISTORY_URL:${historyUrl}`])],
  "inherit",
);
if (deployed.code === 0 && isFirst) {
  console.log(
    `\nNow give it its secrets:\n\n${
      SECRETS.map((name) => `  ${WRANGLER} secret put ${name}`).join("\n")
    }\n\n${SIGN_IN}`,
  );
}
Deno.exit(deployed.code);

function printWhatIsNeeded(said: string): void {
  console.error(`Cannot deploy as wrangler must be logged in to your Cloudflare account. wrangler said:

${said.trim().split("\n").slice(-6).map((line) => `  | ${line}`).join("\n")}

Once, do one of these:

  ${WRANGLER} login                             # opens a browser
  export CLOUDFLARE_API_TOKEN=...               # a token with "Edit Cloudflare Workers" and "Workers R2 Storage: Edit"

then, once:

  ${WRANGLER} r2 bucket create shopfloor-blobs  # git packs and artifacts
  ${WRANGLER} secret put SHOPFLOOR_ADMIN_TOKEN  # 256 random bits, such as: openssl rand -base64 32

and for lists, search and the audit trail, a libSQL database (Turso):

  export HISTORY_URL=libsql://NAME-ORG.turso.io HISTORY_AUTH_TOKEN=...
  ${WRANGLER} secret put HISTORY_AUTH_TOKEN

and for people to sign in with GitHub (an OAuth app; see docs/settings.md, 'Signing in'):

  ${WRANGLER} secret put SHOPFLOOR_GITHUB_CLIENT_SECRET  # client id and SHOPFLOOR_ROLES are vars

and for people to answer by Slack, GitHub, mail or a webhook: see docs/people.md

then: deno task deploy
'deno task deploy --dry-run' builds everything and needs none of this.`);
}

async function wrangler(
  args: readonly string[],
  output: "inherit" | "piped",
): Promise<{ code: number; text: string }> {
  const result = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "wrangler", ...args],
    cwd: ROOT,
    stdin: output === "inherit" ? "inherit" : "null",
    stdout: output,
    stderr: output,
    env: {
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      ...(output === "piped" ? { NO_COLOR: "1" } : {}),
    },
  }).spawn();
  if (output === "inherit") return { code: (await result.status).code, text: "" };
  const { code, stdout, stderr } = await result.output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}
