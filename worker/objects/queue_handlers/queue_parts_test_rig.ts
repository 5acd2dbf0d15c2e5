/** The parts of a queue object over a database of this process, so that handlers run without an object around them. */
import { createCommandTable } from "../../store/queue/command_table.ts";
import { createQueueStore, type QueueStore } from "../../store/queue/store.ts";
import { createSubtaskTable, type SubtaskBounds } from "../../store/queue/subtask_table.ts";
import { createAgentCommands } from "../agent_commands.ts";
import type { OpenQueue } from "../open_queue.ts";
import { createQueueAccess } from "../queue_access.ts";
import { createQueueCore } from "../queue_core.ts";
import type { Sql } from "../../store/queue/sql.ts";

export interface QueueParts {
  /** Without waiters, work, tokens and sockets: what is pushed to a run's runner is in `pushed`. */
  readonly queue: OpenQueue;
  readonly store: QueueStore;
  readonly pushed: readonly string[];
  /** Writes what was decided, as the end of a turn of the event loop does. Not called: the object was killed before. */
  endTurn(): void;
}

/** Opens what is in a database, as an object does that wakes up. */
export function openQueueParts(sql: Sql, nowMs: () => number, bounds: {
  readonly archivePagesMax?: number;
  readonly subtasks?: SubtaskBounds;
} = {}): QueueParts {
  const turns: (() => void)[] = [];
  const pushed: string[] = [];
  const commands = createAgentCommands(createCommandTable(sql), nowMs);
  const store = createQueueStore(sql, "acme/site", bounds.archivePagesMax);
  const core = createQueueCore({
    ctx: { storage: { setAlarm: () => Promise.resolve() }, abort: () => {} } as never,
    store,
    clock: { nowMs, toPlatformMs: (ms) => ms, advance: () => {} },
    random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    senders: {},
    hasHistory: false,
    onApplied: (changes) => {
      const write = commands.tell(changes);
      if (write !== null) core.beside(write);
    },
    atEndOfTurn: (callback) => turns.push(callback),
  });
  const queue = {
    ...{ core, commands, access: createQueueAccess(core) },
    subtasks: createSubtaskTable(sql, bounds.subtasks),
    sockets: { command: (_runner: string, runId: string) => pushed.push(runId) },
  } as unknown as OpenQueue;
  return { queue, store, pushed, endTurn: () => turns.splice(0).forEach((turn) => turn()) };
}
