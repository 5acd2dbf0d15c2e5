/** The library in real workerd: search by FTS5, what a run is pinned to, whose memory it is, and the built-in issues. */
import assert from "node:assert/strict";
import type { AgentScope, FoundChunk, MemoryView, Recalled } from "../../worker/domain/library_api.ts";
import { startPlane } from "../fake/plane.ts";

const NAME = "o/p";
const scope = (claimedAtMs: number, more: Partial<AgentScope> = {}): AgentScope => ({
  ...{ runId: `r${claimedAtMs}`, claimedAtMs, lineId: "line", stationId: "make", taskId: "t1" },
  ...more,
});

Deno.test({
  name: "the library of a project",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    // deno-lint-ignore no-explicit-any -- answers of every shape
    const call = <T = any>(method: string, ...args: unknown[]) =>
      plane.rpc<T>("LIBRARY", NAME, method, ...args);
    const must = async (method: string, ...args: unknown[]) => {
      const answer = await call(method, ...args);
      assert.equal(answer.ok, true, JSON.stringify(answer));
      return answer.value;
    };
    const put = (sourceId: string, text: string, contextId = "guide") =>
      must("putSource", { contextId, sourceId, title: sourceId, text, by: "user:ada" });
    const find = (who: AgentScope, query: string, more: object = {}) =>
      call<readonly FoundChunk[]>("searchContext", who, {
        ...{ query, contextId: null, sourceId: null, limit: 10 },
        ...more,
      });
    const later = () => Date.now() + 1_000;

    await t.step("what is attached is found, the better passage first, with its headings", async () => {
      await must("putContext", { contextId: "guide", title: "Guide", description: "", by: "user:ada" });
      await put(
        "style",
        "# Style\n\n## Errors\n\nErrors name the value.\n\n## Tests\n\nTesting errors: say what errors.",
      );
      await put("other", "# Other\n\nNothing of that kind.");
      assert.deepEqual(await find(scope(later()), "errors"), [], "attached to nothing yet");
      await must("attachContext", {
        ...{ contextId: "guide", by: "user:ada" },
        to: [{ lineId: "line", stationId: "make", taskId: null }],
      });
      const found = await find(scope(later() + 1), "How are ERRORS tested?");
      assert.deepEqual(found.map(({ headings }) => headings), [["Style", "Tests"], ["Style", "Errors"]]);
      assert.ok(found[0]!.score >= found[1]!.score);
      assert.deepEqual([found[0]!.contextId, found[0]!.sourceId, found[0]!.revision], ["guide", "style", 1]);
      assert.deepEqual(await find(scope(later() + 2, { stationId: "ship" }), "errors"), []);
      assert.deepEqual(await find(scope(later() + 3), "errors", { sourceId: "other" }), []);
    });

    await t.step("what looks like an operator is a word", async () => {
      for (const query of ['"', "NEAR(", "errors AND", "*", "a-b:c", "title:x OR"]) {
        assert.ok(Array.isArray(await find(scope(later() + 10), query)), query);
      }
    });

    await t.step("a run reads as of its start, after a change, a deletion and an eviction", async () => {
      const before = scope(later() + 20);
      const text = (await must("getSource", before, { contextId: "guide", sourceId: "style" })).text;
      await put("style", "# Style\n\nQuite another text about bananas.");
      await must("deleteSource", { contextId: "guide", sourceId: "other", by: "user:ada" });
      await plane.evict("LIBRARY", NAME);
      assert.equal((await must("getSource", before, { contextId: "guide", sourceId: "style" })).text, text);
      assert.deepEqual(await find(before, "bananas"), []);
      assert.equal((await find(before, "nothing kind"))[0]!.sourceId, "other");
      const after = scope(later() + 21);
      assert.equal((await find(after, "bananas"))[0]!.revision, 2);
      assert.deepEqual(await find(after, "nothing kind"), []);
      const gone = await call("getSource", after, { contextId: "guide", sourceId: "other" });
      assert.deepEqual(gone.error, { reason: "not_found", what: "source", id: "other" });
      await must("deleteContext", { contextId: "guide", by: "user:ada" });
      assert.equal((await find(before, "errors")).length, 2);
      assert.deepEqual(await find(scope(later() + 22), "bananas"), []);
    });

    await t.step("the same text again is no new revision", async () => {
      await must("putContext", { contextId: "again", title: "A", description: "", by: "user:ada" });
      assert.equal((await put("one", "same", "again")).revision, 1);
      assert.equal((await put("one", "same", "again")).revision, 1);
      assert.equal((await put("one", "other", "again")).revision, 2);
    });

    await t.step("memory is whose it is, and as of the run's start", async () => {
      const note = (content: string, principal: string, namespace: string) =>
        must("addMemory", {
          ...{ content, principal, namespace, provenance: "review of task t0", confidence: 0.5 },
          by: "user:ada",
        }) as Promise<MemoryView>;
      const first = await note("The build needs node 22.", "*", "project");
      await note("The build of others needs java.", "station:other/make", "project");
      await note("The build of this line is slow.", "station:line/make", "line:line");
      await note("The build of a task elsewhere.", "*", "task:t9");
      const recall = (who: AgentScope) => call<Recalled>("recall", who, { query: "building", limit: 10 });
      const before = scope(later() + 30);
      const items = (await recall(before)).items;
      assert.deepEqual(items.map(({ content }) => content).sort(), [
        "The build needs node 22.",
        "The build of this line is slow.",
      ]);
      assert.ok(items.every(({ relevance }) => relevance > 0));
      await must("putMemory", { ...first, content: "The build needs node 24.", by: "user:bob" });
      assert.ok((await recall(before)).items.some(({ content }) => content.includes("22")));
      const after = await recall(scope(later() + 31));
      assert.ok(after.items.some(({ content }) => content.includes("24")));
      assert.ok(after.revision > (await recall(before)).revision);
      await must("deleteMemory", { id: first.id, by: "user:bob" });
      assert.equal((await recall(scope(later() + 32))).items.length, 1);
    });

    await t.step("issues are made, found, commented and changed", async () => {
      const by = "job:j1";
      const made = await must("createIssue", {
        ...{ title: "Login fails", body: "With a token.", labels: ["bug"], assignee: null, by },
      });
      assert.deepEqual(made.ref, { tracker: "builtin", project: NAME, key: "1" });
      await must("createIssue", { title: "Other", body: "b", labels: [], assignee: "ada", by });
      const search = (more: object) =>
        call("searchIssues", {
          ...{ text: null, state: null, labels: [], assignee: null, limit: 10, offset: 0 },
          ...more,
        });
      const keys = async (more: object) =>
        (await search(more)).map(({ ref }: { ref: { key: string } }) => ref.key);
      assert.deepEqual(await keys({}), ["2", "1"]);
      assert.deepEqual(await keys({ text: "tokens" }), ["1"]);
      assert.deepEqual(await keys({ labels: ["bug"] }), ["1"]);
      assert.deepEqual(await keys({ assignee: "ada" }), ["2"]);
      const commented = await must("commentIssue", { key: "1", body: "Seen too.", by });
      assert.deepEqual(commented.comments.map(({ author, body }: Record<string, string>) => [author, body]), [
        [by, "Seen too."],
      ]);
      await must("updateIssue", { key: "1", patch: { state: "closed", title: "Login works" }, by });
      assert.deepEqual(await keys({ state: "open" }), ["2"]);
      assert.deepEqual(await keys({ text: "fails" }), [], "the old words are forgotten");
      const unknown = await call("getIssue", "9");
      assert.deepEqual(unknown.error, { reason: "not_found", what: "issue", id: "9" });
    });

    await t.step("what was replaced a month ago is cleared up by the next change", async () => {
      await plane.rpc("LIBRARY", NAME, "advanceClock", 31 * 24 * 3_600_000);
      await must("putContext", { contextId: "new", title: "N", description: "", by: "user:ada" });
      const rows = await plane.sql(
        "LIBRARY",
        NAME,
        "select count(*) as n from sources where until_seq is not null",
      );
      assert.equal(rows[0]!["n"], 0);
      const chunks = await plane.sql("LIBRARY", NAME, "select count(*) as n from chunks");
      assert.equal(chunks[0]!["n"], 1);
    });
  },
});
