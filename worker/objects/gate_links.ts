/** Hands out the links of an ask (Autonomy 19.2). A token is made here, given out once, and kept only as the hash of its secret (S1). */
import * as gateToken from "../../protocol/autonomy/gate_token.ts";
import type { AskId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { By } from "../domain/gate/gate_draft.ts";
import type { GateError } from "../domain/gate/gate_error.ts";
import { decideIssue } from "../domain/gate/grants.ts";
import { GATE_KEY_ID } from "../domain/gate_key.ts";
import type { GrantScope, IssuedToken } from "../domain/human_gate_api.ts";
import type { OpenGate } from "./open_gate.ts";

/** @param input `by`: who hands it out. */
export function issueLink(
  { core, askId, key }: OpenGate,
  input: {
    readonly holder: string;
    readonly channel: string;
    readonly scope: GrantScope;
    readonly by: By;
  },
): Result<IssuedToken, GateError> {
  const grant = crypto.getRandomValues(new Uint8Array(gateToken.GRANT_BYTES));
  const secret = crypto.getRandomValues(new Uint8Array(gateToken.SECRET_BYTES));
  core.catchUp();
  const record = core.store.load();
  if (record.kind !== "opened") return err({ reason: "gate_not_found" });
  const claim = { grantId: gateToken.grantText(grant), secretHash: gateToken.secretHash(secret) };
  const issued = decideIssue(record, core.store.grants(), { ...input, ...claim, nowMs: core.nowMs() });
  if (!issued.ok) return issued;
  core.apply(issued.value);
  const token = gateToken.encodeGateToken({ kid: GATE_KEY_ID, gateId: askId as AskId, grant, secret }, key);
  return ok({ token, expiresAtMs: issued.value.newGrant!.expiresAtMs });
}
