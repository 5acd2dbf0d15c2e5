/**
 * The agent of a run that lives in a terminal: its session with its files, its place in the hub, and its terminal once the
 * sandbox runs.
 *
 * ```
 * <run root>/session.json      what the session knows
 * <run root>/events.ndjson     its activity log
 * <run root>/home.snapshot     the home as it was when the agent was suspended
 * <run root>/former_output.N   what the N-th sandbox of the run had written
 * ```
 *
 * 1. Whether a run has a session is decided once: when its sandbox is made. From then on the file says so.
 */
import { join } from "node:path";
import type { BridgeListener, HookEvent, SessionHarness } from "../agent_ports.ts";
import type { AgentEventLog } from "../agent/agent_events.ts";
import { AgentSession, type HookAnswer } from "../agent/agent_session.ts";
import { openSessionFile } from "../agent/session_file.ts";
import { createAgentTerminal } from "../agent/terminal.ts";
import { createUsageFiles } from "../agent/usage_files.ts";
import type { Bridge } from "../mcp/agent_tools.ts";
import { SETUP_MAX_MS } from "../limits.ts";
import { createRewindGate, type RewindGate } from "./agent_turns.ts";
import { createCheck } from "./goal_check.ts";
import { missedHooks } from "./missed_hooks.ts";
import type { RunContext } from "./run_context.ts";
import type { RunRecord } from "./run_record.ts";
import { budgetOf, SESSION_PROGRAM, TMUX_SOCKET, wantedSession } from "./session_plan.ts";

export interface RunAgent {
  readonly harness: SessionHarness;
  readonly session: AgentSession;
  readonly events: AgentEventLog;
  readonly rewindGate: RewindGate;
  readonly bridge: Bridge;
  readonly onHook: (event: HookEvent) => Promise<HookAnswer>;
  /** Told of each answer of the model's provider (`ModelRouteOptions.onKeyAnswer`). */
  readonly onKeyAnswer: (refusedStatus: number | null) => void;
  /** Drives the terminal of a sandbox until `signal` aborts. */
  drive(containerId: string, signal: AbortSignal): Promise<void>;
  /** Brings the harness of a sandbox to its end so that it can be continued. */
  suspend(containerId: string): Promise<void>;
  /** Between two sandboxes: makes the session's files what the CLI can continue. */
  mend(): Promise<void>;
  /** After a restart of this runner: what hooks told nobody. */
  adopt(): Promise<void>;
}

/** Whether a run has had a session since its sandbox was made. */
export async function hasSession(context: RunContext): Promise<boolean> {
  return await openSessionFile(sessionPath(context)).load() !== null;
}

/** Whether an agent has run in a sandbox of this run before the one that is being made. */
export async function hadSandbox(context: RunContext): Promise<boolean> {
  const state = await openSessionFile(sessionPath(context)).load();
  return state !== null && (state.phase.kind === "suspended" || state.boots > 1);
}

/** Opens the session of a run; its directories must be there. */
export async function openRunAgent(context: RunContext, record: RunRecord): Promise<RunAgent> {
  const { deps, dirs, run, end } = context;
  const { events, clean, onFault, soon } = record;
  const harness = wantedSession(context);
  if (harness === null) {
    throw new TypeError(`Cannot open the session of ${run.runId} as its agent must live in a terminal`);
  }
  const { clock } = deps;
  const usageFiles = createUsageFiles({
    usageFile: harness.usageFile,
    hostHome: dirs.home,
    agentHome: deps.sandboxPaths.agentHome,
  });
  const verifier = context.role.decided?.template.verifier;
  let sandbox: string | null = null;
  const session = await AgentSession.open({
    ...(verifier === undefined ? {} : { check: createCheck(context, verifier, () => sandbox) }),
    harness,
    file: openSessionFile(sessionPath(context)),
    task: run.job.agentDefinition.prompt,
    events,
    clock,
    budget: budgetOf(context),
    setupMs: context.role.decided?.settings.values["worktrees.setup"] == null ? 0 : SETUP_MAX_MS,
    usageFiles,
    clean,
    hasConcluded: () => end.concludedAtMs() !== null,
    wantsToStop: (lastMessage) => end.wantsToStop(lastMessage),
    async harvest() {
      const harvested = await deps.worktrees.harvest(run.runId);
      if (!harvested.ok) return null;
      const { headCommit, commitCount } = harvested.value;
      return { headCommit, commitCount };
    },
    async keepTurn(prompt, headCommit) {
      const { turns } = deps.worktrees;
      const kept = await turns?.keep(run.runId, { atMs: clock.nowMs(), prompt, headCommit });
      if (kept !== undefined && !kept.ok) onFault(kept.error.code);
    },
    onFault,
  });
  const listener: BridgeListener = {
    toolsListed: () => soon(session.onToolsListed()),
    called: (tool) => soon(session.onToolCall(tool)),
    declared: (state, message) => session.declare(state, message),
  };
  const terminalOf = (containerId: string) =>
    createAgentTerminal(
      deps.runtime,
      containerId,
      { socket: TMUX_SOCKET, sessionProgram: SESSION_PROGRAM },
      clock,
    );
  return {
    harness,
    session,
    events,
    rewindGate: createRewindGate(),
    bridge: record.createBridge(listener),
    onHook: (event) => session.onHook(event),
    onKeyAnswer: (status) => soon(session.onKeyAnswer(status)),
    drive(containerId, signal) {
      sandbox = containerId;
      return session.run(terminalOf(containerId), signal);
    },
    suspend: (containerId) => session.suspend(terminalOf(containerId)),
    async mend() {
      if (harness.mendSessionFile === null) return;
      await usageFiles.mend(Object.keys(session.state.fileUsage), harness.mendSessionFile);
    },
    async adopt() {
      await session.adopt();
      for (const event of await missedHooks(dirs)) await session.onHook(event);
    },
  };
}

function sessionPath({ dirs }: RunContext): string {
  return join(dirs.root, "session.json");
}
