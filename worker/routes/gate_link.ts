/** A link by which somebody may answer an ask, as the routes hand it out. */
import type { Context } from "hono";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { Responder } from "../domain/gate/action.ts";
import { refusalResponse } from "../errors.ts";
import { humanGate } from "../stubs/human_gate.ts";
import { gateRefusal } from "./gate_refusal.ts";
import { baseUrlOf } from "./input.ts";

/** @param holder For whom; absent: for who asks. `refusalOf`: what is said where the ask refuses. */
export async function makeLink(
  c: Context<AppEnv>,
  { askId, responder }: { readonly askId: string; readonly responder: Responder },
  holder: string | undefined,
  refusalOf = gateRefusal,
): Promise<Result<{ readonly url: string; readonly expiresAt: string }, Response>> {
  const made = await humanGate(c.env, askId).makeLink(responder, holder ?? null);
  if (!made.ok) return err(refusalResponse(refusalOf(made.error, askId)));
  const { token, expiresAtMs } = made.value;
  return ok({ url: `${baseUrlOf(c)}/g#${token}`, expiresAt: new Date(expiresAtMs).toISOString() });
}
