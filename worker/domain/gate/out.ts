/**
 * What was answered, held against the ask's `decision_schema` (JSON Schema 2020-12). The validator interprets: no code is
 * made from a schema. Pure.
 */
import { type Schema, Validator } from "@cfworker/json-schema";
import { canonicalJson, jsonDigest } from "../../../protocol/autonomy/audit_chain.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { GATE_OUT_MAX_CHARS } from "../../limits.ts";
import type { GateAction } from "./action.ts";
import type { Ask } from "./ask.ts";
import { refuseCost, schemaCost } from "./schema_cost.ts";

/** An answer in the one form that counts. */
export interface Out {
  readonly out: unknown;
  readonly decision: "approve" | "reject" | null;
  readonly comment: string;
  /** Of all that was answered: who repeats it says the same. */
  readonly digest: string;
  /** Of what a quorum must agree on. */
  readonly tally: string;
}

type Redeem = Extract<GateAction, { kind: "redeem" }>;

/** Reads an answer. The error says what does not fit, for people. */
export function readOut(ask: Ask, action: Redeem): Result<Out, string> {
  if (action.decision === undefined && action.out === undefined) return err("expected 'decision' or 'out'");
  const comment = action.comment ?? "";
  const fromDecision = { decision: action.decision, ...(comment === "" ? {} : { comment }) };
  const out = action.out === undefined ? fromDecision : action.out;
  const said = decisionIn(out);
  if (action.decision !== undefined && said !== null && said !== action.decision) {
    return err(`expected one decision, came '${action.decision}' and '${said}'`);
  }
  const decision = action.decision ?? said;
  if (ask.askType === "approve" && decision === null) {
    return err("expected 'decision' to be approve or reject");
  }
  if (canonicalJson(out).length > GATE_OUT_MAX_CHARS) {
    return err(`expected at most ${GATE_OUT_MAX_CHARS} characters of 'out'`);
  }
  const { decisionSchema: schema } = ask;
  const fault = schema === null ? null : costFault(schema, out) ?? schemaFault(schema, out);
  if (fault !== null) return err(fault);
  return ok({ out, decision, comment, digest: digestOf(action), tally: decision ?? jsonDigest(out) });
}

/** Of what an answer says. What only guards it (the expected `seq`, the digest that was seen) may differ in a repeat. */
export function digestOf({ decision, out, comment, subjectRev }: Redeem): string {
  return jsonDigest({ decision, out, comment: comment === "" ? undefined : comment, subjectRev });
}

/** Why a schema cannot be used for answers; null: it can. */
export function refuseSchema(schema: unknown): string | null {
  if (
    typeof schema !== "boolean" && (typeof schema !== "object" || schema === null || Array.isArray(schema))
  ) {
    return "expected a JSON Schema";
  }
  const cost = schemaCost(schema);
  if (typeof cost === "string") return cost;
  try {
    for (const probe of [null, true, 0, "", [], {}, { decision: "approve" }]) validate(schema, probe);
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message.slice(0, 200) : "it cannot be applied";
  }
}

/** Schemas from before their cost was looked at are looked at here. */
function costFault(schema: unknown, out: unknown): string | null {
  const cost = schemaCost(schema);
  return typeof cost === "string" ? `the ask's own schema cannot be applied: ${cost}` : refuseCost(cost, out);
}

function schemaFault(schema: unknown, out: unknown): string | null {
  try {
    const { valid, errors } = validate(schema, out);
    if (valid) return null;
    // The last one is the innermost.
    const fault = errors.at(-1);
    return fault === undefined
      ? "it does not fit"
      : `${fault.instanceLocation}: ${fault.error}`.slice(0, 300);
  } catch {
    return "the ask's own schema cannot be applied to it";
  }
}

function validate(schema: unknown, value: unknown) {
  return new Validator(schema as Schema | boolean, "2020-12", true).validate(value);
}

function decisionIn(out: unknown): "approve" | "reject" | null {
  if (typeof out !== "object" || out === null) return null;
  const { decision } = out as { readonly decision?: unknown };
  return decision === "approve" || decision === "reject" ? decision : null;
}
