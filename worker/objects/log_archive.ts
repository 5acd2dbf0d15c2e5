/**
 * Moves a task's output to R2 after the task's end, and deletes it when its retention is over, with the bytes of the
 * task's assets (`domain/log_deadline.ts` says when). The timeline stays.
 *
 * Invariants
 * 1. R2 first, then the object's own note of it: whatever stops us in between, the next try does both again, with the
 *    same bytes below the same key. A task that was tried again adds to what has moved: the key then gets all of it.
 * 2. Rows go in the transaction that notes where their bytes are. Output that grew while it was copied stays in rows
 *    until the next try.
 * 3. Of assets those go that were stored before half of their time was over: all that the log knows of were, and one
 *    that was just stored is on its way to it.
 */
import { type LogKeeping, nextLogWork } from "../domain/log_deadline.ts";
import { OUTPUT_MOVE_RETRY_MS, OUTPUT_READ_MAX_BYTES } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { LogStore, MovedOutput } from "../store/log/store.ts";
import type { LogBook } from "./log_book.ts";
import { bytesOf, type LogReader } from "./log_reader.ts";

export interface LogArchive {
  /** Does what is due. Never rejects: a failure is tried again. Safe early, late and twice. */
  work(): Promise<void>;
  /** When to call {@link LogArchive.work} next; null when nothing will be due. */
  nextWorkMs(): number | null;
}

/** Makes the archive of one log; `key()` is where its output goes, `name()` that of its object. */
export function createLogArchive(
  { store, book, reader, bucket, key, name, keeping, clock }: {
    readonly store: LogStore;
    readonly book: LogBook;
    readonly reader: LogReader;
    readonly bucket: R2Bucket;
    readonly key: () => string;
    readonly name: () => string;
    readonly keeping: LogKeeping;
    readonly clock: Clock;
  },
): LogArchive {
  /** After a failure nothing is tried before this. */
  let notBeforeMs = 0;
  let working: Promise<void> | null = null;

  async function move(): Promise<void> {
    const { totalBytes } = book.state();
    const from = book.keptFrom();
    const { readable, writable } = new FixedLengthStream(totalBytes - from);
    await Promise.all([bucket.put(key(), readable), writeAll(writable.getWriter(), from, totalBytes)]);
    if (book.state().totalBytes !== totalBytes) return;
    const segments = book.segments().filter((segment) => segment.offset >= from);
    note({ segments, pace: book.pace(), movedAtMs: clock.nowMs(), expiredAtMs: null });
  }

  /** What has moved before, then the rows. */
  async function writeAll(
    writer: WritableStreamDefaultWriter<Uint8Array>,
    from: number,
    to: number,
  ): Promise<void> {
    try {
      for (let at = from; at < to;) {
        const slices = await reader.slices(at, Math.min(OUTPUT_READ_MAX_BYTES, to - at));
        if (slices.length === 0) throw new Error("Cannot move output as what has moved before must be in R2");
        const bytes = bytesOf(slices);
        await writer.write(bytes);
        at += bytes.length;
      }
      await writer.close();
    } catch (cause) {
      await writer.abort(cause);
      throw cause;
    }
  }

  async function expire(): Promise<void> {
    await bucket.delete(key());
    const nowMs = clock.nowMs();
    note({ segments: book.segments(), movedAtMs: book.moved()?.movedAtMs ?? nowMs, expiredAtMs: nowMs });
  }

  async function expireAssets(dueAtMs: number): Promise<void> {
    const storedBeforeMs = dueAtMs - (keeping.retentionMs ?? 0) / 2;
    for (let cursor: string | undefined, isMore = true; isMore;) {
      const page = await bucket.list({
        prefix: `task_assets/${name()}/`,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const old = page.objects.filter(({ uploaded }) => uploaded.getTime() < storedBeforeMs).map(({ key }) =>
        key
      );
      if (old.length > 0) await bucket.delete(old);
      isMore = page.truncated;
      cursor = page.truncated ? page.cursor : undefined;
    }
    store.dropAssets(dueAtMs);
  }

  function note(moved: MovedOutput): void {
    store.move(moved);
    book.setMoved(moved);
  }

  async function work(): Promise<void> {
    for (;;) {
      const next = nextLogWork(book.life(), keeping);
      if (next === null || next.dueAtMs > clock.nowMs() || notBeforeMs > clock.nowMs()) return;
      try {
        await {
          move,
          expire,
          expire_assets: () => expireAssets(next.dueAtMs),
        }[next.kind]();
      } catch (cause) {
        notBeforeMs = clock.nowMs() + OUTPUT_MOVE_RETRY_MS;
        console.warn(JSON.stringify({
          event: "output_not_archived",
          work: next.kind,
          retryAfterMs: OUTPUT_MOVE_RETRY_MS,
          cause: cause instanceof Error ? cause.name : "unknown",
        }));
      }
    }
  }

  return {
    work: () => working ??= work().finally(() => working = null),
    nextWorkMs: () => {
      const next = nextLogWork(book.life(), keeping);
      return next === null ? null : Math.max(next.dueAtMs, notBeforeMs);
    },
  };
}
