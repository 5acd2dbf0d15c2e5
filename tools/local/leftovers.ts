/**
 * What a killed run left behind must not block the next start; what a living run uses must not be taken from it.
 *
 * Model: each long-lived child has a state file with its process group and its port, and carries the file's path in its
 * environment (so do its own children), which tells a group of ours from any other that has the number by chance.
 *
 * - L1: the group's leader (the keeper) lives: a run that is still up, or about to end. We wait for `WAIT_MS`, then refuse.
 * - L2: the leader is dead and members live: left behind. They are killed.
 */
import { killGroup } from "./processes.ts";

/** Longer than a keeper's grace. */
const WAIT_MS = 7_000;
const POLL_MS = 50;
export const STATE_VARIABLE = "SHOPFLOOR_CHILD";

export interface ChildState {
  /** The process group, which is the keeper's pid. */
  readonly pid: number;
  readonly port: number;
}

/** Writes down what was started. */
export async function remember(statePath: string, state: ChildState): Promise<void> {
  await Deno.writeTextFile(statePath, JSON.stringify(state));
}

/** Makes sure that nothing of the last start is left (L1, L2); answers what it was, null at a first start. */
export async function endLeftovers(name: string, statePath: string): Promise<ChildState | null> {
  const state = await recall(statePath);
  if (state === null) return null;
  const endMs = performance.now() + WAIT_MS;
  for (;;) {
    const members = await groupMembers(state.pid, statePath);
    if (members.length === 0) return state;
    if (!members.includes(state.pid)) killGroup(state.pid);
    else if (performance.now() > endMs) {
      throw new Error(
        `Cannot start ${name} as its data must be free: process group ${state.pid} still runs with ${statePath}. ` +
          "Stop the other run, or give this one another --data",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function recall(statePath: string): Promise<ChildState | null> {
  try {
    const state: unknown = JSON.parse(await Deno.readTextFile(statePath));
    if (typeof state !== "object" || state === null || !("pid" in state) || !("port" in state)) return null;
    return { pid: Number(state.pid), port: Number(state.port) };
  } catch (error) {
    // Absent at the first start; half-written when the machine went down in between.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Living processes of the group that carry our mark. Where there is no /proc, none is found. */
async function groupMembers(group: number, statePath: string): Promise<readonly number[]> {
  if (Deno.build.os !== "linux") return [];
  const members: number[] = [];
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const stat = await readProc(entry.name, "stat");
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(pgrp) !== group || state === "Z") continue;
    const environment = (await readProc(entry.name, "environ")).split("\0");
    if (environment.includes(`${STATE_VARIABLE}=${statePath}`)) members.push(Number(entry.name));
  }
  return members;
}

async function readProc(pid: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/${file}`);
  } catch {
    // The process ended while we looked, or belongs to somebody else.
    return "";
  }
}
