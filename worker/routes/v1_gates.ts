/** Asks over HTTP (Autonomy 19.3): made by programs, answered by people. No GET changes an ask, ever (G1). */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import {
  gateAudit,
  gateCreated,
  type GateInput,
  gateInput,
  gateLink,
  gateQuery,
  gateWire,
  linkInput,
} from "../../protocol/autonomy/gate.ts";
import { isName, ulid } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import { apiAsk, type AskInput } from "../domain/gate/api_ask.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { people } from "../stubs/people.ts";
import { answer } from "./answer.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { CALLS } from "./gate_calls.ts";
import { makeLink } from "./gate_link.ts";
import { gateBearer, responderOf } from "./gate_responder.ts";
import { wireGate } from "./gate_wire.ts";
import { baseUrlOf, readBody, readQuery } from "./input.ts";
import type { Operation } from "./operation.ts";

/** The routes of `/v1/gates`. */
export function createV1GateRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.post("/v1/gates", async (c) => {
    const key = keyOf(c);
    if (key instanceof Response) return key;
    const body = await readBody(c, gateInput);
    if (!body.ok) return body.error;
    const [owner = "", project = ""] = body.value.install.split("/");
    if (!isName(owner) || !isName(project)) {
      return refusalResponse(queueRefusal({ reason: "project_not_found", owner, project }));
    }
    const known = await jobQueue(c.env, owner, project).authorizeAsk(c.var.caller, { taskId: null });
    if (!known.ok) return answer(known);
    if (!known.value.may.operate) {
      return answer({ ok: false, error: { reason: "missing_scope", scope: "tasks:write" } });
    }
    if (key === null) {
      const message =
        "Cannot create a gate as the header 'Idempotency-Key' must be there: a repeat makes no second one";
      return refusalResponse(refusal(400, "missing_idempotency_key", message));
    }
    const requestedBy = known.value.principal;
    const askId = idOfKey(body.value.install, requestedBy, key);
    const at = { askId, owner, project, requestedBy, nowMs: nowMs() };
    return body.value.ask === "inform" ? await inform(c, body.value, at) : await create(c, body.value, at);
  });

  app.get("/v1/gates/:askId", async (c) => {
    const askId = c.req.param("askId");
    const query = readQuery(c, gateQuery);
    if (!query.ok) return query.error;
    const found = await responderOf(c, askId, "read");
    if (!found.ok) return found.error;
    const gate = humanGate(c.env, askId);
    const { wait = 0, after_seq } = query.value;
    if (wait > 0 && after_seq !== undefined) await gate.wait(after_seq, wait * 1_000);
    const seen = await gate.view(found.value.responder);
    return seen.ok ? c.json(wireGate(seen.value)) : refusalResponse(gateRefusal(seen.error, askId));
  });

  app.get("/v1/gates/:askId/audit", async (c) => {
    const askId = c.req.param("askId");
    const found = await responderOf(c, askId, "read");
    if (!found.ok) return found.error;
    if (gateBearer(c) !== null) return answer({ ok: false, error: { reason: "unauthenticated" } });
    const gate = humanGate(c.env, askId);
    // In this order: what gets its link meanwhile is in both, and not in neither.
    const counting = await gate.unlinked();
    const entries = await gate.audit();
    const head = entries.at(-1)?.hash ?? null;
    return c.json({ gate_id: askId, links: entries.length, head, entries, counting });
  });

  app.post("/v1/gates/:askId/link", async (c) => {
    const body = await readBody(c, linkInput);
    if (!body.ok) return body.error;
    const found = await responderOf(c, c.req.param("askId"), "decide");
    if (!found.ok) return found.error;
    const made = await makeLink(c, found.value, body.value.holder);
    if (!made.ok) return made.error;
    const { url, expiresAt } = made.value;
    return c.json({ url, expires_at: expiresAt }, 201);
  });

  for (const { name, needs, body: schema, action } of CALLS) {
    app.post(`/v1/gates/:askId/${name}`, async (c) => {
      const askId = c.req.param("askId");
      const key = keyOf(c);
      if (key instanceof Response) return key;
      const body = await readBody(c, schema);
      if (!body.ok) return body.error;
      const found = await responderOf(c, askId, needs);
      if (!found.ok) return found.error;
      const done = await humanGate(c.env, askId).act(found.value.responder, action(body.value), { key });
      return done.ok ? c.json(wireGate(done.value)) : refusalResponse(gateRefusal(done.error, askId));
    });
  }
  return app;
}

interface At {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly requestedBy: string;
  readonly nowMs: number;
}

