/** The one map from a gate's reasons to the wire (Autonomy 19.3): code, status, and where the gate stands. */
import type { GateError } from "../domain/former_gate_api.ts";
import { type HttpRefusal, refusal } from "../errors.ts";

const ASK_AGAIN = "ask for a new link with POST .../gates/{gateId}/link";

/** Maps what a gate says no to. `askId` is null as long as no token told it. */
export function gateRefusal(error: GateError, askId: string | null): HttpRefusal {
  const { reason } = error;
  const gate = askId === null ? {} : { gate: askId };
  switch (reason) {
    case "gate_not_found":
      return refusal(404, reason, "Cannot find this gate: nobody is asked here", gate);
    case "token_malformed":
      return refusal(
        400,
        reason,
        "Cannot read the token: expected 'oag1.', 64 characters, '.', 22 characters",
      );
    case "token_forged":
      return refusal(401, reason, "Cannot take the token as it was not made here");
    case "token_unknown":
      return refusal(404, reason, "Cannot take the token as this gate never handed it out", gate);
    case "token_superseded":
      return refusal(410, reason, `Cannot take the token as a newer link replaced it: ${ASK_AGAIN}`, gate);
    case "token_expired":
      return refusal(410, reason, `Cannot take the token as its time is over: ${ASK_AGAIN}`, gate);
    case "gate_cancelled":
      return refusal(410, reason, "Cannot decide as the task went on without an answer", {
        ...gate,
        state: "cancelled",
        seq: error.seq,
      });
    case "gate_already_resolved":
      return refusal(
        409,
        reason,
        `Cannot decide as the gate was already answered with '${error.outcome.action}'`,
        {
          ...gate,
          state: "resolved",
          seq: error.seq,
          outcome: error.outcome,
        },
      );
  }
}
