/** The calls that one ask takes by `POST /v1/gates/{id}/{call}` (Autonomy 19.3): their bodies, and what each asks of the ask. */
import type { z } from "zod";
import {
  ackInput,
  cancelInput,
  checkInput,
  claimInput,
  delegateInput,
  noInput,
  reassignInput,
  redeemInput,
  snoozeInput,
  supersedeInput,
} from "../../protocol/autonomy/gate.ts";
import type { GateAction } from "../domain/gate/action.ts";
import type { GateCall } from "./gate_responder.ts";

/** What a call of one ask takes, and what it asks of it. */
interface Call<T extends z.ZodType> {
  readonly name: string;
  readonly needs: GateCall;
  readonly body: T;
  readonly summary: string;
  readonly action: (body: z.infer<T>) => GateAction;
  readonly refusals?: readonly string[];
}

function call<T extends z.ZodType>(one: Call<T>): Call<z.ZodType> {
  return one as unknown as Call<z.ZodType>;
}

const STALE = ["409 stale_seq", "412 stale_subject", "412 stale_view"];
export const CALLS: readonly Call<z.ZodType>[] = [
  call({
    name: "redeem",
    needs: "decide",
    body: redeemInput,
    summary: "Answer an ask",
    action: (body) => redeemOf(body),
    refusals: [
      ...STALE,
      "422 out_invalid",
      "403 role_insufficient",
      "503 role_unknown",
      "403 simulator_refused",
    ],
  }),
  call({
    name: "ack",
    needs: "decide",
    body: ackInput,
    summary: "Say that it was received",
    action: ({ read_back, seen_digest }) => ({
      kind: "ack",
      ...(read_back === undefined ? {} : { readBack: read_back }),
      ...(seen_digest === undefined ? {} : { seenDigest: seen_digest }),
    }),
    refusals: ["412 stale_view"],
  }),
  call({
    name: "unack",
    needs: "decide",
    body: noInput,
    summary: "Take an ack back",
    action: () => ({ kind: "unack" }),
    refusals: ["403 not_acked"],
  }),
  call({
    name: "claim",
    needs: "decide",
    body: claimInput,
    summary: "Take an ask for a while",
    action: ({ override }) => ({ kind: "claim", ...(override === undefined ? {} : { override }) }),
    refusals: ["409 already_claimed"],
  }),
  call({
    name: "unclaim",
    needs: "decide",
    body: noInput,
    summary: "Give a claimed ask back",
    action: () => ({ kind: "unclaim" }),
    refusals: ["403 not_claimant"],
  }),
  call({
    name: "delegate",
    needs: "decide",
    body: delegateInput,
    summary: "Ask somebody else, and stay its owner",
    action: ({ to, final }) => ({ kind: "delegate", to, ...(final === undefined ? {} : { final }) }),
    refusals: ["403 not_claimant", "403 delegation_refused"],
  }),
  call({
    name: "return",
    needs: "decide",
    body: noInput,
    summary: "Give a delegation back, or take it back",
    action: () => ({ kind: "return" }),
    refusals: ["403 not_claimant"],
  }),
  call({
    name: "reassign",
    needs: "decide",
    body: reassignInput,
    summary: "Hand an ask to somebody for good",
    action: ({ to }) => ({ kind: "reassign", to }),
  }),
  call({
    name: "snooze",
    needs: "decide",
    body: snoozeInput,
    summary: "Shift an ask's timers",
    action: ({ until }) => ({ kind: "snooze", untilMs: Date.parse(until) }),
    refusals: ["400 snooze_too_long", "403 not_acked"],
  }),
  call({
    name: "cancel",
    needs: "operate",
    body: cancelInput,
    summary: "Take an ask back",
    action: ({ reason }) => ({ kind: "cancel", reason }),
  }),
  call({
    name: "supersede",
    needs: "operate",
    body: supersedeInput,
    summary: "Say that the subject has another revision",
    action: ({ subject_rev, proposers, in_scope }) => ({
      kind: "supersede",
      rev: subject_rev,
      proposers,
      isInScope: in_scope,
    }),
  }),
  call({
    name: "pause",
    needs: "operate",
    body: noInput,
    summary: "Stop an ask's clocks",
    action: () => ({ kind: "pause" }),
  }),
  call({
    name: "resume",
    needs: "operate",
    body: noInput,
    summary: "Let an ask's clocks go on",
    action: () => ({ kind: "resume" }),
  }),
  call({
    name: "check",
    needs: "operate",
    body: checkInput,
    summary: "Give the verdict on an answer",
    action: ({ by, passed, reason }) => ({ kind: "check", by, isPassed: passed, reason }),
    refusals: ["409 gate_not_open"],
  }),
  call({
    name: "consume",
    needs: "operate",
    body: noInput,
    summary: "Post the receipt of a verified answer",
    action: () => ({ kind: "consume" }),
    refusals: ["409 gate_not_open"],
  }),
];

/** What a body of `redeem` asks of its ask. */
export function redeemOf(body: z.infer<typeof redeemInput>): GateAction {
  const decision = body.decision ?? body.action;
  const comment = body.comment ?? body.reason;
  return {
    kind: "redeem",
    ...(decision === undefined ? {} : { decision }),
    ...(body.out === undefined ? {} : { out: body.out }),
    ...(body.subject_rev === undefined ? {} : { subjectRev: body.subject_rev }),
    ...(body.expected_seq === undefined ? {} : { expectedSeq: body.expected_seq }),
    ...(comment === undefined ? {} : { comment }),
    ...(body.seen_digest === undefined ? {} : { seenDigest: body.seen_digest }),
  };
}
