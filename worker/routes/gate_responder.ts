/**
 * Who looks at an ask or acts on it over HTTP: the holder of a link, by its token as a bearer (with whoever is signed in
 * beside it); or somebody of the ask's project, whom its queue recognises. An agent's own token is neither (S1, G1).
 */
import type { Context } from "hono";
import { err, ok, type Result } from "../../protocol/result.ts";
import { isUlid } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import { viewerOf } from "../domain/caller.ts";
import type { PersonIdentity, Responder } from "../domain/gate/action.ts";
import { deriveGateKey, readGateToken } from "../domain/gate_key.ts";
import type { AskCaller } from "../domain/job_queue_api.ts";
import { queueRefusal, refusalResponse } from "../errors.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { gateRefusal } from "./gate_refusal.ts";

/** What a caller is about to do: look, answer or take part, or operate on it. */
export type GateCall = "read" | "decide" | "operate";

export interface Recognised {
  readonly askId: string;
  readonly responder: Responder;
}

/** The bearer if it has the form of a gate's token, else null. */
export function gateBearer(c: Context<AppEnv>): string | null {
  const bearer = /^Bearer\s+(oag1\.\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  return bearer ?? null;
}

/** The responder behind a request to `/v1/gates/{askId}`; else the refusal to send. */
export async function responderOf(
  c: Context<AppEnv>,
  askId: string,
  call: GateCall,
): Promise<Result<Recognised, Response>> {
  const token = gateBearer(c);
  if (token !== null) return linkOf(c, token, askId);
  const member = await memberOf(c, askId);
  if (!member.ok) return member;
  const { principal, isAdmin, kind, may, roles } = member.value;
  const scope = { read: "tasks:read", decide: "gates:decide", operate: "tasks:write" } as const;
  // Who asked and who owns the ask may take it back without the scope of operators: the ask knows them.
  if (kind === "user" && !may[call] && !(call === "operate" && may.decide)) {
    return err(refusalResponse(queueRefusal({ reason: "missing_scope", scope: scope[call] })));
  }
  if (kind === "runner" || (call === "operate" && may.operate && !isAdmin)) {
    return ok({ askId, responder: { kind: "program", principal } });
  }
  const person: PersonIdentity = { principal, roles, groups: [], isSimulator: false };
  return ok({ askId, responder: { kind: "person", person, isAdmin } });
}

/** The same by a link alone, as `/v1/gate` takes it. Garbage is refused here, before any object is asked. */
export function linkOf(
  c: Context<AppEnv>,
  token: string,
  wanted: string | null,
): Result<Recognised, Response> {
  const read = readGateToken(token, deriveGateKey(c.env.SHOPFLOOR_ADMIN_TOKEN ?? ""));
  if (!read.ok) return err(refusalResponse(gateRefusal(read.error, null)));
  const askId = read.value.gateId;
  if (wanted !== null && wanted !== askId) {
    return err(refusalResponse(gateRefusal({ reason: "token_unknown" }, wanted)));
  }
  const viewer = viewerOf(c.var.caller);
  const person = viewer === null
    ? null
    : { principal: viewer.principal, roles: [viewer.role], groups: [], isSimulator: false };
  return ok({ askId, responder: { kind: "token", token, person } });
}

/** Who the caller is in the project of an ask. */
async function memberOf(c: Context<AppEnv>, askId: string): Promise<Result<AskCaller, Response>> {
  const { caller } = c.var;
  if (caller.kind === "nobody") return err(refusalResponse(queueRefusal({ reason: "unauthenticated" })));
  const missing = () => err(refusalResponse(gateRefusal({ reason: "gate_not_found" }, askId)));
  if (!isUlid(askId)) return missing();
  const place = await humanGate(c.env, askId).place();
  if (place === null) return missing();
  const { owner, project, taskId } = place;
  const found = await jobQueue(c.env, owner, project).authorizeAsk(caller, { taskId });
  return found.ok ? found : err(refusalResponse(queueRefusal(found.error)));
}
