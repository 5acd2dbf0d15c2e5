/** git over the kept turns of a run (`turn_commits.ts`), and which there are. */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { type KeptTurn, readTurn, type TurnsError } from "../domain/turns.ts";
import { exists } from "./exists.ts";
import type { Git, GitCall } from "./git_command.ts";
import type { RunDirectory, RunNote } from "./run_directory.ts";

/** A worktree with its kept states. */
export interface TurnsPlace {
  readonly git: Git;
  readonly run: RunDirectory;
  readonly note: RunNote;
}

export type Step<T> = Promise<Result<T, TurnsError>>;

export const TURN_REF = "refs/shopfloor/turns/";
/** All that are kept, the oldest first. */
export async function listTurns(place: TurnsPlace): Step<readonly KeptTurn[]> {
  if (!await exists(turnsGitDir(place))) return ok([]);
  const listed = await turnsGit(place, "list the turns", {
    args: ["for-each-ref", "--format=%(contents)%00", TURN_REF],
  });
  if (!listed.ok) return listed;
  const turns = listed.value.split("\0").map(readTurn).filter((turn) => turn !== null);
  return ok(turns.sort((a, b) => a.turn - b.turn));
}

/** The one with that number; the refusal says which there are. */
export async function findTurn(place: TurnsPlace, number: number): Step<KeptTurn> {
  const turns = await listTurns(place);
  if (!turns.ok) return turns;
  const found = turns.value.find(({ turn }) => turn === number);
  if (found !== undefined) return ok(found);
  const numbers = turns.value.map(({ turn }) => turn);
  const kept = numbers.length === 0 ? "none is kept yet" : `kept are ${numbers[0]} to ${numbers.at(-1)}`;
  return refuse("turn_not_found", `Cannot find turn ${number} as it must be kept: ${kept}`);
}

export async function turnsGit(
  { git, run }: TurnsPlace,
  action: string,
  call: Omit<GitCall, "action">,
): Step<string> {
  const gitDir = join(run.root, "turns.git");
  return answered(
    await git.run({ gitDir, indexFile: join(call.gitDir ?? gitDir, "index"), ...call, action }),
  );
}

export function answered(done: Awaited<ReturnType<Git["run"]>>): Result<string, TurnsError> {
  if (done.ok) return done;
  const { action, exitCode, stderr } = done.error;
  return refuse(
    "turn_failed",
    `git could not ${action}: exit code ${exitCode}: ${stderr.trim().slice(-500)}`,
  );
}

export function turnsGitDir({ run }: TurnsPlace): string {
  return join(run.root, "turns.git");
}

export function refuse(
  code: TurnsError["code"],
  message: string,
): { readonly ok: false; readonly error: TurnsError } {
  return err({ code, message });
}
