import assert from "node:assert/strict";
import { isCredentialPath, isMemoryPath, memoryChange, withChange } from "./agent_memory.ts";

const text = (files: ReadonlyMap<string, Uint8Array>) =>
  Object.fromEntries([...files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));
const files = (all: Readonly<Record<string, string>>) =>
  new Map(Object.entries(all).map(([path, content]) => [path, new TextEncoder().encode(content)]));
const digest = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

for (
  const path of [
    "projects/-workspace/memory/MEMORY.md",
    "projects/-workspace/memory/how/to build.md",
    "agent-memory/reviewer/MEMORY.md",
  ]
) {
  Deno.test(`${path} is memory`, () => assert.ok(isMemoryPath(path)));
}

for (
  const path of [
    "settings.json",
    ".credentials.json",
    "CLAUDE.md",
    "projects/-workspace/session.jsonl",
    "projects/memory/x",
    "projects/-workspace/memory/",
    "projects/-workspace/memory/../../../settings.json",
    "projects/../memory/x",
    "agent-memory//x",
    "/agent-memory/x",
    "agent-memory\\x",
    "agent-memory/a\nb",
    "hooks/x",
  ]
) {
  Deno.test(`${JSON.stringify(path)} is no memory`, () => assert.ok(!isMemoryPath(path)));
}

Deno.test("credentials are known by their names", () => {
  assert.ok([".credentials.json", "a/credentials", "a/.CREDENTIAL.json"].every(isCredentialPath));
  assert.ok(!isCredentialPath("projects/-workspace/memory/credentials_policy.md"));
});

Deno.test("a run changes what it has changed, and leaves what others have put since", () => {
  const before = { same: "1", edited: "1", dropped: "1" };
  const change = memoryChange(before, files({ same: "1", edited: "2", made: "1" }), digest)!;
  assert.deepEqual([text(change.written), change.removed], [{ edited: "2", made: "1" }, ["dropped"]]);
  const kept = files({ same: "theirs", edited: "1", dropped: "1", foreign: "f" });
  assert.deepEqual(text(withChange(kept, change)), { same: "theirs", edited: "2", foreign: "f", made: "1" });
  assert.equal(memoryChange(before, files({ same: "1", edited: "1", dropped: "1" }), digest), null);
});
