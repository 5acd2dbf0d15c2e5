/** How a socket of a runner or a bulk client begins: who asks is looked up in the queue, then the connection is taken. */
import type { RunnerId } from "../../protocol/ids.ts";
import { authorize } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import { queueRefusal, refusal, refusalResponse } from "../errors.ts";
import type { OpenQueue } from "./open_queue.ts";

/**
 * Answers 101, or the refusal: 401 and 403 for the caller, 426 for a request that is no upgrade. The request comes from
 * `routes/socket.ts`, which says in its headers who calls and at which address.
 */
export function openRunnerSocket(queue: OpenQueue, request: Request): Response {
  const caller = JSON.parse(request.headers.get("x-shopfloor-caller") ?? `{"kind":"nobody"}`) as Caller;
  const known = authorize(queue.core.state, caller, "runner", "user");
  if (!known.ok) return refusalResponse(queueRefusal(known.error));
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    const why = "Cannot open a socket as the request must be a WebSocket upgrade";
    return refusalResponse({ ...refusal(426, "upgrade_required", why), headers: { upgrade: "websocket" } });
  }
  const runnerId: RunnerId | null = known.value.kind === "runner" ? known.value.runnerId : null;
  const baseUrl = request.headers.get("x-shopfloor-base-url") ?? "";
  return queue.sockets.accept({ caller, runnerId, baseUrl });
}
