/** The id of a call or question: the same in each life of the runner, as an effect's id is. Pure. */
import { createHash } from "node:crypto";

const ID_CHARS = 32;

/**
 * @param effectId Of the engine's effect (`main/a#3`).
 * @param part What of the effect is meant, where it has several.
 */
export function callId(runId: string, effectId: string, part = ""): string {
  return createHash("sha256").update(`${runId}\0${effectId}\0${part}`).digest("hex").slice(0, ID_CHARS);
}
