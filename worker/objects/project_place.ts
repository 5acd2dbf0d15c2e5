/**
 * Says under a project's tag, which the text of each of its tokens has, which project that is: some paths of the reference
 * name none (`middleware/token_place.ts`). An object in R2, written once in a project's life.
 */
import { projectPlaceKey } from "../domain/token.ts";
import type { ObjectClock } from "./clock.ts";

const NOTED_KEY = "project_place_noted";
/** After a fault of R2. */
const AGAIN_MS = 60_000;

export interface ProjectPlace {
  /** Resolves when it is written, or could not be: then it is tried again later. */
  note(): Promise<void>;
}

export function createProjectPlace(
  ctx: DurableObjectState,
  blobs: R2Bucket,
  clock: ObjectClock,
  owner: string,
  project: string,
): ProjectPlace {
  let isNoted = ctx.storage.kv.get<boolean>(NOTED_KEY) === true;
  let triedAtMs = -Infinity;
  return {
    note: async () => {
      if (isNoted || clock.nowMs() - triedAtMs < AGAIN_MS) return;
      triedAtMs = clock.nowMs();
      try {
        await blobs.put(projectPlaceKey(owner, project), "");
        isNoted = true;
        ctx.storage.kv.put(NOTED_KEY, true);
      } catch (cause) {
        const errorName = cause instanceof Error ? cause.name : "unknown";
        console.warn(JSON.stringify({ event: "project_place_not_noted", errorName }));
      }
    },
  };
}
