/**
 * The kept turns of one agent, for people: which there are, its files put back to one, a repository of its own from one.
 *
 * 1. Files are put back only while the agent has no sandbox: one that waits is suspended for it and resumed after it, and
 *    nobody else resumes it meanwhile.
 * 2. The agent is told at the head of its next message.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AgentCommands } from "../agent_ports.ts";
import { isPending } from "../domain/agent/message_queue.ts";
import { isTurnRunning } from "../domain/agent/session_state.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import { REWIND_LOOK_MS, REWIND_SUSPENDED_MS } from "../limits.ts";
import { type KeptTurn, rewoundNotice, type TurnsError } from "../domain/turns.ts";
import type { RunTurns } from "../worktree/turns.ts";
import type { RunAgent } from "./run_agent.ts";
import { type RunContext, worktreeRequest } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";

type Done<T> = Promise<Result<T, TurnsError>>;

export interface Rewound {
  readonly turn: KeptTurn;
  /** As what the state before was kept. */
  readonly keptAs: number;
  /** How the agent went on; null: it is suspended, as it was before. */
  readonly resumed: string | null;
}

export interface Forked {
  readonly branch: string;
  readonly dir: string;
  readonly commit: string;
}

export interface AgentTurns {
  list(): Done<readonly KeptTurn[]>;
  rewind(turn: number): Done<Rewound>;
  /** @param dir Absolute; null: below the runner's directory. */
  fork(turn: number, branch: string, dir: string | null): Done<Forked>;
}

/** Who is busy with the sandbox or the files of an agent, so that the other waits. */
export interface RewindGate {
  /** Resolves once files are not being put back. */
  readonly until: Promise<void>;
  /** @returns Opens it again; null: somebody is there already. */
  close(): (() => void) | null;
}

export function createRewindGate(): RewindGate {
  let until: Promise<void> | null = null;
  return {
    get until() {
      return until ?? Promise.resolve();
    },
    close() {
      if (until !== null) return null;
      const open = Promise.withResolvers<void>();
      until = open.promise;
      return () => {
        until = null;
        open.resolve();
      };
    },
  };
}

export function createAgentTurns(
  context: RunContext,
  agent: Pick<RunAgent, "session" | "rewindGate">,
  commands: AgentCommands,
  watch: Pick<RunWatch, "wish" | "stop">,
  phase: () => RunPhase,
): AgentTurns {
  const { deps, run: { runId } } = context;
  const { session, rewindGate } = agent;
  const command = (kind: "suspend" | "resume") => {
    const head = { runId, commandId: crypto.randomUUID() };
    return commands.carryOut(kind === "suspend" ? { ...head, kind } : { ...head, kind, text: null });
  };

  /** Why its files cannot be put back now; null: they can. */
  function hindrance(): string | null {
    const { state } = session;
    if (watch.stop !== null || state.finish !== null) return "its session must go on: it is ending";
    if (state.phase.kind === "suspended") {
      return watch.wish === "resume" ? "it must stay suspended: it is being resumed" : null;
    }
    if (state.phase.kind !== "running") {
      return `it must run or be suspended: current value is ${state.phase.kind}`;
    }
    if (isTurnRunning(state)) return "it must not be in a turn: interrupt or suspend it first";
    return isPending(state.queue) ? "no message may wait for it: a turn is about to begin" : null;
  }

  /** The session is suspended before its sandbox is gone. */
  async function isSuspended(): Promise<boolean> {
    const untilMs = deps.clock.nowMs() + REWIND_SUSPENDED_MS;
    while (phase().kind !== "suspended" || watch.wish !== null) {
      if (deps.clock.nowMs() > untilMs || watch.stop !== null || watch.wish === "resume") return false;
      await deps.clock.sleep(REWIND_LOOK_MS);
    }
    return true;
  }

  async function putBack(turns: RunTurns, turn: number): Done<Omit<Rewound, "resumed">> {
    const harvested = await deps.worktrees.harvest(runId);
    if (!harvested.ok) {
      return refuse("turn_failed", `the agent's commits cannot be read: ${harvested.error.reason}`);
    }
    const now = { atMs: deps.clock.nowMs(), headCommit: harvested.value.headCommit };
    const done = await turns.rewind(runId, turn, now);
    if (done.ok) await session.note(rewoundNotice(done.value.turn, done.value.keptAs));
    return done;
  }

  async function rewind(turn: number): Done<Rewound> {
    const { turns } = deps.worktrees;
    if (turns === undefined) return notHere();
    const found = await turns.find(runId, turn);
    if (!found.ok) return found;
    const why = hindrance();
    const open = why === null ? rewindGate.close() : null;
    if (open === null) {
      return refuse("agent_busy", `Cannot rewind the agent as ${why ?? "another rewind must be over"}`);
    }
    let done: Awaited<ReturnType<typeof putBack>>;
    const wasRunning = session.state.phase.kind === "running";
    try {
      if (wasRunning) {
        const { outcome, detail } = await command("suspend");
        if (outcome !== "done") {
          return refuse("agent_busy", `Cannot rewind the agent as it must pause: ${detail}`);
        }
      }
      if (!await isSuspended()) {
        return refuse("agent_busy", "Cannot rewind the agent as its sandbox must be gone: it is not");
      }
      done = await putBack(turns, turn);
    } finally {
      open();
    }
    const resumed = wasRunning ? (await command("resume")).detail : null;
    return done.ok ? ok({ ...done.value, resumed }) : done;
  }

  return {
    list: () => deps.worktrees.turns?.list(runId) ?? Promise.resolve(notHere()),
    async rewind(turn) {
      try {
        return await rewind(turn);
      } catch (error) {
        const why = error instanceof Error ? error.message : "its session ended";
        return refuse("turn_failed", `Cannot rewind the agent as its session must go on: ${why}`);
      }
    },
    async fork(turn, branch, into) {
      const { turns } = deps.worktrees;
      if (turns === undefined) return notHere();
      const dir = into ?? join(deps.stateDir, "forks", `${runId}-${branch.replaceAll("/", "-")}`);
      const request = await worktreeRequest(context);
      const originUrl = request.ok ? withoutCredentials(request.value.projectUrl) : null;
      const made = await turns.fork(runId, turn, { branch, dir, originUrl });
      return made.ok ? ok({ branch, dir, ...made.value }) : made;
    },
  };
}

function withoutCredentials(url: string | null): string | null {
  const parsed = url === null ? null : URL.parse(url);
  if (parsed === null) return url;
  parsed.username = parsed.password = "";
  return parsed.href;
}

function notHere() {
  return refuse("turn_failed", "Cannot use turns as this runner's worktrees must keep them: these do not");
}

function refuse(
  code: TurnsError["code"],
  message: string,
): { readonly ok: false; readonly error: TurnsError } {
  return err({ code, message });
}
