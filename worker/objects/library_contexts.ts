/** The contexts of a library: people write them, agents read them as of the start of their run. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../../protocol/result.ts";
import { chunksOf } from "../domain/context_chunks.ts";
import type {
  AgentScope,
  Attachment,
  ContextDetail,
  ContextView,
  FoundChunk,
  LibraryApi,
  LibraryError,
  SourceText,
  SourceView,
} from "../domain/library_api.ts";
import { anyWord } from "../domain/search_words.ts";
import { ATTACHMENTS_MAX, CONTEXTS_MAX, SOURCES_MAX } from "../limits.ts";
import { change, type LibraryContext } from "./library_context.ts";

type Said<T> = Result<T, LibraryError>;
type Input<M extends keyof LibraryApi> = Parameters<LibraryApi[M]>[0];

const unknown = (what: "context" | "source", id: string) => err({ reason: "not_found" as const, what, id });
const tooMany = (what: "contexts" | "sources" | "attachments", max: number) =>
  err({ reason: "too_many" as const, what, max });

export function readContext({ store }: LibraryContext, id: string): Said<ContextDetail> {
  const context = store.contexts.read(id);
  if (context === null) return unknown("context", id);
  const [sources, attachments] = [store.contexts.sources(id), store.contexts.attachments(id)];
  return ok({ ...context, sources, attachments });
}

export function putContext(at: LibraryContext, input: Input<"putContext">): Said<ContextView> {
  const { contexts } = at.store;
  const { contextId: id, title, description, by } = input;
  if (contexts.read(id) === null && contexts.list().length >= CONTEXTS_MAX) {
    return tooMany("contexts", CONTEXTS_MAX);
  }
  const context = { id, title, description, by, changedAtMs: at.clock.nowMs() };
  change(at, { action: "context_put", subject: id, by }, () => contexts.put(context));
  return ok(context);
}

export function deleteContext(at: LibraryContext, { contextId, by }: Input<"deleteContext">): Said<null> {
  const { contexts } = at.store;
  if (contexts.read(contextId) === null) return unknown("context", contextId);
  change(
    at,
    { action: "context_deleted", subject: contextId, by },
    (when) => contexts.remove(contextId, when),
  );
  return ok(null);
}

export function attachContext(
  at: LibraryContext,
  { contextId, to, by }: Input<"attachContext">,
): Said<readonly Attachment[]> {
  const { contexts } = at.store;
  if (contexts.read(contextId) === null) return unknown("context", contextId);
  if (to.length > ATTACHMENTS_MAX) return tooMany("attachments", ATTACHMENTS_MAX);
  change(
    at,
    { action: "context_attached", subject: contextId, by },
    (when) => contexts.attach(contextId, to, when),
  );
  return ok(contexts.attachments(contextId));
}

export function putSource(at: LibraryContext, input: Input<"putSource">): Said<SourceView> {
  const { contexts } = at.store;
  const { contextId, sourceId: id, title, text, by } = input;
  if (contexts.read(contextId) === null) return unknown("context", contextId);
  const digest = bytesToHex(sha256(new TextEncoder().encode(text)));
  const known = contexts.source(contextId, id, null);
  if (known !== null && known.sha256 === digest && known.title === title) return ok(withoutText(known));
  if (known === null && contexts.sources(contextId).length >= SOURCES_MAX) {
    return tooMany("sources", SOURCES_MAX);
  }
  const revision = contexts.newestRevision(contextId, id) + 1;
  const made = { contextId, id, revision, title, sha256: digest, by, atMs: at.clock.nowMs() };
  change(at, { action: "source_put", subject: `${contextId}/${id}@${revision}`, by }, (when) => {
    contexts.putSource({ ...made, text }, chunksOf(text), when);
  });
  return ok(made);
}

export function readSource({ store }: LibraryContext, input: Input<"readSource">): Said<SourceText> {
  const { contextId, sourceId, revision } = input;
  const found = store.contexts.source(contextId, sourceId, revision);
  return found === null ? unknown("source", sourceId) : ok(found);
}

export function deleteSource(
  at: LibraryContext,
  { contextId, sourceId, by }: Input<"deleteSource">,
): Said<null> {
  const { contexts } = at.store;
  if (contexts.source(contextId, sourceId, null) === null) return unknown("source", sourceId);
  change(at, { action: "source_deleted", subject: `${contextId}/${sourceId}`, by }, (when) => {
    contexts.removeSource(contextId, sourceId, when);
  });
  return ok(null);
}

export function searchContext(
  { store }: LibraryContext,
  scope: AgentScope | null,
  { query, ...rest }: Parameters<LibraryApi["searchContext"]>[1],
): readonly FoundChunk[] {
  const pin = scope === null ? Number.MAX_SAFE_INTEGER : store.changes.pinOf(scope.runId, scope.claimedAtMs);
  const words = anyWord(query);
  return words === null ? [] : store.contexts.search(scope, pin, { words, ...rest });
}

export function getSource(
  { store }: LibraryContext,
  scope: AgentScope,
  { contextId, sourceId }: Parameters<LibraryApi["getSource"]>[1],
): Said<SourceText> {
  const pin = store.changes.pinOf(scope.runId, scope.claimedAtMs);
  const found = store.contexts.sourceAt(scope, pin, contextId, sourceId);
  return found === null ? unknown("source", sourceId) : ok(found);
}

function withoutText({ text: _, ...source }: SourceText): SourceView {
  return source;
}
