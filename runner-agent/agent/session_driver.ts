/**
 * The loop that drives one agent's terminal: what does the state say to do next, until the sandbox ends.
 *
 * 1. A state is written before the act that it leads to (`message_queue.ts`, invariant 2).
 * 2. A terminal that does not answer costs a message its receipt, never the session: the sandbox's own end decides that.
 */
import type { SessionHarness } from "../agent_ports.ts";
import { isStalled } from "../domain/agent/activity.ts";
import type { AgentBudget } from "../domain/agent/budget.ts";
import { type BoxSight, judgeBox, seeBox, standsInBox } from "../domain/agent/input_box.ts";
import {
  isInFlight,
  markEnteredTwice,
  markInterrupted,
  markPasted,
  promptHash,
  settle,
} from "../domain/agent/message_queue.ts";
import { interrupted, isTurnRunning, type SessionState } from "../domain/agent/session_state.ts";
import { nextSessionStep, type SessionStep } from "../domain/agent/session_step.ts";
import {
  FILES_LOOK_MS,
  FINISH_AGAIN_MS,
  INTERRUPT_WAIT_MS,
  PASTE_CHARS_PER_MS,
  SCREEN_MATCH_CHARS,
  STALLED_AFTER_MS,
  TERMINAL_AGAIN_MS,
} from "../limits.ts";
import type { Clock } from "../ports.ts";
import { checkGoal, type GoalCheck } from "./check_goal.ts";
import { textEvents } from "./event_payloads.ts";
import { withMessage } from "./own_message.ts";
import type { SessionCore } from "./session_core.ts";
import type { AgentTerminal } from "./terminal.ts";

export interface SessionDriverDeps {
  readonly harness: SessionHarness;
  readonly clock: Clock;
  readonly budget: AgentBudget;
  /** What a setup script may take before the harness starts. */
  readonly setupMs?: number;
  /** Takes our secrets out of a text. */
  readonly clean: (text: string) => string;
  readonly hasConcluded: () => boolean;
  /** Decides after each turn; absent: the end of a turn is the end. */
  readonly check?: GoalCheck;
  /** Names of faults, for the runner's log. */
  readonly onFault: (name: string) => void;
}

/** What the driver does not find out itself. */
export interface TurnWatch {
  /** Looks into the CLI's files for what no hook tells, and says so to the session. */
  look(): Promise<void>;
  fail(message: string): Promise<void>;
}

export class SessionDriver {
  #wasStalled = false;
  #lookedAtMs = 0;
  /** The boot whose input box takes a paste, and what was seen of one that may not yet. */
  #readyBoot: number | null = null;
  #sight: BoxSight | null = null;

  constructor(
    private readonly deps: SessionDriverDeps,
    private readonly core: SessionCore,
    private readonly turns: TurnWatch,
  ) {}

