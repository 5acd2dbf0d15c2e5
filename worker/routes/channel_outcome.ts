/** How an answer by a channel went: what the HTTP answer says, and what the person is told. */
import type { Told } from "../channels/inbound.ts";
import type { PersonIdentity } from "../domain/gate/action.ts";
import type { GateView } from "../domain/gate/gate_view.ts";
import type { HttpRefusal } from "../errors.ts";
import { wireOutcome } from "./gate_refusal.ts";

export interface Outcome {
  readonly body: HttpRefusal["body"] | Readonly<Record<string, unknown>>;
  readonly status: HttpRefusal["status"] | 200;
  readonly told: Told;
}

/** It was taken. */
export function done(view: GateView, person: PersonIdentity): Outcome {
  const { ask, state, seq } = view;
  const outcome = state.kind === "answered" || state.kind === "verified" ? state.outcome : null;
  const word = outcome?.decision === "reject" ? "Rejected" : outcome === null ? "Counted" : "Approved";
  const text = `${word} by ${person.principal}: ${ask.title}`;
  return {
    status: 200,
    body: {
      result: "decided",
      gate: ask.askId,
      state: state.kind,
      seq,
      ...(outcome === null ? {} : { outcome: wireOutcome(outcome) }),
    },
    told: { isDone: true, isStale: false, text, ask: askOf(view) },
  };
}

/** It was not. `isStale`: the same answer to what the ask is now may be taken. */
export function refused(why: HttpRefusal, view: GateView | null, isStale = false): Outcome {
  const text = why.body.error.message;
  const ask = view === null ? null : askOf(view);
  return { status: why.status, body: why.body, told: { isDone: false, isStale, text, ask } };
}

function askOf({ ask, state, seq }: GateView): NonNullable<Told["ask"]> {
  const isOpen = state.kind === "armed" || state.kind === "open";
  return { askId: ask.askId, title: ask.title, seq, rev: ask.subject?.rev ?? null, isOpen };
}
