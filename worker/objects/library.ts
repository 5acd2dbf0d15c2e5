/**
 * `Library`: what a project's agents may read beside their task, and its built-in issues. A Durable Object named
 * `{owner}/{project}`; a shell (O3) whose parts are `library_contexts.ts`, `library_memory.ts` and `library_issues.ts`.
 *
 * Owns: contexts with their documents and attachments, memory, issues; in its SQLite with FTS5. No alarm: what was
 * replaced long ago is cleared up by the next change.
 *
 * Invariants
 * 1. (O1, O2) A change, its place in the order and its rows are one transaction.
 * 2. A run reads as of its start: the same question gets the same answer for as long as it runs, whatever people change.
 * 3. Agents write issues only; contexts and memory are people's.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/library/migrations.js";
import type { AgentScope, IssueQuery, LibraryApi } from "../domain/library_api.ts";
import type { Env } from "../env.ts";
import { createLibraryStore } from "../store/library/store.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import type { LibraryContext } from "./library_context.ts";
import * as contexts from "./library_contexts.ts";
import * as issues from "./library_issues.ts";
import * as memory from "./library_memory.ts";
import { objectName } from "./object_name.ts";
import { createOrderedIds } from "./ordered_ids.ts";

type Input<M extends keyof LibraryApi> = Parameters<LibraryApi[M]>[0];

/** See the file's header. */
export class Library extends DurableObject<Env> implements LibraryApi {
  readonly #clock: ObjectClock;
  readonly #at: LibraryContext;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const clock = this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    this.#at = {
      name: objectName(ctx),
      clock,
      store: createLibraryStore(ctx.storage),
      newId: createOrderedIds(() => clock.nowMs()),
    };
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
    });
  }

  async listContexts() {
    return await Promise.resolve(this.#at.store.contexts.list());
  }

  async readContext(contextId: string) {
    return await Promise.resolve(contexts.readContext(this.#at, contextId));
  }

  async putContext(input: Input<"putContext">) {
    return await Promise.resolve(contexts.putContext(this.#at, input));
  }

  async deleteContext(input: Input<"deleteContext">) {
    return await Promise.resolve(contexts.deleteContext(this.#at, input));
  }

  async attachContext(input: Input<"attachContext">) {
    return await Promise.resolve(contexts.attachContext(this.#at, input));
  }

  async putSource(input: Input<"putSource">) {
    return await Promise.resolve(contexts.putSource(this.#at, input));
  }

  async readSource(input: Input<"readSource">) {
    return await Promise.resolve(contexts.readSource(this.#at, input));
  }

  async deleteSource(input: Input<"deleteSource">) {
    return await Promise.resolve(contexts.deleteSource(this.#at, input));
  }

  async searchContext(scope: AgentScope | null, input: Parameters<LibraryApi["searchContext"]>[1]) {
    return await Promise.resolve(contexts.searchContext(this.#at, scope, input));
  }

  async getSource(scope: AgentScope, input: Parameters<LibraryApi["getSource"]>[1]) {
    return await Promise.resolve(contexts.getSource(this.#at, scope, input));
  }

  async listMemories(input: Input<"listMemories">) {
    return await Promise.resolve(memory.listMemories(this.#at, input));
  }

  async readMemory(id: string) {
    return await Promise.resolve(memory.readMemory(this.#at, id));
  }

  async addMemory(input: Input<"addMemory">) {
    return await Promise.resolve(memory.addMemory(this.#at, input));
  }

  async putMemory(input: Input<"putMemory">) {
    return await Promise.resolve(memory.putMemory(this.#at, input));
  }

  async deleteMemory(input: Input<"deleteMemory">) {
    return await Promise.resolve(memory.deleteMemory(this.#at, input));
  }

  async recall(scope: AgentScope, input: Parameters<LibraryApi["recall"]>[1]) {
    return await Promise.resolve(memory.recall(this.#at, scope, input));
  }

  async searchIssues(input: IssueQuery) {
    return await Promise.resolve(issues.searchIssues(this.#at, input));
  }

  async getIssue(key: string) {
    return await Promise.resolve(issues.getIssue(this.#at, key));
  }

  async createIssue(input: Input<"createIssue">) {
    return await Promise.resolve(issues.createIssue(this.#at, input));
  }

  async commentIssue(input: Input<"commentIssue">) {
    return await Promise.resolve(issues.commentIssue(this.#at, input));
  }

  async updateIssue(input: Input<"updateIssue">) {
    return await Promise.resolve(issues.updateIssue(this.#at, input));
  }

  /** Moves this object's clock; only where SHOPFLOOR_CLOCK is `fake`. */
  async advanceClock(ms: number) {
    this.#clock.advance(ms);
    await Promise.resolve();
  }
}
