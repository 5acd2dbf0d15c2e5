/** What both of OpenAI's formats have in common. */

import type { ModelErrorKind } from "./step.ts";

/** A name of a function, as both formats want it. */
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

const ERRORS: Readonly<Record<ModelErrorKind, readonly [status: number, type: string, code: string | null]>> =
  {
    bad_request: [400, "invalid_request_error", null],
    key_refused: [401, "invalid_request_error", "invalid_api_key"],
    rate_limited: [429, "tokens", "rate_limit_exceeded"],
    server_error: [500, "server_error", null],
    overloaded: [503, "server_error", "server_is_overloaded"],
  };

export function openaiError(kind: ModelErrorKind, message: string): Response {
  const [status, type, code] = ERRORS[kind];
  return Response.json({ error: { message, type, param: null, code } }, { status });
}
