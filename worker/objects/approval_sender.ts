/** Arms the ask of a held request, under the policy that is in force when its event is delivered. Idempotent. */
import { approvalAsk } from "../domain/approval_ask.ts";
import type { HeldRequest } from "../domain/event.ts";
import { DEFAULT_POLICY } from "../domain/gate/policy.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { PeopleApi } from "../domain/people_api.ts";
import type { Env } from "../env.ts";

/** To be called until it resolves: an ask that is there stays as it is, whatever the policy is by then. */
export async function armApproval(
  env: Pick<Env, "HUMAN_GATE" | "PEOPLE">,
  request: HeldRequest,
): Promise<void> {
  const { owner, project, askId } = request;
  const people = env.PEOPLE.getByName(`${owner}/${project}`) as unknown as PeopleApi;
  const policy = await people.policyFor({ kind: "approval_request" }) ?? DEFAULT_POLICY;
  const gate = env.HUMAN_GATE.getByName(askId) as unknown as HumanGateApi;
  await gate.arm(approvalAsk(request, policy));
}
