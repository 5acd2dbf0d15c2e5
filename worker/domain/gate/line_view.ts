/** A line's gate in the words of Line 3: the same ask, as it was answered before there were other kinds. Pure. */
import type { AskOrigin } from "./ask.ts";
import type { GateStateView, GateView } from "./gate_view.ts";

type LineOrigin = Omit<Extract<AskOrigin, { kind: "line_gate" }>, "kind">;

export interface LineGateView {
  readonly ask:
    & { readonly askId: string; readonly owner: string; readonly project: string }
    & Partial<LineOrigin>;
  readonly state:
    | { readonly kind: "open" }
    | {
      readonly kind: "resolved";
      readonly outcome: {
        readonly action: "approve" | "reject";
        readonly reason: string;
        readonly decidedBy: string;
        readonly decidedAtMs: number;
      };
    }
    | { readonly kind: "cancelled"; readonly reason: string };
  readonly seq: number;
}

/** The view for `POST .../gates/{gateId}`. */
export function lineGate({ ask, state, seq }: GateView): LineGateView {
  const { origin, askId, owner, project } = ask;
  if (origin.kind !== "line_gate") return { ask: { askId, owner, project }, state: lineState(state), seq };
  const { kind: _, ...place } = origin;
  return { ask: { askId, owner, project, ...place }, state: lineState(state), seq };
}

function lineState(state: GateStateView): LineGateView["state"] {
  switch (state.kind) {
    case "armed":
    case "open":
      return { kind: "open" };
    case "answered":
    case "verified": {
      const { decision, comment: reason, by: decidedBy, decidedAtMs } = state.outcome;
      return { kind: "resolved", outcome: { action: decision ?? "approve", reason, decidedBy, decidedAtMs } };
    }
    case "cancelled":
      return { kind: "cancelled", reason: state.reason };
    case "superseded":
      return { kind: "cancelled", reason: `the subject is now ${state.rev}` };
    case "expired":
      return { kind: "cancelled", reason: "nobody answered in time" };
  }
}
