/** The gate of one ask. */
import type { HumanGateApi as FormerGateApi } from "../domain/former_gate_api.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { Env } from "../env.ts";

/** A stub of the `HumanGate` of `askId`. */
export function humanGate(env: Env, askId: string): HumanGateApi {
  return env.HUMAN_GATE.getByName(askId) as unknown as HumanGateApi;
}

/** The same, as it was before asks had policies. */
export function formerGate(env: Env, askId: string): FormerGateApi {
  return env.HUMAN_GATE.getByName(askId) as unknown as FormerGateApi;
}
