/**
 * What all backends have in common: a call ends when nobody waits for it any more or its time is up, its success is told by
 * `completed`, and no fault carries a key.
 */
import { err, type Result } from "../../../protocol/result.ts";
import { completedEvent } from "../../pipeline/backend_stream.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import type { CallSurroundings, PermissionAnswer, PermissionRequest, PromptBackend } from "../ports.ts";

/** Carries out one call; when `signal` is aborted it ends what it started, and what it returns then does not matter. */
export type Invoke = (
  call: PromptCall,
  surroundings: CallSurroundings,
) => Promise<Result<PromptAnswer, Fault>>;

/** Shorter values would be found in innocent words. */
const KEY_MIN_CHARS = 8;
const KEY_VARIABLES = [
  "AIL_HTTP_TOKEN",
  "ANTHROPIC_AUTH_TOKEN",
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_API_KEY",
];

/** @param cancelled What the fault of a cancelled call says. */
export function backendOf(
  name: string,
  invoke: Invoke,
  cancelled = "the prompt was cancelled",
): PromptBackend {
  return {
    name,
    async invoke(call, surroundings) {
      const { signal, onEvent, environment } = surroundings;
      const isCancelled = err(fault("ail:runner/cancelled", cancelled));
      if (signal.aborted) return isCancelled;
      const { timeoutMs } = call;
      const over = new AbortController();
      let isLate = false;
      const onAbort = () => over.abort();
      signal.addEventListener("abort", onAbort);
      const timer = timeoutMs === null ? undefined : setTimeout(() => {
        isLate = true;
        over.abort();
      }, timeoutMs);
      try {
        const answer = await invoke(call, { ...surroundings, signal: over.signal });
        if (answer.ok) {
          onEvent(completedEvent(answer.value));
          return answer;
        }
        if (isLate) {
          return err(fault("ail:runner/timeout", `'${name}' did not answer within ${timeoutMs! / 1000} s`));
        }
        return signal.aborted ? isCancelled : err(withoutKeys(answer.error, call, environment));
      } finally {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}

function withoutKeys(
  failure: Fault,
  { provider }: PromptCall,
  environment: CallSurroundings["environment"],
): Fault {
  const keys = [provider.authToken, ...KEY_VARIABLES.map((name) => environment[name])];
  let { detail } = failure;
  for (const key of keys) {
    if (key != null && key.length >= KEY_MIN_CHARS) detail = detail.replaceAll(key, "[redacted]");
  }
  return { ...failure, detail };
}

/**
 * Tells of a wish and asks for it, one after the other; a standing permission is silent. Never waits longer than the call.
 */
export function createPermissionDesk(
  surroundings: CallSurroundings,
): (request: PermissionRequest) => Promise<PermissionAnswer> {
  const { signal, onEvent, askPermission } = surroundings;
  const { promise: ended, resolve } = Promise.withResolvers<PermissionAnswer>();
  const end = () => resolve({ isAllowed: false, reason: "the call has ended" });
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  let before: Promise<unknown> = Promise.resolve();

  async function ask(request: PermissionRequest): Promise<PermissionAnswer> {
    if (signal.aborted) return await ended;
    const { displayName, displayDetail, toolInput } = request;
    if (surroundings.hasStandingPermission?.(displayName) === true) return { isAllowed: true, reason: null };
    onEvent({
      type: "permission_requested",
      display_name: displayName,
      display_detail: displayDetail,
      ...(toolInput === undefined ? {} : { tool_input: toolInput }),
    });
    if (askPermission === undefined) {
      return { isAllowed: false, reason: "no permission handler configured" };
    }
    return await Promise.race([askPermission(request), ended]);
  }

  return (request) => {
    const answer = before.then(() => ask(request));
    before = answer.catch(() => {});
    return answer;
  };
}
