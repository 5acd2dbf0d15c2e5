/**
 * Commands of people to running agents: rows until their runner says that they are done, said again until then.
 *
 * Invariants
 * 1. (O2) A command is written before anybody is told of it; what is told more than once carries the same id.
 * 2. (O4) Which runs have commands that are not done is read from the rows when the object wakes.
 * 3. A run that ends ends its commands, in the write of its end: `expired`.
 * 4. Keys that were pressed are no history: of those that are done, the last of a run stays, without what they were.
 */
import type { AgentCommand, CommandOutcome } from "../../protocol/agent/commands.ts";
import {
  type AgentCommandRow,
  commandsAtOnce,
  type CommandWish,
  doneCommand,
  newCommand,
  sentCommand,
  wireCommand,
} from "../domain/agent_command.ts";
import type { Change } from "../domain/queue_state.ts";
import { AGENT_COMMANDS_KEPT, TYPING_PAUSE_MS } from "../limits.ts";
import type { CommandTable } from "../store/queue/command_table.ts";

export interface AgentCommands {
  /** How many of a run are not done. */
  openCount(runId: string): number;
  /** A part of a decision's write (`QueueCore.beside`). */
  add(wish: CommandWish & { readonly id: string; readonly runId: string; readonly by: string }): void;
  /** Those of a kind that are not done, the oldest first. */
  openOf(runId: string, kind: AgentCommandRow["kind"]): readonly AgentCommandRow[];
  /** What the runner of a run is told now; they count as sent. Empty, without a look at the rows, where there is nothing. */
  take(runId: string): readonly AgentCommand[];
  settle(row: AgentCommandRow, done: CommandOutcome): void;
  list(runId: string, limit: number): readonly AgentCommandRow[];
  read(runId: string, id: string): AgentCommandRow | null;
  /** Whether somebody who presses keys now has pressed none for a while; a sleep forgets it. */
  beginsTyping(runId: string, by: string): boolean;
  /** Runs that ended by a decision: what is to be written with it, or null. */
  tell(changes: readonly Change[]): (() => void) | null;
}

export function createAgentCommands(table: CommandTable, nowMs: () => number): AgentCommands {
  const open = new Set(table.openRuns());
  const typedAtMs = new Map<string, Map<string, number>>();
  const lastKeys = new Map<string, string>();

  function settle(row: AgentCommandRow, done: CommandOutcome): void {
    table.put(doneCommand(row, done, nowMs()));
    if (table.open(row.runId).length === 0) open.delete(row.runId);
    if (row.kind === "keys") {
      const before = lastKeys.get(row.runId);
      if (before !== undefined && before !== row.id) table.remove(before);
      lastKeys.set(row.runId, row.id);
    }
    table.prune(AGENT_COMMANDS_KEPT);
  }

  function expire(runId: string): void {
    for (const row of table.open(runId)) settle(row, { outcome: "expired", detail: "the run ended" });
    lastKeys.delete(runId);
  }

  return {
    openCount: (runId) => open.has(runId) ? table.open(runId).length : 0,
    add: (wish) => {
      const row = newCommand(wish, nowMs());
      table.put(row);
      open.add(row.runId);
    },
    openOf: (runId, kind) => open.has(runId) ? table.open(runId).filter((row) => row.kind === kind) : [],
    take: (runId) => {
      if (!open.has(runId)) return [];
      return commandsAtOnce(table.open(runId)).map((row) => {
        if (row.state === "queued") table.put(sentCommand(row, nowMs()));
        return wireCommand(row, nowMs());
      });
    },
    settle,
    list: table.list,
    read: table.read,
    beginsTyping: (runId, by) => {
      const known = typedAtMs.get(runId) ?? new Map<string, number>();
      const lastMs = known.get(by) ?? -Infinity;
      typedAtMs.set(runId, known.set(by, nowMs()));
      return nowMs() - lastMs >= TYPING_PAUSE_MS;
    },
    tell: (changes) => {
      if (open.size === 0 && typedAtMs.size === 0) return null;
      const ended: string[] = [];
      for (const change of changes) {
        if (change.kind !== "run" || change.row.state.kind !== "finished") continue;
        typedAtMs.delete(change.row.id);
        if (open.has(change.row.id)) ended.push(change.row.id);
      }
      return ended.length === 0 ? null : () => ended.forEach(expire);
    },
  };
}
