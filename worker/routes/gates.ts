/**
 * A person's decision at a gate of a line: by a user at the task's gate, in the words of Line 3 (row 4); and by the holder of
 * a link on `/v1/gate`, which is `/v1/gates/{id}` (`v1_gates.ts`) of the ask that the link's token names, in the same words.
 * No GET changes anything (G1). The token of a link travels as a bearer, never in a path or a query.
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { gateWire, linkInput, redeemInput } from "../../protocol/autonomy/gate.ts";
import { gateDecision } from "../../protocol/line/gate.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { Responder } from "../domain/gate/action.ts";
import type { GateView } from "../domain/gate/gate_view.ts";
import { lineGate } from "../domain/gate/line_view.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { answer } from "./answer.ts";
import { redeemOf } from "./gate_calls.ts";
import { makeLink } from "./gate_link.ts";
import { gateRefusal, knownRefusal } from "./gate_refusal.ts";
import { gateBearer, linkOf, responderOf } from "./gate_responder.ts";
import { wireGate } from "./gate_wire.ts";
import { readBody } from "./input.ts";
import { type Evidence, loadEvidence } from "./task_evidence.ts";
import { gateAnswer, linkAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

/** The gate routes of `stages` and `assembly-lines`, and those of `/v1/gate`. */
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
    const key = c.var.caller.once?.key ?? null;
    const { action, reason: comment, subjectRev } = body.value;
    const bound = subjectRev === undefined ? {} : { subjectRev };
    return await decide(c, ask.value, { decision: action, comment, ...bound }, key);
  });

  app.on("POST", gate.map((path) => `${path}/link`), async (c) => {
    const body = await readBody(c, linkInput);
    if (!body.ok) return body.error;
    const ask = await askOf(c);
    if (!ask.ok) return ask.error;
    const made = await makeLink(c, ask.value, body.value.holder, knownRefusal);
    return made.ok ? c.json(made.value, 201) : made.error;
  });

  app.get("/v1/gate", async (c) => {
    const seen = await look(c, bareLink(c));
    return seen.ok ? c.json(wireGate(seen.value)) : seen.error;
  });

  app.on("GET", ["/v1/gate/evidence", "/v1/gates/:askId/evidence"], async (c) => {
    const askId = c.req.param("askId");
    const seen = await look(c, askId === undefined ? bareLink(c) : await responderOf(c, askId, "read"));
    if (!seen.ok) return seen.error;
    const evidence = await gateEvidence(c, seen.value);
    return evidence.ok ? c.json(evidence.value) : evidence.error;
  });

  app.post("/v1/gate/redeem", async (c) => {
    const body = await readBody(c, redeemInput);
    if (!body.ok) return body.error;
    const link = bareLink(c);
    if (!link.ok) return link.error;
    const { askId, responder } = link.value;
    const key = c.req.header("idempotency-key") ?? null;
    const done = await humanGate(c.env, askId).act(responder, redeemOf(body.value), { key });
    return done.ok ? c.json(wireGate(done.value)) : refusalResponse(gateRefusal(done.error, askId));
  });
  return app;
}

interface At {
  readonly askId: string;
  readonly responder: Responder;
}

async function decide(
  c: Context<AppEnv>,
  { askId, responder }: At,
  given: {
    readonly decision: "approve" | "reject";
    readonly comment: string;
    readonly subjectRev?: string;
  },
  key: string | null,
): Promise<Response> {
  const decided = await humanGate(c.env, askId).act(responder, { kind: "redeem", ...given }, { key });
  return decided.ok ? c.json(lineGate(decided.value)) : refusalResponse(knownRefusal(decided.error, askId));
}

/** The evidence behind a gate that was already shown to this caller; of asks about no task there is none. */
async function gateEvidence(c: Context<AppEnv>, { ask }: GateView): Promise<Result<Evidence, Response>> {
  const { owner, project, origin } = ask;
  if (origin.kind !== "line_gate") {
    return err(
      refusalResponse(refusal(404, "evidence_not_found", "Cannot show evidence as the gate is no line's")),
    );
  }
  const { taskId, baseCommit, headCommit } = origin;
  const access = await jobQueue(c.env, owner, project).repositoryForGate(taskId);
  if (!access.ok) return err(refusalResponse(queueRefusal(access.error)));
  const repository = taskRepository(c.env, owner, project, taskId);
  return ok(await loadEvidence(repository, access.value, { base: baseCommit, head: headCommit }));
}

