/** How many must say the same (Autonomy 19.4). One principal has one ballot; `answer.ts` refuses a second one. Pure. */
import { jsonDigest } from "../../../protocol/autonomy/audit_chain.ts";
import type { Ballot } from "./gate_state.ts";
import type { GatePolicy } from "./policy.ts";

/** Does the newest ballot complete it? With a veto one reject does; answers that are neither must be equal. */
export function quorumOf(
  { need, veto }: GatePolicy["quorum"],
  ballots: readonly Pick<Ballot, "by" | "decision" | "out">[],
  tally: string,
  decision: Ballot["decision"],
): "complete" | "open" {
  if (decision === "reject" && veto) return "complete";
  const alike = new Set(
    ballots.filter((ballot) => (ballot.decision ?? jsonDigest(ballot.out)) === tally).map((ballot) =>
      ballot.by
    ),
  );
  return alike.size >= need ? "complete" : "open";
}
