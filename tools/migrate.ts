/** `deno task migrate`: brings the history database to the newest schema. */
import { Command } from "commander";
import { applyMigrations } from "./local/apply_migrations.ts";

const program = new Command("deno task migrate")
  .description(
    "Applies migrations/history to the libSQL database at HISTORY_URL (with HISTORY_AUTH_TOKEN for Turso).\n" +
      "Forward only; doing it twice, or twice at once, changes nothing.",
  )
  .option("--url <url>", "the database; default: HISTORY_URL")
  .parse(Deno.args, { from: "user" });

const url = program.opts<{ url?: string }>().url ?? Deno.env.get("HISTORY_URL") ?? "";
if (url === "") {
  program.error("Cannot migrate as HISTORY_URL (or --url) must name a libSQL database: current value is ''");
}
const applied = await applyMigrations({ url, authToken: Deno.env.get("HISTORY_AUTH_TOKEN") || undefined });
console.log(applied.length === 0 ? "history: nothing to apply" : `history: applied ${applied.join(", ")}`);
