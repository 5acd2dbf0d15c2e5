/**
 * Where the worktrees of a runner are, and have been: `worktrees.location` may name another place each time that it starts.
 * The state keeps them, a line each, so that `runner gc` finds what was left in any of them.
 */
import { join } from "node:path";

const FILE = "worktree_places";

/** Where they are by the settings: each runner has a folder of its own. */
export function worktreesDir(location: string | null, stateDir: string, runnerId: string): string {
  return location === null ? stateDir : join(location, runnerId);
}

/** Notes a place, once. The state must be there. */
export async function noteWorktreePlace(stateDir: string, place: string): Promise<void> {
  const known = await notedPlaces(stateDir);
  if (place === stateDir || known.includes(place)) return;
  const path = join(stateDir, FILE);
  await Deno.writeTextFile(`${path}.new`, [...known, place].map((one) => `${one}\n`).join(""), {
    mode: 0o600,
  });
  await Deno.rename(`${path}.new`, path);
}

/** Every place of a state, each once: its own, the one that the settings name, and those of before. */
export async function worktreePlaces(stateDir: string, current: string): Promise<readonly string[]> {
  return [...new Set([stateDir, current, ...await notedPlaces(stateDir)])];
}

async function notedPlaces(stateDir: string): Promise<readonly string[]> {
  try {
    return (await Deno.readTextFile(join(stateDir, FILE))).split("\n").filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
