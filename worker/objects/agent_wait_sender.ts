/** Arms the ask about an agent that waits, under the policy that is in force when its event is delivered. Idempotent. */
import { agentWaitAsk } from "../domain/agent_wait_ask.ts";
import type { AgentAsks } from "../domain/event.ts";
import { DEFAULT_POLICY } from "../domain/gate/policy.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { PeopleApi } from "../domain/people_api.ts";
import type { Env } from "../env.ts";

/** To be called until it resolves: an ask that is there, or was taken back before it came, stays as it is. */
export async function armAgentWait(env: Pick<Env, "HUMAN_GATE" | "PEOPLE">, asks: AgentAsks): Promise<void> {
  const people = env.PEOPLE.getByName(`${asks.owner}/${asks.project}`) as unknown as PeopleApi;
  const policy = await people.policyFor({ kind: "agent_wait" }) ?? DEFAULT_POLICY;
  const gate = env.HUMAN_GATE.getByName(asks.askId) as unknown as HumanGateApi;
  await gate.arm(agentWaitAsk(asks, policy));
}
