/** Arms the ask of a run's question, under the policy that is in force when its event is delivered. Idempotent. */
import type { RunAsks } from "../domain/event.ts";
import { DEFAULT_POLICY } from "../domain/gate/policy.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { PeopleApi } from "../domain/people_api.ts";
import { runQuestionAsk } from "../domain/run_question_ask.ts";
import type { Env } from "../env.ts";

/** To be called until it resolves: an ask that is there, or was taken back before it came, stays as it is. */
export async function armRunQuestion(env: Pick<Env, "HUMAN_GATE" | "PEOPLE">, asks: RunAsks): Promise<void> {
  const people = env.PEOPLE.getByName(`${asks.owner}/${asks.project}`) as unknown as PeopleApi;
  const policy = await people.policyFor({ kind: "pipeline_gate" }) ?? DEFAULT_POLICY;
  const gate = env.HUMAN_GATE.getByName(asks.askId) as unknown as HumanGateApi;
  await gate.arm(runQuestionAsk(asks, policy));
}
