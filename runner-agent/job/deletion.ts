/**
 * What a person wants deleted with an agent (Runtime 1.5): its run ends, its sandbox and its worktree go, and what it has
 * committed and its home stay unless told otherwise.
 *
 * ```
 * <run root>/delete.json           the wish, before anything of it is done
 * <state>/homes/<runId>            a home that is kept; `runner gc` removes old ones
 * ```
 *
 * A runner that is killed in between finds the wish and goes on with it.
 */
import { dirname, join } from "node:path";
import { z } from "zod";
import { readRegistrations } from "../control/registrations.ts";
import { AgentCommandError } from "./control_client.ts";
import { removeStubborn } from "./remove_stubborn.ts";
import type { RunDirs } from "./run_dirs.ts";
import { writeWholeToDisk } from "./whole_file.ts";

export const deleteInput = z.strictObject({
  /** Nothing of the run's work is pushed. */
  branch: z.boolean().default(false),
  home: z.boolean().default(false),
  /** Also an agent that is at work. */
  stop: z.boolean().default(false),
});
export type DeleteWish = z.output<typeof deleteInput>;

/** Null: nobody wants it deleted. */
export async function readDeletion(root: string): Promise<DeleteWish | null> {
  try {
    return deleteInput.parse(JSON.parse(await Deno.readTextFile(join(root, "delete.json"))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

export async function writeDeletion(root: string, wish: DeleteWish): Promise<void> {
  await writeWholeToDisk(join(root, "delete.json"), JSON.stringify(wish));
}

/** Puts the home of a deleted agent aside, unless that is to go, too. May be repeated. */
export async function keepHome(stateDir: string, runId: string, dirs: RunDirs): Promise<void> {
  const wish = await readDeletion(dirs.root);
  if (wish === null || wish.home) return;
  const kept = join(keptHomesDir(stateDir), runId);
  await Deno.mkdir(dirname(kept), { recursive: true, mode: 0o700 });
  await Deno.rename(dirs.home, kept).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

export function keptHomesDir(stateDir: string): string {
  return join(stateDir, "homes");
}

/** What is to be deleted of a run that is over. @returns What was done, for people. */
export async function deleteLeftovers(dataDir: string, run: string, wish: DeleteWish): Promise<string> {
  const stateDirs = (await readRegistrations(dataDir)).map(({ id }) => join(dataDir, id));
  for (const stateDir of stateDirs) {
    for (const runId of await namesIn(join(stateDir, "sandboxes"))) {
      if (!runId.startsWith(run)) continue;
      throw new AgentCommandError(
        `Cannot delete run ${runId} as it must be over, or its agent in a terminal and its runner at work: it is not`,
      );
    }
  }
  const homes: string[] = [];
  for (const stateDir of stateDirs) {
    const dir = keptHomesDir(stateDir);
    homes.push(...(await namesIn(dir)).filter((name) => name.startsWith(run)).map((name) => join(dir, name)));
  }
  if (homes.length > 1) {
    throw new AgentCommandError(
      `Cannot choose the run as it must be named by more of its id: current value is ${run}`,
    );
  }
  const [home] = homes;
  if (home === undefined) return "nothing of this run is here";
  if (!wish.home) return `its home is kept at ${home}`;
  await removeStubborn(home);
  return "its home is removed";
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
