/**
 * Which old versions of lines nobody needs any more: beyond the newest {@link LINE_VERSIONS_KEPT} of their line, or of a
 * line that was deleted, and without a task. A task keeps the version it started with, and may be tried again as long as
 * the archive has it; its id says when it was made, and so on which version it is: no page need be read.
 */
import { ulid } from "../../../protocol/ids.ts";
import type { LineVersion, QueueState } from "../../domain/queue_state.ts";
import { LINE_VERSIONS_KEPT } from "../../limits.ts";

const RANDOM_BYTES = 10;
const LEAST = new Uint8Array(RANDOM_BYTES);
const GREATEST = new Uint8Array(RANDOM_BYTES).fill(255);
/** After every id. */
const END = "z";

/**
 * Finds them.
 *
 * @param used Keys of versions that living tasks are on, with each line's newest.
 * @param hasEnded May the archive have a task with an id from the first to the second?
 */
export function unneededVersions(
  { lines, latestLineVersion }: QueueState,
  used: ReadonlySet<string>,
  hasEnded: (minId: string, maxId: string) => boolean,
): readonly Pick<LineVersion, "id" | "version">[] {
  const unneeded: Pick<LineVersion, "id" | "version">[] = [];
  for (const [id, newest] of latestLineVersion) {
    const isDeleted = lines.get(`${id}@${newest}`)?.isDeleted === true;
    const last = isDeleted ? newest - 1 : newest - LINE_VERSIONS_KEPT;
    if (last < 1) continue;
    const following = lines.summaries(id, last + 1, last + 1)[0];
    let maxId = following === undefined ? END : ulid<string>(following.createdAtMs, GREATEST);
    for (const { version, createdAtMs } of lines.summaries(id, 1, last)) {
      const isUsed = used.has(`${id}@${version}`) || hasEnded(ulid<string>(createdAtMs, LEAST), maxId);
      if (!isUsed) unneeded.push({ id, version });
      maxId = ulid<string>(createdAtMs, GREATEST);
    }
  }
  return unneeded;
}
