/**
 * One agent in its terminal: what its CLI tells becomes its state, and its state says what to do next
 * (`domain/agent/session_step.ts`).
 *
 * 1. State is written before it is acted on, and before anybody is answered who relies on it.
 * 2. Changes are made one after the other. What is done to the terminal is done by one loop, or by a person's command
 *    between two of its steps, while hooks go on to come in.
 * 3. A terminal that does not answer costs a message its receipt, never the session: the sandbox's own end decides that.
 */
import type {
  ActivitySignal,
  AgentCommands,
  AgentEvents,
  HookEvent,
  SessionHarness,
  TokenUsage,
} from "../agent_ports.ts";
import type { AgentCommand, CommandOutcome } from "../../protocol/agent/commands.ts";
import type { DeclaredActivity } from "../domain/agent/activity.ts";
import type { AgentBudget } from "../domain/agent/budget.ts";
import { closeQueue, settle } from "../domain/agent/message_queue.ts";
import { deleteAgent } from "../domain/agent/phase.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { GO_ON, recoveryNotice } from "../domain/agent/notices.ts";
import {
  booted,
  does,
  isTurnRunning,
  keyAnswered,
  resumeWishOf,
  type SessionState,
  told,
  toolsListed,
  usageOf,
} from "../domain/agent/session_state.ts";
import { firstLine } from "../domain/turns.ts";
import { REMINDER_HEARD_MS, SUSPEND_TURN_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { ResumeWish } from "../agent_ports.ts";
import { eventsOfSignal } from "./event_payloads.ts";
import type { GoalCheck } from "./check_goal.ts";
import { CliFiles } from "./cli_files.ts";
import { deliverMessage } from "./deliver_message.ts";
import { withMessage } from "./own_message.ts";
import { SessionCore } from "./session_core.ts";
import { SessionDriver } from "./session_driver.ts";
import type { SessionFile } from "./session_file.ts";
import type { AgentTerminal } from "./terminal.ts";
import { turnIsOver } from "./turn_over.ts";
import type { UsageFiles } from "./usage_files.ts";

export interface AgentSessionDeps {
  readonly harness: SessionHarness;
  readonly file: SessionFile;
  /** The station's prompt: what a session that begins anew is given. */
  readonly task: string;
  readonly events: AgentEvents;
  readonly clock: Clock;
  readonly budget: AgentBudget;
  /** What a setup script may take before the harness starts. */
  readonly setupMs?: number;
  readonly usageFiles: Pick<UsageFiles, "look" | "lookAgain" | "takeFailure" | "takeRead">;
  /** Takes our secrets out of a text. */
  readonly clean: (text: string) => string;
  readonly hasConcluded: () => boolean;
  /** Decides after each turn whether the goal is reached; absent: the end of a turn is the end. */
  readonly check?: GoalCheck;
  /** The agent would end its turn: a text says what it should do before. */
  readonly wantsToStop: (lastMessage: string | null) => Promise<string | null>;
  /** After a turn: the commit that the worktree is at; null when that cannot be told. */
  readonly harvest: () => Promise<{ readonly headCommit: string; readonly commitCount: number } | null>;
  /** After the harvest of a turn, with the first line of what began it. */
  readonly keepTurn?: (prompt: string | null, headCommit: string) => Promise<void>;
  /** Names of faults, for the runner's log. */
  readonly onFault: (name: string) => void;
}

/** What a hook is answered: the JSON that it prints, or nothing. */
export type HookAnswer = Readonly<Record<string, unknown>> | null;

export class AgentSession implements AgentCommands {
  #terminal: AgentTerminal | null = null;
  readonly #ended = new AbortController();
  #afterTurn: Promise<void> = Promise.resolve();
  /** The first line of what began the turn. */
  #prompt: string | null = null;

  private readonly driver: SessionDriver;
  private readonly files: CliFiles;

  private constructor(private readonly deps: AgentSessionDeps, private readonly core: SessionCore) {
    this.files = new CliFiles(deps, core);
    this.driver = new SessionDriver(deps, core, {
      look: async () => await this.#tell(await this.files.look()),
      fail: (message) => this.#tell([{ kind: "turn_failed", message }]),
    });
  }

  /** With the state of a former life of this runner, if there was one. */
  static async open(deps: AgentSessionDeps): Promise<AgentSession> {
    return new AgentSession(deps, await SessionCore.open(deps));
  }

  get state(): SessionState {
    return this.core.state;
  }

  /** Tokens and cost since the run's start. */
  usage(): TokenUsage {
    return usageOf(this.state);
  }

  /**
   * A harness is about to be started in a sandbox that is new. The first one is given the task; one that continues is told
   * to go on, or what a person has said; one that was to continue and cannot is given the task again. Again for the same
   * start it changes nothing.
   *
   * @param text What a person wants said to an agent that is resumed; null: nothing.
   * @returns What the harness is to continue.
   */
  async boot(text: string | null): Promise<ResumeWish | null> {
    const { phase } = this.state;
    if (phase.kind === "starting") return this.state.resumeWish;
    const wish = resumeWishOf(this.state, this.deps.harness.supportsResume);
    if (phase.kind !== "suspended") await this.core.move({ kind: "provision" });
    await this.core.move({ kind: phase.kind === "suspended" ? "resume" : "start" }, (state, nowMs) => {
      const at = booted(state, wish, nowMs);
      if (wish !== null) return withMessage(at, `resume-${at.boots}`, text ?? GO_ON, nowMs);
      const begun = this.#withTask(at, nowMs);
      return text === null ? begun : withMessage(begun, `resume-${at.boots}`, text, nowMs);
    });
    return wish;
  }

  /** The harness runs, and this runner was started since: what went on meanwhile was cut. */
  async adopt(): Promise<void> {
    await this.#tell(await this.files.catchUp());
    await this.core.change((state) =>
      isTurnRunning(state) ? { ...state, notice: recoveryNotice("runner_restarted") } : state
    );
  }

  /** Drives the terminal until `signal` aborts: the sandbox has ended, or is somebody else's. */
  async run(terminal: AgentTerminal, signal: AbortSignal): Promise<void> {
    this.#terminal = terminal;
    try {
      await this.driver.run(terminal, AbortSignal.any([signal, this.#ended.signal]));
    } finally {
      this.#terminal = null;
    }
  }

  /** Resolves once its state is so. Rejects when the session ends before. */
  async until(test: (state: SessionState) => boolean): Promise<void> {
    if (await this.core.until(test, null, this.#ended.signal)) return;
    throw new Error("Cannot wait for the session any longer as it must go on: it has ended");
  }

  /** What a hook of the CLI told. */
  async onHook(event: HookEvent): Promise<HookAnswer> {
    const { signals, count } = await this.files.read(event);
    const end = signals.find((signal) => signal.kind === "turn_ended");
    const reason = end === undefined || end.isInterrupted || this.state.finish !== null
      ? null
      : await this.deps.wantsToStop(end.lastMessage);
    await this.#tell(signals, reason);
    await count();
    return reason === null ? null : { decision: "block", reason };
  }

  /** The provider answered a request to the model. @param status Of a refused key; null: it was taken. */
  async onKeyAnswer(status: number | null): Promise<void> {
    if (status === null && this.state.refusal === null) return;
    await this.core.change((state, nowMs) => keyAnswered(state, status, nowMs));
  }

  /** @param reminder Why the agent should not end its turn; null: it may. */
  async #tell(signals: readonly ActivitySignal[], reminder: string | null = null): Promise<void> {
    let hasTurnEnded = false;
    for (const signal of signals) {
      if (signal.kind === "prompt_submitted") this.#prompt = firstLine(this.deps.clean(signal.prompt));
      for (const one of eventsOfSignal(signal, this.deps.clean)) this.core.emit(one);
      if (signal.kind === "turn_ended" && reminder !== null) {
        await this.core.change((state, nowMs) => ({
          ...state,
          reminder: { text: reminder, untilMs: nowMs + REMINDER_HEARD_MS },
        }));
        continue;
      }
      await this.core.change((state, nowMs) => {
        const now = told(state, signal, nowMs);
        hasTurnEnded ||= now.hasTurnEnded;
        const isLost = state.resumed !== "fresh" && now.state.resumed === "fresh";
        return isLost ? this.#withTask(now.state, nowMs) : now.state;
      });
    }
    if (hasTurnEnded) {
      const prompt = this.#prompt;
      const over = () => turnIsOver(this.deps, this.core, this.usage(), prompt);
      this.#afterTurn = this.#afterTurn.then(over).catch((error) => this.#fault(error));
    }
  }

  /** The harness has asked for the list of its tools. */
  async onToolsListed(): Promise<void> {
    if (this.state.isReady && this.state.phase.kind === "running") return;
    if (this.state.phase.kind !== "starting") return;
    await this.core.move({ kind: "up" }, toolsListed);
  }

  /** One of our tools was called. */
  async onToolCall(tool: string): Promise<void> {
    await this.core.change((state, nowMs) => does(state, { kind: "bridge_call", tool }, nowMs));
  }

  /** The agent says what it does (`af_status`). */
  async declare(state: DeclaredActivity, message: string | null): Promise<void> {
    await this.core.change((before, nowMs) => does(before, { kind: "declared", state, message }, nowMs));
  }

  async carryOut(command: AgentCommand): Promise<CommandOutcome> {
    switch (command.kind) {
      case "message":
        return await deliverMessage(this.core, this.#ended.signal, {
          id: command.commandId,
          text: command.text,
          isInterrupting: command.interrupt,
          ...(command.expiresInMs === undefined ? {} : { expiresInMs: command.expiresInMs }),
        });
      case "interrupt":
        if (!isTurnRunning(this.state)) return done("no turn was under way");
        await this.driver.interruptTurn(this.#requireTerminal());
        return done(null);
      case "keys":
        await this.core.change((state, nowMs) => ({ ...state, keysAtMs: nowMs }));
        await this.#requireTerminal().press(command.keys);
        return done(null);
      case "suspend":
      case "resume":
        // The sandbox's part: the conductor takes these before they come here.
        return { outcome: "not_supported", detail: "the runner suspends and resumes" };
    }
  }

  /**
   * Brings the harness to its end so that it can be continued (Runtime 2.2.8): its turn is interrupted, then it gets TERM.
   * The sandbox is for the caller to stop. May be repeated.
   */
  async suspend(terminal: AgentTerminal): Promise<void> {
    if (isTurnRunning(this.state)) {
      await this.core.change((state) => ({ ...state, notice: recoveryNotice("suspended_in_turn") }));
      await this.driver.interruptTurn(terminal, SUSPEND_TURN_MS).catch((error) => this.#fault(error));
    }
    await terminal.finish(0).catch((error) => this.#fault(error));
  }

  /** The next message to the agent begins with this. */
  async note(text: string): Promise<void> {
    await this.core.change((state) => ({
      ...state,
      notice: state.notice === null ? text : `${state.notice}\n${text}`,
    }));
  }

  /** The sandbox of a suspended agent is gone. Messages that waited wait on. */
  async suspended(): Promise<void> {
    if (this.state.phase.kind === "suspended") return;
    if (this.state.phase.kind === "starting") await this.core.move({ kind: "adopt" });
    await this.core.move({ kind: "suspend", supportsResume: true }, (state, nowMs) => ({
      ...state,
      finish: null,
      queue: state.queue.messages.reduce(
        (queue, one) => settle(queue, one.id, { kind: "unconfirmed", atMs: nowMs }),
        state.queue,
      ),
    }));
  }

  /**
   * The harness ended before it was up. True if it was to continue a session and could not: then it is suspended again, and
   * the next start tries less.
   */
  async resumeFailed(): Promise<boolean> {
    const { phase, resumeWish } = this.state;
    if (phase.kind !== "starting" || resumeWish === null) return false;
    const nextResume = resumeWish.kind === "exact" ? "latest" : "fresh";
    const given = `resume-${this.state.boots}`;
    await this.core.change((state) => ({
      ...state,
      nextResume,
      // It was not given to anybody.
      queue: { ...state.queue, messages: state.queue.messages.filter((one) => one.id !== given) },
    }));
    await this.suspended();
    return true;
  }

  /** A person deletes the agent; its run is for the caller to end. @param stop Also while it is at work. */
  async delete(stop: boolean): Promise<Result<null, string>> {
    const allowed = deleteAgent(this.state.phase, stop);
    if (!allowed.ok) return err(allowed.error.message);
    await this.core.move({ kind: "delete" });
    return ok(null);
  }

  /** The session is over for good. @param isStopped It was our wish. */
  async end(exitCode: number, isStopped: boolean): Promise<void> {
    this.#ended.abort();
    await this.#afterTurn;
    if (isStopped && this.state.phase.kind === "starting") await this.core.move({ kind: "adopt" });
    if (isStopped && this.state.phase.kind === "running") await this.core.move({ kind: "stop" });
    const { phase } = this.state;
    const close = (state: SessionState, nowMs: number) => ({
      ...state,
      queue: closeQueue(state.queue, nowMs, "the session is over"),
    });
    if (phase.kind === "starting" || phase.kind === "running" || phase.kind === "stopping") {
      await this.core.move({ kind: "exited", exitCode }, close);
    } else await this.core.change(close);
  }

  /** A session that begins anew gets the task; if another has been before, it is told so. */
  #withTask(state: SessionState, nowMs: number): SessionState {
    const given = withMessage(state, `task-${state.boots}`, this.deps.task, nowMs);
    return state.turns === 0 ? given : { ...given, notice: recoveryNotice("session_lost") };
  }

  #requireTerminal(): AgentTerminal {
    if (this.#terminal === null) {
      throw new Error(
        `Cannot reach the agent's terminal as it must run: current value is ${this.state.phase.kind}`,
      );
    }
    return this.#terminal;
  }

  #fault(error: unknown): void {
    this.deps.onFault(error instanceof Error ? error.name : "unknown");
  }
}

function done(detail: string | null): CommandOutcome {
  return { outcome: "done", detail };
}
