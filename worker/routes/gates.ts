/**
 * A person's decision: by a user at the task's gate (Line 3, row 4), or by the holder of a link (Autonomy 19.3).
 * No GET changes anything (G1). The token of a link travels as a bearer, never in a path or a query.
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { reason } from "../../protocol/line/fields.ts";
import { gateDecision } from "../../protocol/line/gate.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import { deriveGateKey, readGateToken } from "../domain/gate_key.ts";
import type { GateView } from "../domain/former_gate_api.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { formerGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { answer } from "./answer.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { baseUrlOf, readBody } from "./input.ts";
import { type Evidence, loadEvidence } from "./task_evidence.ts";
import { gateAnswer, linkAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

/** `decision` is the word of Autonomy 19.3, `action` that of Line 3; one of them must be there. */
const redemption = z.object({
  action: z.enum(["approve", "reject"]).optional(),
  decision: z.enum(["approve", "reject"]).optional(),
  reason: reason.optional(),
  comment: reason.optional(),
}).refine((body) => (body.action ?? body.decision) !== undefined, {
  error: "expected 'decision'",
  path: ["decision"],
});

/** The gate routes of `stages` and `assembly-lines`, and those of `/v1/gate` and `/v1/gates/{askId}`. */
export function createGateRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const ofTask = (place: string) =>
    `/api/owners/:owner/projects/:project/${place}/:lineId/tasks/:taskId/gates/:gateId`;
  const gate = [ofTask("stages"), ofTask("assembly-lines")];

  app.on("POST", gate, async (c) => {
    const body = await readBody(c, gateDecision);
    if (!body.ok) return body.error;
    const ask = await askOf(c);
    if (!ask.ok) return ask.error;
    const { askId, userName } = ask.value;
    const decided = await formerGate(c.env, askId).decide({ kind: "user", name: userName }, body.value);
    return decided.ok ? c.json(decided.value) : refusalResponse(gateRefusal(decided.error, askId));
  });

  app.on("POST", gate.map((path) => `${path}/link`), async (c) => {
    const ask = await askOf(c);
    if (!ask.ok) return ask.error;
    const { askId, userName } = ask.value;
    const issued = await formerGate(c.env, askId).issueToken(userName);
    if (!issued.ok) return refusalResponse(gateRefusal(issued.error, askId));
    const { token, expiresAtMs } = issued.value;
    return c.json({ url: `${baseUrlOf(c)}/g#${token}`, expiresAt: new Date(expiresAtMs).toISOString() }, 201);
  });

  app.on("GET", ["/v1/gate", "/v1/gates/:askId"], async (c) => {
    const seen = await look(c);
    return seen.ok ? c.json(seen.value) : seen.error;
  });

  app.on("GET", ["/v1/gate/evidence", "/v1/gates/:askId/evidence"], async (c) => {
    const seen = await look(c);
    if (!seen.ok) return seen.error;
    const evidence = await gateEvidence(c, seen.value);
    return evidence.ok ? c.json(evidence.value) : evidence.error;
  });

  app.on("POST", ["/v1/gate/redeem", "/v1/gates/:askId/redeem"], async (c) => {
    const body = await readBody(c, redemption);
    if (!body.ok) return body.error;
    const link = linkOf(c);
    if (!link.ok) return link.error;
    const { askId, token } = link.value;
    const action = (body.value.decision ?? body.value.action)!;
    const given = body.value.reason ?? body.value.comment ?? "";
    const decided = await formerGate(c.env, askId).decide({ kind: "token", token }, {
      action,
      reason: given,
    });
    return decided.ok ? c.json(decided.value) : refusalResponse(gateRefusal(decided.error, askId));
  });
  return app;
}

/** The evidence behind a gate that was already shown to this caller. */
async function gateEvidence(c: Context<AppEnv>, view: GateView): Promise<Result<Evidence, Response>> {
  const { owner, project, taskId, baseCommit, headCommit } = view.ask;
  const access = await jobQueue(c.env, owner, project).repositoryForGate(taskId);
  if (!access.ok) return err(refusalResponse(queueRefusal(access.error)));
  const repository = taskRepository(c.env, owner, project, taskId);
  return ok(await loadEvidence(repository, access.value, { base: baseCommit, head: headCommit }));
}

