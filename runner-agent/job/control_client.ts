/** The commands of a person at this machine to its agents: what they call, and what they print. */
import { join } from "node:path";
import { readRegistrations } from "../control/registrations.ts";
import { controlSocketPath, isOurs } from "./control_path.ts";
import type { KeptTurn } from "../domain/turns.ts";
import type { WorktreeInfo } from "../ports.ts";
import type { SandboxScript } from "../domain/agent/sandbox_scripts.ts";
import type { OutputWish } from "./agent_output.ts";
import type { AgentView } from "./agent_registry.ts";

/** What the person must put right, or wait for. */
export class AgentCommandError extends Error {}

export interface ControlAnswer {
  readonly outcome: string;
  readonly detail: string | null;
}

/** The agents of all runners of this machine, each with its runner's directory. */
export async function localAgents(
  dataDir: string,
): Promise<readonly { readonly stateDir: string; readonly agent: AgentView }[]> {
  const found: { stateDir: string; agent: AgentView }[] = [];
  for (const { id } of await readRegistrations(dataDir)) {
    const stateDir = join(dataDir, id);
    const answer = await ask<{ agents: AgentView[] }>(stateDir, "GET", "/agents");
    for (const agent of answer?.agents ?? []) found.push({ stateDir, agent });
  }
  return found;
}

/** The worktrees of all runners that run on this machine. */
export async function localWorktrees(dataDir: string): Promise<readonly WorktreeInfo[]> {
  const found: WorktreeInfo[] = [];
  for (const { id } of await readRegistrations(dataDir)) {
    const answer = await ask<{ worktrees: WorktreeInfo[] }>(join(dataDir, id), "GET", "/worktrees");
    found.push(...answer?.worktrees ?? []);
  }
  return found;
}

/** One line for people. */
export function worktreeLine(one: WorktreeInfo): string {
  const state = one.fault ?? [
    `${one.ahead} ${one.ahead === 1 ? "commit" : "commits"} since its start`,
    ...(one.isDirty === true ? ["uncommitted changes"] : []),
    ...(one.isForeign ? ["foreign branch"] : []),
    ...one.sharesBranchWith.map((run) => `same branch as ${run}`),
    ...one.notes,
  ].join(", ");
  const commit = (one.headCommit ?? one.baseCommit).slice(0, 12);
  return [one.runId, one.branch, `on ${one.baseBranch}`, commit, state, one.path].join("\t");
}

/** The one whose run's id begins so. */
export async function localAgent(
  dataDir: string,
  run: string,
): Promise<{ readonly stateDir: string; readonly agent: AgentView }> {
  const fitting = (await localAgents(dataDir)).filter(({ agent }) => agent.runId.startsWith(run));
  if (fitting.length === 1) return fitting[0]!;
  throw new AgentCommandError(
    fitting.length === 0
      ? `Cannot find the agent as its run must be on this machine: current value is ${run}; see 'runner agents'`
      : `Cannot choose the agent as the run must be named by more of its id: current value is ${run}`,
  );
}

/** Carries a command out; returns once it is over. */
export async function commandAgent(
  dataDir: string,
  run: string,
  act: "messages" | "interrupt" | "suspend" | "resume" | "stop" | "rewind" | "fork" | "delete",
  body: Readonly<Record<string, unknown>> = {},
): Promise<ControlAnswer> {
  const { stateDir, agent } = await localAgent(dataDir, run);
  const answer = await ask<ControlAnswer>(
    stateDir,
    "POST",
    `/agents/${encodeURIComponent(agent.runId)}/${act}`,
    body,
  );
  if (answer === null) {
    throw new AgentCommandError("Cannot reach the agent as its runner must run: it does not answer");
  }
  return answer;
}

/** The kept turns of an agent, the oldest first. */
export async function agentTurns(dataDir: string, run: string): Promise<readonly KeptTurn[]> {
  const { stateDir, agent } = await localAgent(dataDir, run);
  const path = `/agents/${encodeURIComponent(agent.runId)}/turns`;
  return (await ask<{ turns: KeptTurn[] }>(stateDir, "GET", path))?.turns ?? [];
}

/** One line each. */
export function agentLine(
  { runId, harness, station, taskId, phase, activity, detail, turns, usage }: AgentView,
): string {
  const tokens = usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const now = phase === "running" ? activity + (detail === null ? "" : ` (${detail.slice(0, 60)})`) : phase;
  return [runId, harness, station, taskId, now, `${turns} turns`, `${tokens} tokens`].join("\t");
}

/** One line each. */
export function turnLine({ turn, kind, atMs, filesChanged, filesLeftOut, prompt }: KeptTurn): string {
  const what = kind === "start"
    ? "(the station's start)"
    : kind === "before_rewind"
    ? "(as it was before it was put back)"
    : prompt ?? "";
  const files = `${filesChanged} ${filesChanged === 1 ? "file" : "files"} changed`;
  const leftOut = filesLeftOut === 0 ? "" : `, ${filesLeftOut} too large to keep`;
  return [turn, new Date(atMs).toISOString(), files + leftOut, what].join("\t");
}

/** The programs in an agent's sandbox, or with an id the end of one. */
export async function agentScripts(
  dataDir: string,
  run: string,
  stop: string | null,
): Promise<readonly SandboxScript[]> {
  const { stateDir, agent } = await localAgent(dataDir, run);
  const path = `/agents/${encodeURIComponent(agent.runId)}/scripts`;
  const answer = stop === null
    ? await ask<{ scripts: SandboxScript[] }>(stateDir, "GET", path)
    : await ask<{ scripts?: SandboxScript[] }>(stateDir, "POST", path, { stop });
  return answer?.scripts ?? [];
}

/** Writes what an agent's terminal has shown, until there is no more of it. */
export async function copyAgentOutput(
  dataDir: string,
  run: string,
  wish: OutputWish,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  const { stateDir, agent } = await localAgent(dataDir, run);
  const path = controlSocketPath(stateDir, Deno.uid() ?? 0);
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const url = `http://runner/agents/${
    encodeURIComponent(agent.runId)
  }/output?form=${wish.form}&follow=${wish.follow}`;
  const response = await fetch(url, { client } as RequestInit);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new AgentCommandError(
      `Cannot read the output as the runner must have it: it answered ${response.status}`,
    );
  }
  for await (const bytes of response.body) write(bytes);
}

/** Null: no runner serves this directory now. */
async function ask<T>(
  stateDir: string,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<T | null> {
  const socket = controlSocketPath(stateDir, Deno.uid() ?? 0);
  if (!await isOurs(socket)) return null;
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  let response: Response;
  try {
    response = await fetch(`http://runner${path}`, {
      client,
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    } as RequestInit);
  } catch {
    return null;
  }
  const answer = await response.json() as T & { readonly error?: { readonly message: string } };
  if (response.ok) return answer;
  throw new AgentCommandError(answer.error?.message ?? `the runner answered ${response.status}`);
}