  async run(terminal: AgentTerminal, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#takeStep(terminal, signal);
      } catch (error) {
        // Invariant 2.
        this.deps.onFault(error instanceof Error ? error.name : "unknown");
        await this.#pause(TERMINAL_AGAIN_MS, signal);
      }
    }
  }

  async #takeStep(terminal: AgentTerminal, signal: AbortSignal): Promise<void> {
    const { clock, budget } = this.deps;
    await this.#lookIntoFiles();
    const { state } = this.core;
    const view = {
      nowMs: clock.nowMs(),
      budget,
      hasConcluded: this.deps.hasConcluded(),
      setupMs: this.deps.setupMs ?? 0,
      hasCheck: this.deps.check !== undefined,
    };
    let step = nextSessionStep(state, { ...view, isAttached: null });
    const news = this.core.next();
    if (step.kind === "look") {
      const isAttached = await terminal.isAttached();
      // What has changed meanwhile is another question.
      if (state.turn !== this.core.state.turn || state.queue !== this.core.state.queue) return;
      step = nextSessionStep(state, { ...view, isAttached });
    }
    if (step.kind !== "wait") return await this.#act(step, terminal, signal);
    const stalledMs = this.#tellStalled();
    const lookMs = this.#hasUntold() ? this.#lookedAtMs + FILES_LOOK_MS : Infinity;
    const untilMs = Math.min(step.untilMs ?? Infinity, stalledMs ?? Infinity, lookMs);
    const over = new AbortController();
    const timer = untilMs === Infinity
      ? new Promise<void>((resolve) => over.signal.addEventListener("abort", () => resolve()))
      : this.#pause(Math.max(0, untilMs - clock.nowMs()), AbortSignal.any([signal, over.signal]));
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { signal: over.signal });
    });
    await Promise.race([news, timer, stopped]);
    over.abort();
  }

  async #act(step: Act, terminal: AgentTerminal, signal: AbortSignal): Promise<void> {
    const { core } = this;
    switch (step.kind) {
      case "look":
        return;
      case "expire":
        return void await core.change((state, atMs) =>
          withQueue(state, settle(state.queue, step.id, { kind: "expired", atMs }))
        );
      case "give_up":
        // Its file may have told it since the last look.
        await this.turns.look();
        return void await core.change((state, atMs) =>
          withQueue(state, settle(state.queue, step.id, { kind: "unconfirmed", atMs }))
        );
      case "interrupt":
        await core.change((state, nowMs) => withQueue(state, markInterrupted(state.queue, nowMs)));
        return await this.interruptTurn(terminal);
      case "paste":
        if (await this.#awaitBox(terminal, signal)) return;
        return await this.#deliver(step.id, terminal);
      case "enter_again":
        return await this.#enterAgain(step.id, terminal);
      case "remind":
        return void await core.change((state, nowMs) =>
          withMessage({ ...state, reminder: null }, `reminder-${state.turns}-${nowMs}`, step.text, nowMs)
        );
      case "fail_turn":
        return await this.turns.fail(step.message);
      case "check":
        await this.turns.look();
        if (core.state.turn.kind === "over") await checkGoal(core, this.deps.check!, this.deps.clean);
        return;
      case "finish":
        // Its file may have told it a moment after the turn's end.
        if (step.finish.reason === "turn_over") await this.turns.look();
        if (core.state.turn.kind === "failed" && step.finish.reason === "turn_over") return;
        return void await core.change((state) =>
          state.finish === null ? { ...state, finish: step.finish } : state
        );
      case "end":
        await terminal.finish(step.status);
        return await this.#pause(FINISH_AGAIN_MS, signal);
    }
  }

  /** Looks at the input box before the first paste of a boot (`input_box.ts`). False: it is ready, nothing has changed. */
  async #awaitBox(terminal: AgentTerminal, signal: AbortSignal): Promise<boolean> {
    const { boots, resumeWish } = this.core.state;
    if (this.#readyBoot === boots) return false;
    const { harness: { inputBox, boxRestMs }, clock } = this.deps;
    const restMs = resumeWish === null ? boxRestMs.fresh : boxRestMs.resumed;
    this.#sight = seeBox(this.#sight, boots, await terminal.screen(), clock.nowMs());
    const verdict = judgeBox(this.#sight, { inputBox, restMs }, clock.nowMs());
    if (verdict.kind === "look_again") {
      await this.#pause(verdict.atMs - clock.nowMs(), signal);
      return true;
    }
    this.#readyBoot = boots;
    this.#sight = null;
    if (verdict.kind === "given_up") this.deps.onFault(verdict.isDrawn ? "box_not_at_rest" : "box_not_drawn");
    return true;
  }

  /** Writes that a message may have been pasted, and pastes it. */
  async #deliver(id: string, terminal: AgentTerminal): Promise<void> {
    const { harness, clean } = this.deps;
    let text = "";
    await this.core.change((state, nowMs) => {
      const message = state.queue.messages.find((one) => one.id === id);
      if (message === undefined) return state;
      text = state.notice === null ? message.text : `${state.notice}\n\n${message.text}`;
      const view = { nowMs, isTurnRunning: isTurnRunning(state) };
      return { ...state, notice: null, queue: markPasted(state.queue, id, view, text) };
    });
    const fields = { what: "message", id, sha256: promptHash(text) };
    for (const one of textEvents("prompt_assembled", fields, clean(text))) this.core.emit(one);
    const maxMs = harness.pasteSettleMs + Math.ceil(text.length / PASTE_CHARS_PER_MS);
    const ending = endingOf(text);
    const restMs = harness.seenSettleMs;
    await terminal.submit(text, {
      maxMs,
      seen: restMs === null || ending === "" ? null : { ending, restMs },
    });
  }

  async #enterAgain(id: string, terminal: AgentTerminal): Promise<void> {
    const message = this.core.state.queue.messages.find((one) => one.id === id);
    await this.core.change((state) => withQueue(state, markEnteredTwice(state.queue, id)));
    if (message === undefined) return;
    const isWithinTurn = isTurnRunning(this.core.state);
    const screen = await terminal.screen();
    // Within a turn a CLI shows elsewhere what it holds back, and a dialog may be open, which Enter would answer.
    const stands = isWithinTurn
      ? standsInBox(screen, this.deps.harness.inputBox, endingOf(message.text))
      : stillStands(screen, message.text);
    if (stands) await terminal.press(["Enter"]);
  }

  /** Interrupts the turn, and leaves an empty input box (Runtime 4.1 item 9). */
  async interruptTurn(terminal: AgentTerminal, maxMs = INTERRUPT_WAIT_MS): Promise<void> {
    const { interruptKeys, clearInputKeys, hasInterruptHook } = this.deps.harness;
    const turns = this.core.state.turns;
    await terminal.press(interruptKeys);
    const waitMs = hasInterruptHook ? maxMs : Math.min(maxMs, INTERRUPT_WAIT_MS);
    const isOver = await this.core.until((state) => !isTurnRunning(state) || state.turns !== turns, waitMs);
    if (!isOver) await this.core.change(interrupted);
    if (clearInputKeys.length > 0) await terminal.press(clearInputKeys);
  }

  /** Whether something may happen that only the CLI's files tell: a failure, or the receipt of a message. */
  #hasUntold(): boolean {
    const { hasFailureHook, usageFile } = this.deps.harness;
    const { state } = this.core;
    if (state.finish !== null) return false;
    const canFail = !hasFailureHook && isTurnRunning(state);
    return canFail || (usageFile !== null && isInFlight(state.queue));
  }

  async #lookIntoFiles(): Promise<void> {
    const nowMs = this.deps.clock.nowMs();
    if (!this.#hasUntold() || nowMs < this.#lookedAtMs + FILES_LOOK_MS) return;
    this.#lookedAtMs = nowMs;
    await this.turns.look();
  }

  /** Says once that it is stalled, or no longer; when it would be, null while it cannot. */
  #tellStalled(): number | null {
    const { activity, phase } = this.core.state;
    const stalled = phase.kind === "running" && isStalled(activity, this.deps.clock.nowMs());
    if (stalled !== this.#wasStalled) {
      this.#wasStalled = stalled;
      this.core.emit({
        type: "status_change",
        payload: {
          phase: phase.kind,
          activity: activity.activity,
          detail: activity.detail,
          isStalled: stalled,
        },
      });
    }
    return stalled ? null : activity.lastEventAtMs + STALLED_AFTER_MS;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await this.deps.clock.sleep(ms, signal).catch(() => undefined);
  }
}

type Act = Exclude<SessionStep, { kind: "wait" }>;

/** Whether a pasted text still stands in the input box: its end, or what a CLI shows in place of a long one. */
function stillStands(screen: string, text: string): boolean {
  const ending = endingOf(text);
  return /\[pasted/i.test(screen) || (ending !== "" && screen.includes(ending));
}

/** What of a text is looked for on the screen. */
function endingOf(text: string): string {
  return text.slice(text.lastIndexOf("\n") + 1).slice(-SCREEN_MATCH_CHARS).trim();
}

function withQueue(state: SessionState, queue: SessionState["queue"]): SessionState {
  return queue === state.queue ? state : { ...state, queue };
}
