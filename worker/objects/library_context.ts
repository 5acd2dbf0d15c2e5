/** What the parts of a `Library` object share, and how all of them write. */
import { LIBRARY_REPLACED_KEPT_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { Writing } from "../store/library/context_table.ts";
import type { LibraryStore } from "../store/library/store.ts";

export interface LibraryContext {
  /** `{owner}/{project}`. */
  readonly name: string;
  readonly clock: Clock;
  readonly store: LibraryStore;
  readonly newId: () => string;
}

/** One change of what agents read: its place in the order and its rows in one transaction, and old ones cleared up. */
export function change<T>(
  { store, clock }: LibraryContext,
  about: { readonly action: string; readonly subject: string; readonly by: string },
  write: (at: Writing) => T,
): T {
  const atMs = clock.nowMs();
  return store.atomically(() => {
    const written = write({ seq: store.changes.add({ atMs, ...about }), atMs });
    const beforeMs = atMs - LIBRARY_REPLACED_KEPT_MS;
    store.contexts.prune(beforeMs);
    store.memories.prune(beforeMs);
    store.changes.prune(beforeMs);
    return written;
  });
}