/** The ask at the path's gate, and who calls. */
async function askOf(
  c: Context<AppEnv>,
): Promise<Result<At, Response>> {
  const { lineId = "", taskId = "", gateId = "" } = c.req.param();
  const found = await c.var.queue.authorizeGate(c.var.caller, { lineId, taskId, gateId });
  if (!found.ok) return err(answer(found));
  const { askId } = found.value;
  const member = await c.var.queue.authorizeAsk(c.var.caller, { taskId });
  if (!member.ok) return err(answer(member));
  const { principal, roles, isAdmin } = member.value;
  const person = { principal, roles, groups: [], isSimulator: false };
  return ok({ askId, responder: { kind: "person", person, isAdmin } });
}

async function look(c: Context<AppEnv>, found: Result<At, Response>): Promise<Result<GateView, Response>> {
  if (!found.ok) return found;
  const { askId, responder } = found.value;
  const view = await humanGate(c.env, askId).view(responder);
  return view.ok ? view : err(refusalResponse(gateRefusal(view.error, askId)));
}

/** The link that the request bears; any bearer is read as one, so that garbage is told apart from none. */
function bareLink(c: Context<AppEnv>): Result<At, Response> {
  const token = gateBearer(c) ?? /^Bearer\s+(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (token !== undefined) return linkOf(c, token, null);
  const message =
    "Cannot answer as the request must carry 'Authorization: Bearer TOKEN' with the token of a gate link";
  return err(refusalResponse(refusal(401, "unauthenticated", message)));
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
  "410 token_revoked",
  "410 token_expired",
];
const GATE_REFUSALS = ["409 gate_already_resolved", "410 gate_cancelled", "410 gate_expired"];
const WHO_REFUSALS = [
  "403 not_candidate",
  "403 self_approval",
  "403 role_insufficient",
  "503 role_unknown",
  "403 simulator_refused",
  "409 already_claimed",
  "412 stale_subject",
];
const NO_GATE = [
  "404 line_not_found",
  "404 task_not_found",
  "404 gate_not_found",
  "409 gate_not_waiting",
  "503 gate_not_ready",
];

export const GATE_OPERATIONS: readonly Operation[] = [
  {
    ...BY_USER,
    paths: AT_GATE,
    summary: "Decide a gate",
    description: "The same decision again is answered alike; another one is refused.",
    body: gateDecision,
    answers: { 200: gateAnswer },
    refusals: [...NO_GATE, ...GATE_REFUSALS, ...WHO_REFUSALS],
  },
  {
    ...BY_USER,
    paths: AT_GATE.map((path) => `${path}/link`),
    summary: "Make a link by which somebody may decide",
    description:
      "For who makes it; the admin makes them for any `holder`. It replaces the holder's link before it.",
    body: linkInput,
    isBodyOptional: true,
    answers: { 201: linkAnswer },
    refusals: [...NO_GATE, ...GATE_REFUSALS, "403 not_candidate", "403 self_approval"],
  },
  {
    ...BY_LINK,
    method: "get",
    paths: ["/v1/gate"],
    summary: "Look at the gate of a link",
    description: "As `GET /v1/gates/{askId}` of the ask that the link is for.",
    answers: { 200: gateWire },
    refusals: LINK_REFUSALS,
  },
  {
    ...BY_LINK,
    method: "get",
    paths: ["/v1/gate/evidence", "/v1/gates/:askId/evidence"],
    summary: "The diff and the reports behind a gate",
    answers: { 200: z.looseObject({}) },
    refusals: [...LINK_REFUSALS, "404 evidence_not_found"],
  },
  {
    ...BY_LINK,
    method: "post",
    paths: ["/v1/gate/redeem"],
    summary: "Decide by a link",
    description: "As `POST /v1/gates/{askId}/redeem` of the ask that the link is for.",
    body: redeemInput,
    answers: { 200: gateWire },
    refusals: [
      ...LINK_REFUSALS,
      ...GATE_REFUSALS,
      ...WHO_REFUSALS,
      "401 identity_required",
      "409 stale_seq",
      "412 stale_view",
      "422 out_invalid",
    ],
  },
];
