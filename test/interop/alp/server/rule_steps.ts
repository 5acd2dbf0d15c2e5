/** What the checks of Line 7 have in common: a line of three stations, its first job's end, and where the task is then. */
import { same } from "../check.ts";
import type { ServerBench, ServerCheck, World } from "./bench.ts";

export type Ending = "success" | "failed" | "cancelled";

/** Ends the job that the world's runner holds. */
async function end(world: World, taskId: string, how: Ending): Promise<void> {
  if (how !== "cancelled") return await world.runner.finish(how);
  await world.cancel(taskId);
}

/** Runs the first station of a line to `how`; gives the task. */
export async function after(
  bench: ServerBench,
  how: Ending,
  rules: readonly unknown[],
  gates: readonly unknown[] = [],
) {
  const world = await bench.world(["a", "b", "c"], { rules, gates });
  const { taskId } = await world.submitAndTake();
  await end(world, taskId, how);
  return { world, taskId };
}

/** The task goes to `stationId`, with a job there. */
export async function goesTo(at: { world: World; taskId: string }, stationId: string): Promise<void> {
  await at.world.taskBecomes(at.taskId, { columnId: stationId, status: "queued" });
  // A runner whose job was cancelled is free again; another one asks, to be sure.
  const other = await at.world.bench.register([at.world.label]);
  same("the station of the next job", (await other.next()).agentDefinition.stageId, stationId);
  await other.finish("failed");
}

export const check = (
  id: string,
  section: string,
  says: string,
  run: (bench: ServerBench) => Promise<void>,
  level: ServerCheck["level"] = "behaviour",
  claim?: string,
): ServerCheck => ({
  id: `rule.${id}`,
  section: `7 ${section}`,
  level,
  says,
  run,
  ...(claim === undefined ? {} : { claim }),
});

export const pick = (id: string, section: string, says: string, run: (bench: ServerBench) => Promise<void>) =>
  check(id, section, says, run, "pick", "rule-picks");
