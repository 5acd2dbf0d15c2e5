/** The memory of a library: people write it, agents recall what is theirs as of the start of their run. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AgentScope, LibraryApi, LibraryError, MemoryView, Recalled } from "../domain/library_api.ts";
import { memoryScope } from "../domain/memory_scope.ts";
import { anyWord } from "../domain/search_words.ts";
import { MEMORIES_MAX } from "../limits.ts";
import { change, type LibraryContext } from "./library_context.ts";

type Said<T> = Result<T, LibraryError>;
type Input<M extends keyof LibraryApi> = Parameters<LibraryApi[M]>[0];

const unknown = (id: string) => err({ reason: "not_found" as const, what: "memory" as const, id });

export function listMemories(
  { store }: LibraryContext,
  { namespace, limit, cursor }: Input<"listMemories">,
): { readonly memories: readonly MemoryView[]; readonly nextCursor: string | null } {
  const rows = store.memories.page({ namespace, after: cursor, limit: limit + 1 });
  const memories = rows.slice(0, limit);
  return { memories, nextCursor: rows.length > limit ? memories.at(-1)!.id : null };
}

export function readMemory({ store }: LibraryContext, id: string): Said<MemoryView> {
  const found = store.memories.read(id);
  return found === null ? unknown(id) : ok(found);
}

export function addMemory(at: LibraryContext, input: Input<"addMemory">): Said<MemoryView> {
  if (at.store.memories.count() >= MEMORIES_MAX) {
    return err({ reason: "too_many", what: "memories", max: MEMORIES_MAX });
  }
  return write(at, { ...input, id: at.newId() });
}

export function putMemory(at: LibraryContext, input: Input<"putMemory">): Said<MemoryView> {
  return at.store.memories.read(input.id) === null ? unknown(input.id) : write(at, input);
}

export function deleteMemory(at: LibraryContext, { id, by }: Input<"deleteMemory">): Said<null> {
  if (at.store.memories.read(id) === null) return unknown(id);
  change(at, { action: "memory_deleted", subject: id, by }, (when) => at.store.memories.remove(id, when));
  return ok(null);
}

export function recall(
  { store }: LibraryContext,
  scope: AgentScope,
  { query, limit }: Parameters<LibraryApi["recall"]>[1],
): Recalled {
  const pin = store.changes.pinOf(scope.runId, scope.claimedAtMs);
  const words = anyWord(query);
  const items = words === null ? [] : store.memories.search({ words, pin, limit, ...memoryScope(scope) });
  return { revision: pin, items };
}

function write(at: LibraryContext, input: Input<"putMemory">): Said<MemoryView> {
  const memory = { ...input, recordedAtMs: at.clock.nowMs() };
  change(at, { action: "memory_put", subject: input.id, by: input.by }, (when) => {
    at.store.memories.put(memory, when);
  });
  return ok(memory);
}
