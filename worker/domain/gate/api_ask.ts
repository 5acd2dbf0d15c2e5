/** The ask that a program makes by `POST /v1/gates` (Autonomy 19.1, 19.12). It may narrow its policy, never widen it. Pure. */
import { jsonDigest } from "../../../protocol/autonomy/audit_chain.ts";
import type { GateInput } from "../../../protocol/autonomy/gate.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { GATE_IN_MAX_CHARS, GATE_SCHEMA_MAX_CHARS } from "../../limits.ts";
import type { Ask } from "./ask.ts";
import { refuseSchema } from "./out.ts";
import type { GatePolicy } from "./policy.ts";

export type AskInput = Exclude<GateInput, { ask: "inform" }>;

/** What does not fit, by the field of the body. */
export interface AskFault {
  readonly path: string;
  readonly message: string;
}

const MINUTE_MS = 60_000;

/** Builds the ask, or says what is wrong with it before anything is created. */
export function apiAsk(
  input: AskInput,
  where: {
    readonly askId: string;
    readonly owner: string;
    readonly project: string;
    readonly requestedBy: string;
    readonly policy: GatePolicy;
    readonly nowMs: number;
  },
): Result<Ask, AskFault> {
  const { askId, owner, project, requestedBy, nowMs } = where;
  const no = (path: string, message: string): Result<never, AskFault> => err({ path, message });
  const policy = narrowed(where.policy, input);
  if (!policy.ok) return policy;
  if (input.ask === "approve" && input.subject === undefined) {
    return no("subject", "expected the subject and its revision that is to be approved");
  }
  if (policy.value.auth === "token+identity+role@rev" && input.subject === undefined) {
    return no("subject", "expected a subject, as the policy binds the answer to its revision");
  }
  const shown = input.in ?? null;
  if (JSON.stringify(shown).length > GATE_IN_MAX_CHARS) {
    return no("in", `expected at most ${GATE_IN_MAX_CHARS} characters of JSON`);
  }
  const schema = input.decision_schema ?? null;
  if (schema !== null) {
    if (JSON.stringify(schema).length > GATE_SCHEMA_MAX_CHARS) {
      return no("decision_schema", `expected at most ${GATE_SCHEMA_MAX_CHARS} characters of JSON`);
    }
    const fault = refuseSchema(schema);
    if (fault !== null) return no("decision_schema", `expected a JSON Schema that can be applied: ${fault}`);
  }
  const expiresAtMs = expiryOf(input, policy.value, nowMs);
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    return no("clocks.expires_at", "expected a time that lies ahead");
  }
  return ok({
    askId,
    owner,
    project,
    askType: input.ask,
    origin: { kind: "api", actor: input.actor ?? null, bodyDigest: jsonDigest(input) },
    title: input.title ?? `${input.ask}: ${input.completion.ac}`.slice(0, 200),
    in: shown,
    inDigest: jsonDigest(shown),
    decisionSchema: schema,
    subject: input.subject ?? null,
    completion: input.completion,
    requestedBy,
    proposers: input.proposers,
    policy: policy.value,
    createdAtMs: nowMs,
    expiresAtMs,
  });
}

function expiryOf({ clocks }: AskInput, policy: GatePolicy, nowMs: number): number | null {
  const { expireMinutes } = policy.clocks;
  const ofPolicy = expireMinutes === null ? null : nowMs + expireMinutes * MINUTE_MS;
  const asked = clocks?.expires_at === undefined ? null : Date.parse(clocks.expires_at);
  if (ofPolicy === null || asked === null) return ofPolicy ?? asked;
  return Math.min(ofPolicy, asked);
}

function narrowed(policy: GatePolicy, input: AskInput): Result<GatePolicy, AskFault> {
  const { candidates, quorum, clocks } = input;
  const { users, groups } = policy.candidates;
  const isOpen = users.length === 0 && groups.length === 0;
  if (candidates !== undefined && !isOpen) {
    const isWithin = candidates.users.every((user) => users.includes(user)) &&
      candidates.groups.every((group) => groups.includes(group));
    const isSome = candidates.users.length + candidates.groups.length > 0;
    if (!isWithin || !isSome) {
      return err({ path: "candidates", message: "expected some of those that the policy names" });
    }
  }
  if (input.owner !== undefined && !isOpen && !users.includes(input.owner)) {
    return err({ path: "owner", message: "expected one of the policy's candidates" });
  }
  const need = Math.max(policy.quorum.need, quorum?.need ?? 1);
  return ok({
    ...policy,
    candidates: candidates ?? policy.candidates,
    exclude: [...new Set([...policy.exclude, ...input.exclude])],
    owner: policy.owner ?? input.owner ?? null,
    quorum: { need, distinct: true, veto: policy.quorum.veto || (quorum?.veto ?? false) },
    clocks: {
      ...policy.clocks,
      ...(clocks?.ack_minutes === undefined ? {} : { ackMinutes: clocks.ack_minutes }),
      ...(clocks?.resolve_minutes === undefined ? {} : { resolveMinutes: clocks.resolve_minutes }),
      ...(clocks?.on_expiry === undefined ? {} : { onExpiry: clocks.on_expiry }),
    },
  });
}