/** The ask at the path's gate, and how the caller is called in its record. */
async function askOf(
  c: Context<AppEnv>,
): Promise<Result<{ readonly askId: string; readonly userName: string }, Response>> {
  const { lineId = "", taskId = "", gateId = "" } = c.req.param();
  const found = await c.var.queue.authorizeGate(c.var.caller, { lineId, taskId, gateId });
  return found.ok ? found : err(answer(found));
}

async function look(c: Context<AppEnv>): Promise<Result<GateView, Response>> {
  const link = linkOf(c);
  if (!link.ok) return link;
  const { askId, token } = link.value;
  const view = await formerGate(c.env, askId).view({ kind: "token", token });
  return view.ok ? view : err(refusalResponse(gateRefusal(view.error, askId)));
}

/** The link that the request bears; garbage is refused here, before any object is asked. */
function linkOf(c: Context<AppEnv>): Result<{ readonly askId: string; readonly token: string }, Response> {
  const token = /^Bearer\s+(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (token === undefined) {
    const message =
      "Cannot answer as the request must carry 'Authorization: Bearer TOKEN' with the token of a gate link";
    return err(refusalResponse(refusal(401, "unauthenticated", message)));
  }
  const read = readGateToken(token, deriveGateKey(c.env.SHOPFLOOR_ADMIN_TOKEN ?? ""));
  if (!read.ok) return err(refusalResponse(gateRefusal(read.error, null)));
  const askId = read.value.gateId;
  const wanted = c.req.param("askId");
  if (wanted !== undefined && wanted !== askId) {
    return err(refusalResponse(gateRefusal({ reason: "token_unknown" }, wanted)));
  }
  return ok({ askId, token });
}

const AT_GATE = ["stages", "assembly-lines"].map((place) =>
  `${PROJECT_PATH}/${place}/:lineId/tasks/:taskId/gates/:gateId`
);
const BY_USER = { tag: "Gates", method: "post", tokens: ["user"], scope: "gates:decide" } as const;
const BY_LINK = { tag: "Gates", tokens: ["link"] } as const;
const LINK_REFUSALS = [
  "400 token_malformed",
  "401 token_forged",
  "404 token_unknown",
  "410 token_superseded",
  "410 token_expired",
];
const GATE_REFUSALS = ["409 gate_already_resolved", "410 gate_cancelled"];
const NO_GATE = ["404 line_not_found", "404 task_not_found", "404 gate_not_found", "409 gate_not_waiting"];

export const GATE_OPERATIONS: readonly Operation[] = [
  {
    ...BY_USER,
    paths: AT_GATE,
    summary: "Decide a gate",
    description: "The same decision again is answered alike; another one is refused.",
    body: gateDecision,
    answers: { 200: gateAnswer },
    refusals: [...NO_GATE, ...GATE_REFUSALS],
  },
  {
    ...BY_USER,
    paths: AT_GATE.map((path) => `${path}/link`),
    summary: "Make a link by which somebody may decide",
    description: "It replaces the link before it.",
    answers: { 201: linkAnswer },
    refusals: [...NO_GATE, ...GATE_REFUSALS],
  },
  {
    ...BY_LINK,
    method: "get",
    paths: ["/v1/gate", "/v1/gates/:askId"],
    summary: "Look at the gate of a link",
    answers: { 200: gateAnswer },
    refusals: LINK_REFUSALS,
  },
  {
    ...BY_LINK,
    method: "get",
    paths: ["/v1/gate/evidence", "/v1/gates/:askId/evidence"],
    summary: "The diff and the reports behind a gate",
    answers: { 200: z.looseObject({}) },
    refusals: LINK_REFUSALS,
  },
  {
    ...BY_LINK,
    method: "post",
    paths: ["/v1/gate/redeem", "/v1/gates/:askId/redeem"],
    summary: "Decide by a link",
    body: redemption,
    answers: { 200: gateAnswer },
    refusals: [...LINK_REFUSALS, ...GATE_REFUSALS],
  },
];
