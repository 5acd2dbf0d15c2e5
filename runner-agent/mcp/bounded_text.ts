import { OPERATOR_CALL_MAX_BYTES } from "../limits.ts";

/** A request's body as text. Null: longer than any call to an operator. */
export async function boundedText(request: Request): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > OPERATOR_CALL_MAX_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
