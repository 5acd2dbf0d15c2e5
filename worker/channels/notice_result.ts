/** How a notice went. What is kept of a failure is a status or a word of the provider's: never an address, a link or a key. */
import type { NoticeResult } from "../ports.ts";

export function sent(detail: string): NoticeResult {
  return { result: "sent", detail };
}

export function off(setup: string): NoticeResult {
  return { result: "off", detail: setup };
}

/** @param cause What `postJson` or `callSlack` threw; anything else is told by its name alone. */
export function failed(provider: string, cause: unknown, signal: AbortSignal): NoticeResult {
  if (signal.aborted) return { result: "failed", detail: `${provider} did not answer in time` };
  const message = cause instanceof Error ? cause.message : "";
  const known = /^(?:status \d{3}|slack said [\w ]{1,60})$/.test(message);
  return { result: "failed", detail: `${provider}: ${known ? message : "no connection"}` };
}
