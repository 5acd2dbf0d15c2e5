/**
 * Brings people's commands to the agents of this runner and says what came of each. Commands come again and again until that
 * word was heard: by the socket, with the answers to heartbeats, after a restart.
 *
 * 1. A command is one by its id. It is written as begun before its session hears of it, and with its outcome before the
 *    control plane does.
 * 2. `keys` and `interrupt` that had begun when the runner was killed are not done again: they are `failed`, and it is said
 *    that they may have happened. The others are the session's to know (`AgentCommands`).
 * 3. Commands of one run reach its session in the order in which they came; they end in any order.
 * 4. A run that is known and has no session yet keeps its commands waiting; one that is not known has none.
 */
import type { AgentCommand, CommandOutcome } from "../../protocol/agent/commands.ts";
import type { AgentCommands } from "../agent_ports.ts";
import { backoffMs } from "../domain/backoff.ts";
import { COMMANDS_WAITING_MAX, RETRY_FIRST_MS, RETRY_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { openCommandRecord } from "./command_record.ts";
import type { CallOutcome } from "./http_call.ts";
import { pause } from "./retry.ts";

export interface CommandDesk {
  hear(commands: readonly AgentCommand[]): void;
  /**
   * From now on the commands of a run go to its session.
   *
   * @param session Null: this run has no agent that takes commands.
   * @param recordPath A file of the run, kept as long as the run is.
   * @returns Ends it.
   */
  attach(runId: string, session: AgentCommands | null, recordPath: string): () => void;
}

export interface CommandDeskDeps {
  /** Is this run one of ours? */
  readonly isKnown: (runId: string) => Promise<boolean>;
  /** Says that a command is over. */
  readonly tell: (command: AgentCommand, outcome: CommandOutcome) => Promise<CallOutcome<unknown>>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when this runner ends: then nothing more is written or told. */
  readonly ended: AbortSignal;
}

interface Attached {
  take(command: AgentCommand): void;
}

const ONCE: ReadonlySet<AgentCommand["kind"]> = new Set(["interrupt", "keys"]);

export function createCommandDesk(deps: CommandDeskDeps): CommandDesk {
  const { clock, ended } = deps;
  /** Commands that are being carried out, or told. */
  const underWay = new Set<string>();
  const waiting = new Map<string, { readonly command: AgentCommand; readonly heardAtMs: number }[]>();
  const attached = new Map<string, Attached>();

  /** Repeats until it was heard, or was refused: then nobody waits for it. */
  async function tell(command: AgentCommand, outcome: CommandOutcome): Promise<void> {
    for (let failures = 1; !ended.aborted; failures++) {
      const said = await deps.tell(command, outcome);
      if (said.kind !== "unreachable") break;
      const waitMs = backoffMs(failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, deps.random());
      await pause(clock, waitMs, ended);
    }
    underWay.delete(command.commandId);
  }

  async function orphan(command: AgentCommand): Promise<void> {
    const isKnown = await deps.isKnown(command.runId);
    // It may have been attached in the meantime.
    const session = attached.get(command.runId);
    if (session !== undefined) return session.take(command);
    if (!isKnown) return await tell(command, { outcome: "unknown_run", detail: null });
    const list = waiting.get(command.runId) ?? [];
    const one = { command, heardAtMs: clock.nowMs() };
    if (list.length < COMMANDS_WAITING_MAX) waiting.set(command.runId, [...list, one]);
    else underWay.delete(command.commandId);
  }

  return {
    hear(commands) {
      for (const command of commands) {
        if (underWay.has(command.commandId) || ended.aborted) continue;
        underWay.add(command.commandId);
        const session = attached.get(command.runId);
        if (session !== undefined) session.take(command);
        // What this journal did not tell comes again.
        else void orphan(command).catch(() => underWay.delete(command.commandId));
      }
    },
    attach(runId, session, recordPath) {
      const opened = openCommandRecord(recordPath);
      // Whoever takes the first command meets the fault.
      opened.catch(() => {});
      let last: Promise<unknown> = Promise.resolve();
      let isOver = false;

      /** Resolves when the session has heard of it (3). */
      async function begin(command: AgentCommand): Promise<void> {
        if (session === null) return void tell(command, { outcome: "not_supported", detail: null });
        const record = await opened;
        const known = record.of(command.commandId);
        if (known !== null && known !== "begun") return void tell(command, known);
        if (known === "begun" && ONCE.has(command.kind)) {
          return await finish(command, {
            outcome: "failed",
            detail: "the runner was started anew while it was carried out: it may have happened",
          });
        }
        if (known === null) await record.write(command.commandId, "begun");
        const over = session.carryOut(command).catch((): CommandOutcome => ({
          outcome: "failed",
          detail: "the agent's session ended before",
        }));
        void over.then((outcome) => finish(command, outcome)).catch(() => underWay.delete(command.commandId));
      }

      async function finish(command: AgentCommand, outcome: CommandOutcome): Promise<void> {
        if (ended.aborted) return;
        // The run's files may be gone with it; the word about the command is not.
        if (!isOver) await (await opened).write(command.commandId, outcome);
        void tell(command, outcome);
      }

      const entry: Attached = {
        take(command) {
          // What this disk did not take comes again.
          last = last.then(() => begin(command)).catch(() => underWay.delete(command.commandId));
        },
      };
      attached.set(runId, entry);
      for (const { command, heardAtMs } of waiting.get(runId) ?? []) {
        entry.take(older(command, clock.nowMs() - heardAtMs));
      }
      waiting.delete(runId);
      return () => {
        isOver = true;
        if (attached.get(runId) === entry) attached.delete(runId);
      };
    },
  };
}

/** What has waited here has less time left. */
function older(command: AgentCommand, ms: number): AgentCommand {
  if (command.kind !== "message" || command.expiresInMs === undefined) return command;
  return { ...command, expiresInMs: Math.max(0, command.expiresInMs - ms) };
}