async function create(c: Context<AppEnv>, input: AskInput, at: At): Promise<Response> {
  const where = { kind: "api", ...(input.policy === undefined ? {} : { policy: input.policy }) } as const;
  const policy = await people(c.env, at.owner, at.project).policyFor(where);
  if (policy === null) return badField("policy", "expected the name of a policy of the project");
  const ask = apiAsk(input, { ...at, policy });
  if (!ask.ok) return badField(ask.error.path, ask.error.message);
  const gate = humanGate(c.env, at.askId);
  const { isNew, isSame } = await gate.arm(ask.value);
  if (!isSame) return refusalResponse(queueRefusal({ reason: "idempotency_key_reused" }));
  const first = isNew ? ask.value : (await gate.wait(0, 0))?.ask ?? ask.value;
  const made = {
    gate_id: at.askId,
    session_id: at.askId,
    install: input.install,
    ask: input.ask,
    state: "open",
    seq: 1,
    created_at: new Date(first.createdAtMs).toISOString(),
    url: `${baseUrlOf(c)}/v1/gates/${at.askId}`,
  };
  return c.json(made, isNew ? 201 : 200);
}

async function inform(
  c: Context<AppEnv>,
  input: Extract<GateInput, { ask: "inform" }>,
  at: At,
): Promise<Response> {
  const { told } = await people(c.env, at.owner, at.project).inform({
    noticeId: at.askId,
    to: input.to,
    title: input.title ?? "Notice",
    text: input.text,
    by: at.requestedBy,
  });
  return c.json({ notice_id: at.askId, told, note: "notification, not verified" }, 202);
}

/** The idempotency key; null: none was sent. */
function keyOf(c: Context<AppEnv>): string | null | Response {
  const key = c.req.header("idempotency-key") ?? null;
  if (key === null || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const message = "Cannot use Idempotency-Key as it must be 1 to 255 printable characters";
  return refusalResponse(refusal(400, "invalid_idempotency_key", message));
}

/** The same key of the same caller makes the same ask, for ever. */
function idOfKey(install: string, principal: string, key: string): string {
  const hash = createHash("sha256").update(JSON.stringify(["gate", install, principal, key])).digest();
  return ulid<string>(0, new Uint8Array(hash).subarray(0, 10));
}

function badField(path: string, message: string): Response {
  return refusalResponse(
    refusal(400, "invalid_input", `Cannot use body at '${path}': ${message}`, {
      issues: [{ path, message }],
    }),
  );
}

const LINK = ["400 token_malformed", "401 token_forged", "404 token_unknown", "410 token_expired"];
const DEAD_LINK = ["410 token_revoked", "410 token_superseded"];
const ENDS = ["410 gate_expired", "410 gate_cancelled", "410 gate_superseded", "409 gate_already_resolved"];
const WHO = ["401 identity_required", "403 not_candidate", "403 self_approval", "403 scope_insufficient"];

export const V1_GATE_OPERATIONS: readonly Operation[] = [
  {
    tag: "Asks",
    method: "post",
    paths: ["/v1/gates"],
    summary: "Ask people",
    description: "Takes an `Idempotency-Key`: the same request again is answered 200 with the same body. " +
      "`inform` makes no gate but a notice, and is answered 202.",
    tokens: ["runner", "user"],
    scope: "tasks:write",
    body: gateInput,
    answers: { 201: gateCreated, 200: gateCreated, 202: null },
    refusals: ["400 missing_idempotency_key", "422 idempotency_key_reused", "404 project_not_found"],
  },
  {
    tag: "Asks",
    method: "get",
    paths: ["/v1/gates/:askId"],
    summary: "Look at an ask",
    description:
      "With `after_seq` and `wait` it waits until the ask moves on. Looking changes nothing about it.",
    tokens: ["link", "runner", "user"],
    scope: "tasks:read",
    query: gateQuery,
    answers: { 200: gateWire },
    refusals: [...LINK, ...DEAD_LINK, "404 gate_not_found"],
  },
  {
    tag: "Asks",
    method: "get",
    paths: ["/v1/gates/:askId/audit"],
    summary: "The audit chain of an ask",
    description:
      "`deno task audit verify` recomputes it. Looks and refused attempts of an ask that has thousands of them " +
      "share links, with `detail.count` and `detail.last_at`; `counting` are those that have no link yet.",
    tokens: ["runner", "user"],
    scope: "tasks:read",
    answers: { 200: gateAudit },
    refusals: ["404 gate_not_found"],
  },
  {
    tag: "Asks",
    method: "post",
    paths: ["/v1/gates/:askId/link"],
    summary: "Make a link by which somebody may answer an ask",
    description:
      "For who makes it; the admin makes them for any `holder`. It replaces the holder's link before it.",
    tokens: ["user"],
    scope: "gates:decide",
    body: linkInput,
    isBodyOptional: true,
    answers: { 201: gateLink },
    refusals: [
      "404 gate_not_found",
      ...ENDS,
      "403 not_candidate",
      "403 self_approval",
      "403 role_insufficient",
    ],
  },
  ...CALLS.map(({ name, needs, body, summary, refusals = [] }): Operation => ({
    tag: "Asks",
    method: "post",
    paths: [`/v1/gates/:askId/${name}`],
    summary,
    tokens: needs === "decide" ? ["link", "user"] : ["runner", "user"],
    scope: needs === "decide" ? "gates:decide" : "tasks:write",
    body,
    answers: { 200: gateWire },
    refusals: [...LINK, ...DEAD_LINK, "404 gate_not_found", ...ENDS, ...WHO, ...refusals],
  })),
];
