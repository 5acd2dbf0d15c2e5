/**
 * Refuses, before any object is woken or made, who cannot be anybody: no token, or a text that is none of ours.
 * Everybody else is looked up by the project's queue.
 */
import { queueRefusal, refusalResponse } from "../errors.ts";
import { guard } from "./guard.ts";

/** Expects `c.var.caller` to be set. */
export function requireToken() {
  return guard((c) =>
    c.get("caller").kind === "nobody" ? refusalResponse(queueRefusal({ reason: "unauthenticated" })) : null
  );
}
