/** What an agent told its operator, against the moment in which it ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ok } from "../../protocol/result.ts";
import type { Harvest } from "../ports.ts";
import { createStationEnd } from "./station_end.ts";

const CLEAN: Harvest = { headCommit: "0".repeat(40), commitCount: 0, uncommittedPaths: [] };

Deno.test("an agent that ends while its call is being answered has concluded what it called with", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const looked = Promise.withResolvers<void>();
    const end = createStationEnd({
      file: join(dir, "concluded.json"),
      nowMs: () => 0,
      autoGit: true,
      commitMessageTemplate: "",
      harvest: async () => {
        await looked.promise;
        return ok(CLEAN);
      },
      describe: () => "",
    });
    const asked = end.complete({ conclusion: "success", summary: "done", exitCode: 0 });
    const read = end.reading();
    looked.resolve();
    const reading = await read;
    assert.deepEqual(reading, {
      kind: "read",
      conclusion: { conclusion: "success", summary: "done", exitCode: 0 },
      by: "tool",
    });
    assert.equal((await asked).kind, "recorded");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("where a check decides, no agent concludes with success, and each may with failure", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const end = createStationEnd({
      file: join(dir, "concluded.json"),
      nowMs: () => 0,
      autoGit: false,
      commitMessageTemplate: "",
      harvest: () => Promise.resolve(ok(CLEAN)),
      isChecked: () => true,
      describe: () => "",
    });
    const refused = await end.complete({ conclusion: "success", summary: "done", exitCode: 0 });
    assert.match(refused.kind === "refused" ? refused.message : "", /its check decides that: end your turn/);
    assert.equal(end.concludedAtMs(), null);
    const failed = await end.complete({
      conclusion: "failure",
      summary: "the check is wrong",
      exitCode: 1,
    });
    assert.equal(failed.kind, "recorded");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
