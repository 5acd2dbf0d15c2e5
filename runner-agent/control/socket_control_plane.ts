/**
 * The control plane over a socket: the same calls as over HTTP (`control_plane.ts`), with offers, cancels and verdicts
 * pushed by the server.
 *
 * Invariants:
 *   1. Offers are asked for one at a time, when somebody polls; one that came while nobody did waits for the next poll.
 *   2. A claim is a request of its own, sent after its intent was written: a pushed claim would begin a run that a
 *      runner that dies in that moment does not know of, and that this runner may not be able to run.
 */
import { z } from "zod";
import type { AgentCommand } from "../../protocol/agent/commands.ts";
import type { WorktreeAsk } from "../../protocol/agent/worktree.ts";
import type { PollAnswer, PolledJob, RunnerReport } from "../../protocol/line/runner.ts";
import type { ReadServerMessage } from "../../protocol/runner/socket.ts";
import { PROTOCOL_VERSION, SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import type { Clock } from "../ports.ts";
import { claimAnswer, polledJob, readCommands, readWorktreeAsks, reportAnswer } from "./answers.ts";
import { type ControlPlane, type ProjectAddress, projectPath, type RunRef } from "./control_plane.ts";
import type { CallOutcome } from "./http_call.ts";
import { pause } from "./retry.ts";
import type { SocketConnection } from "./socket_connection.ts";
import { createSocketHeartbeats } from "./socket_heartbeats.ts";
import { createSocketLink, type LinkState } from "./socket_link.ts";
import { createSocketOutputSender } from "./socket_output.ts";

/** How a capability names a harness. */
const HARNESS = "harness:";

export interface SocketDeps {
  readonly at: ProjectAddress;
  readonly token: string;
  /** How many jobs this runner holds at once. */
  readonly jobsMax: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** For what a socket does not carry. */
  readonly http: Pick<ControlPlane, "listRunners">;
  readonly onState?: (state: LinkState["kind"]) => void;
}

export interface SocketControlPlane extends ControlPlane {
  /** Resolves once it is known whether there is a socket, or after `ms`. */
  settled(ms: number, signal: AbortSignal): Promise<LinkState>;
  readonly state: LinkState;
}

export function createSocketControlPlane(deps: SocketDeps): SocketControlPlane {
  const { clock } = deps;
  const offers: PolledJob[] = [];
  const listeners = createListeners();
  const watchers = createListeners();
  const approvals = createListeners();
  const output = createSocketOutputSender(clock);
  let capabilities: readonly string[] = [];
  let hear: (commands: readonly AgentCommand[]) => void = () => {};
  let look: (asks: readonly WorktreeAsk[]) => void = () => {};
  let isWanting = false;
  let isDraining = false;
  let wakePoll: (() => void) | null = null;

  const link = createSocketLink({
    serverUrl: deps.at.serverUrl,
    path: `${projectPath(deps.at)}/runners/socket`,
    token: deps.token,
    clock,
    random: deps.random,
    hello,
    onOpen: (connection, windowBytes) => {
      output.opened(connection, windowBytes);
      // Credit and offers belong to a connection.
      isWanting = false;
      offers.length = 0;
      if (wakePoll !== null) want(connection);
    },
    onPush,
    onDown: () => {
      output.down(false);
      // Whoever waits for a verdict asks by itself; what was pushed in between is not known.
      listeners.tellAll();
      approvals.tellAll();
    },
    onState: (state) => {
      if (state === "none" || state === "refused") output.down(true);
      deps.onState?.(state);
    },
  });
  const heartbeats = createSocketHeartbeats(link, clock);

  function hello() {
    const harnesses = capabilities.filter((one) => one.startsWith(HARNESS)).map((one) =>
      one.slice(HARNESS.length)
    );
    return {
      version: PROTOCOL_VERSION,
      takes: "offer" as const,
      capabilities: [...capabilities],
      maxJobs: deps.jobsMax,
      software: SHOPFLOOR_VERSION,
      harnesses,
    };
  }

  function want(connection: SocketConnection): void {
    if (isWanting) return;
    isWanting = true;
    connection.say({ type: "want", credit: 1 });
  }

  function onPush(message: ReadServerMessage): void {
    switch (message.type) {
      case "offer":
      case "job": {
        isWanting = false;
        const job = polledJob.safeParse(message.job);
        if (job.success) offers.push(job.data);
        return wakePoll?.();
      }
      case "cancel":
        // With the run its held requests end.
        approvals.tellAll();
        return listeners.tell(message.runId);
      case "drain":
        isWanting = false;
        isDraining = true;
        return wakePoll?.();
      case "kept":
        if (message.isWatched && message.sequence < 0) watchers.tell(message.runId);
        return output.heard(message);
      case "log_refused":
        return output.heard(message);
      case "approval":
        return approvals.tell(message.requestId);
      case "agent_command":
        hear(readCommands([message]));
        return look(readWorktreeAsks([message]));
      case "answer":
      case "error":
        return;
    }
  }

  /** What a poll answers now; null: it has to wait. */
  function answerNow(): CallOutcome<PollAnswer> | null {
    if (offers.length > 0) return { kind: "ok", value: { jobs: offers.splice(0) } };
    if (isDraining) {
      isDraining = false;
      return { kind: "ok", value: { jobs: [], drain: true } };
    }
    return null;
  }

  async function poll(
    wanted: readonly string[],
    waitMs: number,
    signal: AbortSignal,
  ): Promise<CallOutcome<PollAnswer>> {
    const isNews = wanted.join("\n") !== capabilities.join("\n");
    capabilities = wanted;
    const untilMs = clock.nowMs() + waitMs;
    const state = await link.settled(waitMs, signal);
    if (state.kind === "refused") return { ...state, message: "the token is not accepted" };
    if (state.kind !== "open") return { kind: "unreachable", detail: "no connection" };
    // Nobody waits for this answer: a refusal shows in what follows.
    if (isNews) state.connection.say({ type: "hello", id: 0, ...hello() });
    const ready = answerNow();
    if (ready !== null) return ready;
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = new AbortController();
    wakePoll = resolve;
    want(state.connection);
    void pause(clock, Math.max(0, untilMs - clock.nowMs()), AbortSignal.any([over.signal, signal])).then(
      resolve,
    );
    await promise;
    wakePoll = null;
    over.abort();
    if (signal.aborted && link.state.kind === "open") {
      // It takes no more: what is offered from now on would be lost time for whoever could take it.
      isWanting = false;
      void link.request("drain", {}, z.unknown());
    }
    return answerNow() ?? { kind: "ok", value: { jobs: [] } };
  }

  return {
    get state() {
      return link.state;
    },
    settled: (ms, signal) => link.settled(ms, signal),
    poll,
    claim: (jobId) => link.request("claim", { jobId }, claimAnswer),
    report: (run, report, signal) => {
      const named = { ...report, ...refOf(run) };
      return report.jobResult === "in_progress"
        ? heartbeats.beat(withoutResult(named)).then((outcome) => {
          if (outcome.kind === "ok") hear(outcome.value.agentCommands ?? []);
          return outcome;
        })
        : link.request("report", { report: named }, reportAnswer, signal);
    },
    sendLog: async ({ runId, jobId, leaseEpoch = 0 }, chunk) => {
      link.begin();
      const { state } = link;
      if (state.kind === "none") return { kind: "unreachable", detail: "the server has no socket" };
      if (state.kind === "refused") return { ...state, message: "the token is not accepted" };
      return await output.send({ runId, jobId, leaseEpoch, ...chunk });
    },
    listRunners: () => deps.http.listRunners(),
    onNews: listeners.add,
    onWatched: watchers.add,
    onApproval: (requestId, listen) => link.state.kind === "open" ? approvals.add(requestId, listen) : null,
    onCommands: (listen) => void (hear = listen),
    onWorktreeAsks: (listen) => void (look = listen),
    commandDone: ({ runId, commandId }, outcome) =>
      link.request("agent_command_done", { runId, commandId, ...outcome }, z.unknown()),
    close: () => link.close(),
  };
}

/** Who listens for what concerns a run. */
function createListeners() {
  const byRun = new Map<string, Set<() => void>>();
  const tell = (runId: string) => [...byRun.get(runId) ?? []].forEach((listen) => listen());
  return {
    add: (runId: string, listen: () => void) => {
      const others = byRun.get(runId) ?? new Set();
      byRun.set(runId, others.add(listen));
      return () => {
        others.delete(listen);
        if (others.size === 0) byRun.delete(runId);
      };
    },
    tell,
    tellAll: () => [...byRun.keys()].forEach(tell),
  };
}

function refOf({ runId, jobId, leaseEpoch }: RunRef) {
  return { runId, jobId, ...(leaseEpoch === undefined ? {} : { leaseEpoch }) };
}

function withoutResult<T extends Pick<RunnerReport, "jobResult">>(
  { jobResult: _, ...beat }: T,
): Omit<T, "jobResult"> {
  return beat;
}
