import assert from "node:assert/strict";
import type { GcResult } from "./gc.ts";
import { gcLine, gcSummary } from "./gc_command.ts";

const one = (result: GcResult["result"], bytes: number | null): GcResult => ({
  kind: "worktree",
  name: "/srv/runs/a",
  result,
  reason: "no journal knows its run",
  bytes,
});

Deno.test("gc says what it did, or would do, with sizes, also when that is nothing", () => {
  const gone = one("removed", 3 * 1024 ** 3);
  assert.equal(gcLine(gone), "removed      worktree    /srv/runs/a (3 GiB): no journal knows its run");
  assert.equal(gcSummary([gone, one("kept", null)], false), "1 removed (3 GiB), 1 kept, 0 failed");
  assert.equal(gcSummary([one("would_remove", 2_048)], true), "1 would be removed (2 KiB), 0 kept, 0 failed");
  assert.equal(gcSummary([], true), "0 would be removed (0 B), 0 kept, 0 failed");
});
