/** What may be asked of a `Library` object: contexts, memory and the built-in issues of one project. Types only. */
import type { IssueData } from "../../protocol/agent/tool_results.ts";
import type { Result } from "../../protocol/result.ts";

export type LibraryError =
  | {
    readonly reason: "not_found";
    readonly what: "context" | "source" | "memory" | "issue";
    readonly id: string;
  }
  | {
    readonly reason: "too_many";
    readonly what: "contexts" | "sources" | "memories" | "attachments" | "comments" | "issues";
    readonly max: number;
  };

/** Who asks, as the queue proved it: what is pinned is pinned as of `claimedAtMs`. */
export interface AgentScope {
  readonly runId: string;
  readonly claimedAtMs: number;
  readonly lineId: string;
  readonly stationId: string;
  readonly taskId: string;
}

export interface ContextView {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly by: string;
  readonly changedAtMs: number;
}

/** What a context is attached to. Nothing set: the whole project. A station is one of a line. */
export interface Attachment {
  readonly lineId: string | null;
  readonly stationId: string | null;
  readonly taskId: string | null;
}

export interface SourceView {
  readonly contextId: string;
  readonly id: string;
  readonly revision: number;
  readonly title: string;
  readonly sha256: string;
  readonly by: string;
  readonly atMs: number;
}

export interface SourceText extends SourceView {
  readonly text: string;
}

export interface ContextDetail extends ContextView {
  readonly sources: readonly SourceView[];
  readonly attachments: readonly Attachment[];
}

export interface FoundChunk {
  readonly contextId: string;
  readonly sourceId: string;
  readonly revision: number;
  readonly title: string;
  readonly headings: readonly string[];
  readonly text: string;
  readonly score: number;
}

export interface MemoryView {
  readonly id: string;
  readonly principal: string;
  readonly namespace: string;
  readonly content: string;
  readonly provenance: string;
  readonly confidence: number | null;
  readonly by: string;
  readonly recordedAtMs: number;
}

export interface Recalled {
  readonly revision: number;
  readonly items: readonly (MemoryView & { readonly relevance: number })[];
}

export interface IssueQuery {
  readonly text: string | null;
  readonly state: "open" | "closed" | null;
  readonly labels: readonly string[];
  readonly assignee: string | null;
  readonly limit: number;
  readonly offset: number;
}

export interface IssuePatch {
  readonly title?: string | undefined;
  readonly body?: string | undefined;
  readonly state?: "open" | "closed" | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly assignee?: string | null | undefined;
}

type Answer<T> = Promise<Result<T, LibraryError>>;

/** `by` is who changes something, as the audit calls them. The caller has been authorised. */
export interface LibraryApi {
  listContexts(): Promise<readonly ContextView[]>;
  readContext(contextId: string): Answer<ContextDetail>;
  putContext(
    input: {
      readonly contextId: string;
      readonly title: string;
      readonly description: string;
      readonly by: string;
    },
  ): Answer<ContextView>;
  deleteContext(input: { readonly contextId: string; readonly by: string }): Answer<null>;
  /** Replaces what a context is attached to. */
  attachContext(
    input: { readonly contextId: string; readonly to: readonly Attachment[]; readonly by: string },
  ): Answer<readonly Attachment[]>;
  /** A new revision, unless title and text are those of the newest. */
  putSource(
    input: {
      readonly contextId: string;
      readonly sourceId: string;
      readonly title: string;
      readonly text: string;
      readonly by: string;
    },
  ): Answer<SourceView>;
  readSource(
    input: { readonly contextId: string; readonly sourceId: string; readonly revision: number | null },
  ): Answer<SourceText>;
  deleteSource(
    input: { readonly contextId: string; readonly sourceId: string; readonly by: string },
  ): Answer<null>;

  /**
   * Passages of what is attached to the agent's work, as of its run's start; the best first. `scope` null: a person's
   * search, of everything as it is now.
   */
  searchContext(
    scope: AgentScope | null,
    input: {
      readonly query: string;
      readonly contextId: string | null;
      readonly sourceId: string | null;
      readonly limit: number;
    },
  ): Promise<readonly FoundChunk[]>;
  getSource(
    scope: AgentScope,
    input: { readonly contextId: string; readonly sourceId: string },
  ): Answer<SourceText>;

  listMemories(
    input: { readonly namespace: string | null; readonly limit: number; readonly cursor: string | null },
  ): Promise<{ readonly memories: readonly MemoryView[]; readonly nextCursor: string | null }>;
  readMemory(id: string): Answer<MemoryView>;
  addMemory(input: Omit<MemoryView, "id" | "recordedAtMs">): Answer<MemoryView>;
  /** A revision in place of the one that counts. */
  putMemory(input: Omit<MemoryView, "recordedAtMs">): Answer<MemoryView>;
  deleteMemory(input: { readonly id: string; readonly by: string }): Answer<null>;
  recall(scope: AgentScope, input: { readonly query: string; readonly limit: number }): Promise<Recalled>;

  searchIssues(input: IssueQuery): Promise<readonly IssueData[]>;
  getIssue(key: string): Answer<IssueData>;
  createIssue(
    input: {
      readonly title: string;
      readonly body: string;
      readonly labels: readonly string[];
      readonly assignee: string | null;
      readonly by: string;
    },
  ): Answer<IssueData>;
  commentIssue(
    input: { readonly key: string; readonly body: string; readonly by: string },
  ): Answer<IssueData>;
  updateIssue(
    input: { readonly key: string; readonly patch: IssuePatch; readonly by: string },
  ): Answer<IssueData>;
}
