/** The gate of one ask. */
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { Env } from "../env.ts";

/** A stub of the `HumanGate` of `askId`. */
export function humanGate(env: Env, askId: string): HumanGateApi {
  return env.HUMAN_GATE.getByName(askId) as unknown as HumanGateApi;
}
