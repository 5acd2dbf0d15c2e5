import assert from "node:assert/strict";
import { readAssets, taskAssets } from "./asset_answers.ts";
import { polledJob } from "./answers.ts";

const HASH = "A".repeat(64);

Deno.test("an asset is read in the reference's words, in ours, and with what it leaves out", () => {
  assert.deepEqual(
    readAssets([
      { fileName: "a", mimeType: "image/png", size: 3, url: "/a" },
      { name: "b", type: "text/plain", size: 0, sha256: HASH, url: "/b", putAt: 1 },
      { fileName: "c", mimeType: null, size: null, url: "/c" },
    ]),
    [
      { fileName: "a", mimeType: "image/png", url: "/a", size: 3 },
      { fileName: "b", mimeType: "text/plain", url: "/b", size: 0, sha256: HASH.toLowerCase() },
      { fileName: "c", mimeType: "application/octet-stream", url: "/c" },
    ],
  );
});

Deno.test("what cannot be read is not checked, or has no name to be placed by", () => {
  assert.deepEqual(
    readAssets([{ fileName: "a", size: "3", sha256: "sha256:x", url: 7 }, null, "b", { fileName: ["c"] }]),
    [
      { fileName: "a", mimeType: "application/octet-stream", url: "" },
      ...Array(3).fill({ fileName: "", mimeType: "application/octet-stream", url: "" }),
    ],
  );
});

Deno.test("a list that is none does not cost the job", () => {
  for (const list of [undefined, null, [], {}, "x"]) assert.equal(taskAssets.parse(list), undefined);
  const definition = { taskId: "t", taskAssets: { a: 1 } };
  assert.equal(
    polledJob.parse({ id: "j", agentDefinition: definition }).agentDefinition.taskAssets,
    undefined,
  );
});

Deno.test("what was read is read the same again, as a journal does", () => {
  const once = taskAssets.parse([{ name: "b", type: "text/plain", size: 1, sha256: HASH, url: "/b" }]);
  assert.deepEqual(taskAssets.parse(JSON.parse(JSON.stringify(once))), once);
});
