/**
 * The state of one session in memory and on disk, and who is told when it changes.
 *
 * 1. Changes are made one after the other; each is on the disk before `change` resolves. What the agent does right now is not
 *    worth a write, as after a restart its next hook says it; what it has declared is.
 * 2. Every change of a phase, of an activity and of a message is an event.
 */
import type { AgentEvents } from "../agent_ports.ts";
import type { AgentMessage } from "../domain/agent/message_queue.ts";
import { type AgentPhaseEvent, movePhase } from "../domain/agent/phase.ts";
import { newSession, type SessionState } from "../domain/agent/session_state.ts";
import type { Clock } from "../ports.ts";
import { type EventOf, messageEvent } from "./event_payloads.ts";
import type { SessionFile } from "./session_file.ts";

export interface SessionCoreDeps {
  readonly file: SessionFile;
  readonly events: AgentEvents;
  readonly clock: Clock;
  /** Names of faults, for the runner's log. */
  readonly onFault: (name: string) => void;
}

export type Change = (state: SessionState, nowMs: number) => SessionState;

export class SessionCore {
  #last: Promise<unknown> = Promise.resolve();
  #changed = Promise.withResolvers<void>();

  private constructor(private readonly deps: SessionCoreDeps, private current: SessionState) {}

  static async open(deps: SessionCoreDeps): Promise<SessionCore> {
    return new SessionCore(deps, await deps.file.load() ?? newSession(deps.clock.nowMs()));
  }

  get state(): SessionState {
    return this.current;
  }

  /** Invariant 1. Resolves with the state after it; rejects if it cannot be written, and then nothing has changed. */
  change(act: Change): Promise<SessionState> {
    return this.exclusive(() => this.#apply(act));
  }

  /** Several changes with something in between, during which nobody else changes anything. */
  exclusive<T>(act: (apply: (change: Change) => Promise<SessionState>) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => act((change) => this.#apply(change)));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Moves the phase; what the table refuses is a bug of the caller's. @param also Changes with it. */
  async move(event: AgentPhaseEvent, also: Change = (state) => state): Promise<void> {
    await this.change((state, nowMs) => {
      const moved = movePhase(state.phase, event);
      if (!moved.ok) throw new TypeError(moved.error.message);
      for (const phase of moved.value.through.slice(0, -1)) {
        this.emit({ type: "status_change", payload: { ...phase, phase: phase.kind } });
      }
      return also({ ...state, phase: moved.value.through.at(-1) ?? state.phase }, nowMs);
    });
  }

  /** Resolves once `test` holds, `maxMs` have passed, or `signal` aborts; with whether it holds. */
  async until(
    test: (state: SessionState) => boolean,
    maxMs: number | null,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { clock } = this.deps;
    const over = new AbortController();
    const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    const timer = maxMs === null ? aborted(either) : clock.sleep(maxMs, either).catch(() => undefined);
    let isOver = false;
    void timer.then(() => isOver = true);
    try {
      while (!test(this.current) && !isOver && !either.aborted) {
        await Promise.race([this.#changed.promise, timer]);
      }
      return test(this.current);
    } finally {
      over.abort();
    }
  }

  /** Resolves at the next change. */
  next(): Promise<void> {
    return this.#changed.promise;
  }

  /** Tells an event; that it cannot be kept is the runner's fault, not the session's. */
  emit(event: EventOf): void {
    this.deps.events.append(event.type, event.payload).catch((error) =>
      this.deps.onFault(error instanceof Error ? error.name : "unknown")
    );
  }

  async #apply(act: Change): Promise<SessionState> {
    const before = this.current;
    const after = act(before, this.deps.clock.nowMs());
    if (after === before) return before;
    if (isWorthWriting(before, after)) await this.deps.file.save(after);
    this.current = after;
    for (const event of changesOf(before, after)) this.emit(event);
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve();
    return after;
  }
}

function isWorthWriting(before: SessionState, after: SessionState): boolean {
  const isDeclared = before.activity.isDeclared || after.activity.isDeclared;
  return (Object.keys(after) as (keyof SessionState)[]).some((key) =>
    (key !== "activity" || isDeclared) && after[key] !== before[key]
  );
}

function changesOf(before: SessionState, after: SessionState): readonly EventOf[] {
  const events: EventOf[] = [];
  const { phase, activity } = after;
  const isOther = before.phase.kind !== phase.kind || before.activity.activity !== activity.activity ||
    before.activity.detail !== activity.detail;
  if (isOther) {
    const cause = "message" in phase ? phase.message : "cause" in phase ? phase.cause : null;
    events.push({
      type: "status_change",
      payload: {
        phase: phase.kind,
        activity: activity.activity,
        detail: activity.detail?.slice(0, 1_000) ?? null,
        ...(cause === null ? {} : { cause }),
      },
    });
  }
  const known = new Map(before.queue.messages.map((one) => [one.id, one.state.kind]));
  const isNews = (one: AgentMessage) => known.get(one.id) !== one.state.kind;
  return [...events, ...after.queue.messages.filter(isNews).map(messageEvent)];
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
