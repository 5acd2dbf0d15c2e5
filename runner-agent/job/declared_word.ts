/**
 * An agent's last word about itself (`af_status`) that means that it has not done its work, in a run without a terminal: on the
 * disk before the agent is answered, so that a restarted runner knows it.
 *
 * ```
 * <run root>/declared.json     {"word": null | {"state": "waiting" | "blocked", "message": null | "..."}}
 * ```
 */
import { join } from "node:path";
import { z } from "zod";
import type { DeclaredWord } from "../domain/agent/activity.ts";
import { writeWholeToDisk } from "./whole_file.ts";

const kept = z.object({
  word: z.object({ state: z.enum(["waiting", "blocked"]), message: z.string().nullable() }).nullable(),
});

/** What a former life of the runner heard; null: nothing of the kind. */
export async function readDeclaredWord(root: string): Promise<DeclaredWord | null> {
  try {
    return kept.parse(JSON.parse(await Deno.readTextFile(pathOf(root)))).word;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whole or not at all. One after the other is the caller's to see to. */
export async function writeDeclaredWord(root: string, word: DeclaredWord | null): Promise<void> {
  await writeWholeToDisk(pathOf(root), JSON.stringify({ word }));
}

function pathOf(root: string): string {
  return join(root, "declared.json");
}
