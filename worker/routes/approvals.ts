/**
 * Approval requests (Line 3 row 7, Line 15): a runner asks for a request that it holds, people decide, the runner learns it.
 * Each is an ask of the gate service, so it is decided as well by `/v1/gates/{id}`, on its page and by the channels; its id
 * is the ask's.
 */
import { type Context, Hono } from "hono";
import { isUlid } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import {
  approvalAction,
  approvalAnswer,
  approvalDigest,
  approvalRequest,
  bodySha256Of,
} from "../../protocol/runner/approval.ts";
import type { AppEnv } from "../app_env.ts";
import { approvalAnswerOf, originOf, pendingAnswer } from "../domain/approval_ask.ts";
import { bodyPreview, urlPreview } from "../domain/approval_preview.ts";
import type { GateView } from "../domain/gate/gate_view.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { answer } from "./answer.ts";
import { gateNotReady, gateRefusal } from "./gate_refusal.ts";
import { responderOf } from "./gate_responder.ts";
import { preferredWaitMs, readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const REQUESTS = `${PROJECT_PATH}/runners/:runnerId/approval-requests`;
const REQUEST = `${REQUESTS}/:requestId`;
const MINUTE_MS = 60_000;

export function createApprovalRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.post(REQUESTS, async (c) => {
    const body = await readBody(c, approvalRequest);
    if (!body.ok) return body.error;
    const { jobId, method, url, labels, timeoutMinutes } = body.value;
    // Bodies and whole URLs go no further than here (S1).
    const bodySha256 = body.value.bodySha256 ?? bodySha256Of(body.value.body);
    const held = await c.var.queue.holdRequest(c.var.caller, {
      runnerId: c.req.param("runnerId"),
      jobId,
      method,
      url: urlPreview(url),
      bodySha256,
      bodyPreview: bodyPreview(body.value.body),
      digest: approvalDigest({ method, url, bodySha256 }),
      labels,
      timeoutMs: timeoutMinutes === undefined ? null : timeoutMinutes * MINUTE_MS,
    });
    return held.ok ? c.json(pendingAnswer(held.value), 201) : answer(held);
  });

  app.get(REQUEST, async (c) => {
    const found = await findRequest(c, "read");
    if (!found.ok) return found.error;
    const endMs = Date.now() + preferredWaitMs(c);
    let { view } = found.value;
    for (let leftMs = endMs - Date.now(); isPending(view) && leftMs > 0; leftMs = endMs - Date.now()) {
      view = await humanGate(c.env, view.ask.askId).wait(view.seq, leftMs) ?? view;
    }
    return c.json(approvalAnswerOf(view));
  });

  app.post(REQUEST, async (c) => {
    const body = await readBody(c, approvalAction);
    if (!body.ok) return body.error;
    const { action, reason } = body.value;
    switch (action) {
      case "approve":
      case "deny":
        return await decide(c, action === "approve" ? "approve" : "reject", reason);
      case "withdraw":
        return await withdraw(c, reason);
      case "consume":
        return await consume(c);
    }
  });
  return app;
}

async function decide(
  c: Context<AppEnv>,
  decision: "approve" | "reject",
  comment: string,
): Promise<Response> {
  const found = await findRequest(c, "decide");
  if (!found.ok) return found.error;
  const { ask } = found.value.view;
  const who = await responderOf(c, ask.askId, "decide");
  if (!who.ok) return who.error;
  // The id stands for one exact request, which never changes: who names the id names the revision.
  const decided = await humanGate(c.env, ask.askId).act(
    who.value.responder,
    { kind: "redeem", decision, comment, ...(ask.subject === null ? {} : { subjectRev: ask.subject.rev }) },
    { key: c.var.caller.once?.key ?? null },
  );
  return decided.ok
    ? c.json(approvalAnswerOf(decided.value))
    : refusalResponse(gateRefusal(decided.error, ask.askId));
}

async function withdraw(c: Context<AppEnv>, reason: string): Promise<Response> {
  const found = await findRequest(c, "settle");
  if (!found.ok) return found.error;
  const { view, runnerId, jobId } = found.value;
  const { askId } = view.ask;
  const gone = await c.var.queue.withdrawRequest(c.var.caller, {
    runnerId,
    askId,
    jobId,
    reason: reason === "" ? "nobody waits for it any more" : reason,
  });
  if (!gone.ok) return answer(gone);
  return c.json(approvalAnswerOf(await humanGate(c.env, askId).wait(-1, 0) ?? view));
}

