/**
 * What the agent of a run without a terminal used and how it failed, on the disk from its end until it is reported.
 *
 * ```
 * <run root>/used.json     {"usage": {...}, "failure": null | "...", "overBudget": null | "...", "notDone": null | "..."}
 * ```
 *
 * 1. No number in it is trusted, as its counts come from a CLI in a sandbox, and older runners kept them as they came: each is
 *    read within its bounds (`domain/agent/untrusted_usage.ts`).
 * 2. Reading never rejects: a run whose file cannot be read is reported without it.
 */
import { join } from "node:path";
import { z } from "zod";
import type { TokenUsage } from "../agent_ports.ts";
import { untrustedCost, untrustedCount } from "../domain/agent/untrusted_usage.ts";
import type { EventLog } from "../log/event_log.ts";
import { writeWhole } from "./whole_file.ts";

/** What an agent without a terminal has used. */
export interface Used {
  readonly usage: TokenUsage;
  /** Why its model failed, in its CLI's words; null where nothing of that was told. */
  readonly failure: string | null;
  /** Which budget it had used up when it ended by itself, in words; null: none, or it had concluded. */
  readonly overBudget: string | null;
  /** Why its last word about itself is a failure, in words; null: it said none of the kind, or it had concluded. */
  readonly notDone: string | null;
}

const count = z.unknown().transform(untrustedCount);
const used = z.object({
  usage: z.object({
    inputTokens: count,
    outputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    costUsd: z.unknown().transform(untrustedCost),
  }),
  failure: z.string().nullable(),
  overBudget: z.string().nullable().default(null),
  notDone: z.string().nullable().default(null),
});

/** Whose file it is, and where it is told that it cannot be read. */
export interface UsedPlace {
  readonly dirs: { readonly root: string };
  readonly deps: { readonly log: EventLog };
  readonly ids: Readonly<Record<string, string>>;
}

/** Null: nothing was noted, as of an agent that never ran, or nothing that can be read. */
export async function readUsed({ dirs, deps, ids }: UsedPlace): Promise<Used | null> {
  try {
    return used.parse(JSON.parse(await Deno.readTextFile(usedFile(dirs.root))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    deps.log("used_unreadable", { ...ids, fault: error instanceof Error ? error.name : "unknown" });
    return null;
  }
}

/** Whole or not at all. */
export async function writeUsed(root: string, value: Used): Promise<void> {
  await writeWhole(usedFile(root), JSON.stringify(value));
}

function usedFile(root: string): string {
  return join(root, "used.json");
}
