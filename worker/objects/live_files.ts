/** The files of a live session, below `lives/{sessionId}/` in R2. */
import type { Env } from "../env.ts";

/** Deletes all of them. */
export async function deleteLiveFiles(blobs: Env["BLOBS"], sessionId: string): Promise<void> {
  for (;;) {
    const { objects, truncated } = await blobs.list({ prefix: `lives/${sessionId}/` });
    if (objects.length > 0) await blobs.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}