/** An approval is taken into use: once, and while its run is alive. */
async function consume(c: Context<AppEnv>): Promise<Response> {
  const found = await findRequest(c, "settle");
  if (!found.ok) return found.error;
  const { view, runnerId, runId, actor } = found.value;
  const { askId } = view.ask;
  const now = approvalAnswerOf(view);
  if (now.status !== "approved") {
    const message = `Cannot use approval '${askId}' as the request must be approved: it is '${now.status}'`;
    return refusalResponse(refusal(409, "not_approved", message, { status: now.status }));
  }
  const isSpent = now.consumedAt !== null;
  const used = await c.var.queue.spendApproval(c.var.caller, { runnerId, runId, askId, isSpent });
  if (!used.ok) return answer(used);
  const receipt = await humanGate(c.env, askId).act(
    { kind: "program", principal: actor },
    { kind: "consume" },
    { key: c.var.caller.once?.key ?? null },
  );
  return receipt.ok
    ? c.json(approvalAnswerOf(receipt.value))
    : refusalResponse(gateRefusal(receipt.error, askId));
}

interface FoundRequest {
  readonly view: GateView;
  readonly runnerId: string;
  readonly jobId: string;
  readonly runId: string;
}

/** The request of the path, for a caller who may read it, decide it, or use its answer. */
async function findRequest(
  c: Context<AppEnv>,
  to: "read" | "decide" | "settle",
): Promise<Result<FoundRequest & { readonly actor: string }, Response>> {
  const { runnerId = "", requestId: askId = "" } = c.req.param();
  const { queue, caller } = c.var;
  const known = await queue.authorizeApproval(caller, { runnerId, askId, taskId: null, to });
  if (!known.ok) return err(answer(known));
  const found = await requestOf(c, known.value.isHeld);
  if (!found.ok) return found;
  const { origin } = found.value.view.ask;
  const taskId = origin.kind === "approval_request" ? origin.taskId : null;
  // A token may be locked to one line.
  const allowed = await queue.authorizeApproval(caller, { runnerId, askId, taskId, to });
  return allowed.ok ? ok({ ...found.value, ...allowed.value }) : err(answer(allowed));
}

/**
 * The ask behind the path; 404 if it is none of this runner's in this project, 503 if it could not be put yet though a run
 * waits for it. Looking leaves no trace.
 */
async function requestOf(c: Context<AppEnv>, isHeld: boolean): Promise<Result<FoundRequest, Response>> {
  const { runnerId = "", requestId = "" } = c.req.param();
  const view = isUlid(requestId) ? await humanGate(c.env, requestId).wait(-1, 0) : null;
  const origin = view === null ? null : originOf(view.ask, { ...c.var.at, runnerId });
  if (view !== null && origin !== null) {
    return ok({ view, runnerId, jobId: origin.jobId, runId: origin.runId ?? "" });
  }
  if (view === null && isHeld) return err(refusalResponse(gateNotReady(requestId)));
  const message = `Cannot find approval request '${requestId}' of runner '${runnerId}'`;
  return err(refusalResponse(refusal(404, "approval_request_not_found", message)));
}

function isPending(view: GateView): boolean {
  return approvalAnswerOf(view).status === "pending";
}

const ABOUT = { tag: "Approval requests" } as const;
const GONE = ["404 approval_request_not_found", "403 not_your_runner", "503 gate_not_ready"];

export const APPROVAL_OPERATIONS: readonly Operation[] = [
  {
    ...ABOUT,
    method: "post",
    paths: [REQUESTS],
    summary: "Ask a person to let a held request through",
    description:
      "Opens an ask under the project's policy for `@approval_request`. While it is pending the run's idle time does not " +
      "count. Of the body a digest and a redacted beginning are kept. The same `Idempotency-Key` is the same question.",
    tokens: ["runner"],
    body: approvalRequest,
    answers: { 201: approvalAnswer },
    refusals: [
      "403 not_your_runner",
      "404 job_not_found",
      "409 no_active_job",
      "409 run_finished",
      "409 too_many_held",
    ],
  },
  {
    ...ABOUT,
    method: "get",
    paths: [REQUEST],
    summary: "How a held request stands",
    description:
      "`Prefer: wait=N` waits up to 25 s for a decision. A runner with a socket is told by a message `approval`.",
    tokens: ["runner", "user"],
    scope: "tasks:read",
    answers: { 200: approvalAnswer },
    refusals: GONE,
  },
  {
    ...ABOUT,
    method: "post",
    paths: [REQUEST],
    summary: "Decide a held request (a user), use the approval or take the question back (its runner)",
    description:
      "`approve` and `deny` are a user's and are refused as `/v1/gates/{id}/redeem` refuses. `consume` takes an approval into " +
      "use, once; `withdraw` takes the question back.",
    tokens: ["user", "runner"],
    scope: "gates:decide",
    body: approvalAction,
    answers: { 200: approvalAnswer },
    refusals: [
      ...GONE,
      "403 not_candidate",
      "403 self_approval",
      "403 role_insufficient",
      "409 gate_already_resolved",
      "410 gate_cancelled",
      "410 gate_expired",
      "409 not_approved",
      "409 approval_spent",
      "409 run_finished",
    ],
  },
];
