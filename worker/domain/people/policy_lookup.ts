/** Which policy a gate has: the document that a rule names, filled up with the default. Pure. */
import { DEFAULT_POLICY, type GatePolicy } from "../gate/policy.ts";
import type { PolicyPlace } from "../people_api.ts";
import type { GateRule, PeopleDocuments, PolicyDocument } from "./documents.ts";

/** The policy of a place; null when it was asked for by a name that no document has. */
export function policyFor(documents: PeopleDocuments, where: PolicyPlace): GatePolicy | null {
  if ("kind" in where && where.policy !== undefined) {
    const named = documents.policies.find(({ name }) => name === where.policy);
    return named === undefined ? null : completePolicy(named);
  }
  const place = "kind" in where
    ? { line: `@${where.kind}`, gate: "*" }
    : { line: where.lineId, gate: where.gateId };
  const name = ruleFor(documents.gates, place)?.policy;
  const policy = documents.policies.find((one) => one.name === name);
  return policy === undefined ? DEFAULT_POLICY : completePolicy(policy);
}

/** An exact line goes before an exact gate, and that before `*`; of two alike the first counts. */
function ruleFor(
  rules: readonly GateRule[],
  place: { readonly line: string; readonly gate: string },
): GateRule | null {
  let best: GateRule | null = null;
  let bestRank = -1;
  for (const rule of rules) {
    const isLine = rule.line === place.line;
    const isGate = rule.gate === place.gate;
    if ((!isLine && rule.line !== "*") || (!isGate && rule.gate !== "*")) continue;
    const rank = (isLine ? 2 : 0) + (isGate ? 1 : 0);
    if (rank > bestRank) [best, bestRank] = [rule, rank];
  }
  return best;
}

/** A document and, for what it leaves out, the default. */
export function completePolicy({ name: _, candidates, quorum, clocks, ...rest }: PolicyDocument): GatePolicy {
  return {
    ...DEFAULT_POLICY,
    ...rest,
    candidates: { ...DEFAULT_POLICY.candidates, ...candidates },
    quorum: { ...DEFAULT_POLICY.quorum, ...quorum },
    clocks: { ...DEFAULT_POLICY.clocks, ...clocks },
  };
}
