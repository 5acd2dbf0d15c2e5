/** One POST of JSON to a provider: bounded, never redirected. Errors name the status, never the address, a key or a body. */
import { PROVIDER_ANSWER_MAX_BYTES } from "../limits.ts";

/** Resolves with the beginning of the answer if it was 2xx; rejects otherwise. */
export async function postJson(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", accept: "application/json", ...headers },
    body: JSON.stringify(body),
    // A provider that sends its callers elsewhere would send the key there.
    redirect: "manual",
    signal,
  });
  const text = await beginningOf(response);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return text;
}

async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  for (let sizeBytes = 0; sizeBytes < PROVIDER_ANSWER_MAX_BYTES;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    sizeBytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
