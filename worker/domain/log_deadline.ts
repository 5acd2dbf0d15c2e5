/**
 * When a task's output moves, and when it is deleted: from rows in the task's object to one object in R2, and from
 * there to nothing. The bytes of its assets go at the same time. The timeline stays. Pure.
 */

/** Where the output of one task is in its life. */
export interface LogLife {
  /** Null while the task goes on: then nothing is due. */
  readonly endedAtMs: number | null;
  /** Output in rows of the task's object. */
  readonly bytesInRows: number;
  /** Output in R2. */
  readonly bytesMoved: number;
  /** When the newest asset was put whose bytes are kept; null: none are. */
  readonly assetPutAtMs: number | null;
}

export interface LogKeeping {
  /** How long output stays in the object after the task's end. */
  readonly inObjectMs: number;
  /** How long it is kept at all, from the task's end; null: for ever. */
  readonly retentionMs: number | null;
}

export interface LogWork {
  readonly kind: "move" | "expire" | "expire_assets";
  readonly dueAtMs: number;
}

/** What is to be done next, and from when on; null when nothing ever will. */
export function nextLogWork(life: LogLife, keeping: LogKeeping): LogWork | null {
  const output = nextOutputWork(life, keeping);
  const assets = nextAssetWork(life, keeping);
  if (output === null || assets === null) return output ?? assets;
  return assets.dueAtMs < output.dueAtMs ? assets : output;
}

function nextOutputWork(life: LogLife, keeping: LogKeeping): LogWork | null {
  if (life.endedAtMs === null || life.bytesInRows + life.bytesMoved === 0) return null;
  const moveAtMs = life.bytesInRows === 0 ? null : life.endedAtMs + keeping.inObjectMs;
  const expireAtMs = keeping.retentionMs === null ? null : life.endedAtMs + keeping.retentionMs;
  if (expireAtMs !== null && (moveAtMs === null || expireAtMs <= moveAtMs)) {
    return { kind: "expire", dueAtMs: expireAtMs };
  }
  return moveAtMs === null ? null : { kind: "move", dueAtMs: moveAtMs };
}

/** Who puts an asset into a task that has ended means to try it again: its time begins then. */
function nextAssetWork({ endedAtMs, assetPutAtMs }: LogLife, { retentionMs }: LogKeeping): LogWork | null {
  if (endedAtMs === null || assetPutAtMs === null || retentionMs === null) return null;
  return { kind: "expire_assets", dueAtMs: Math.max(endedAtMs, assetPutAtMs) + retentionMs };
}
