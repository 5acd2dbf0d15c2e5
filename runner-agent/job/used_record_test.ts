import assert from "node:assert/strict";
import { modelUsage } from "../../protocol/line/model_usage.ts";
import { NO_USAGE } from "../domain/agent/budget.ts";
import { readUsed, type Used, writeUsed } from "./used_record.ts";

async function withRoot(
  body: (root: string, read: () => Promise<Used | null>, told: string[]) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor_used_" });
  const told: string[] = [];
  const log = (event: string) => void told.push(event);
  try {
    await body(root, () => readUsed({ dirs: { root }, deps: { log }, ids: { runId: "r1" } }), told);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("what was noted is read again, and nothing was noted of an agent that never ran", async () => {
  await withRoot(async (root, read, told) => {
    assert.equal(await read(), null);
    const used = {
      usage: { ...NO_USAGE, inputTokens: 3 },
      failure: "it broke",
      overBudget: null,
      notDone: null,
    };
    await writeUsed(root, used);
    assert.deepEqual(await read(), used);
    assert.deepEqual(told, []);
  });
});

Deno.test("forged numbers are read within their bounds, so that the run is reported", async () => {
  await withRoot(async (root, read) => {
    for (const value of ["1e308", "1e999", "-1", "9007199254740992", '"7"', "null", "0.5"]) {
      const usage = `{"inputTokens":${value},"outputTokens":${value},"cacheReadTokens":${value},` +
        `"cacheWriteTokens":${value},"costUsd":${value}}`;
      await Deno.writeTextFile(`${root}/used.json`, `{"usage":${usage},"failure":null}`);
      const used = await read();
      assert.ok(
        used !== null && modelUsage.safeParse(used.usage).success,
        `${value}: ${JSON.stringify(used)}`,
      );
    }
  });
});

Deno.test("a file that cannot be read is told of and is none, never a fault of the run", async () => {
  await withRoot(async (root, read, told) => {
    for (const text of ["", "{", "null", "[]", '{"usage":7,"failure":null}', '{"failure":null}']) {
      await Deno.writeTextFile(`${root}/used.json`, text);
      assert.equal(await read(), null, text);
    }
    await Deno.remove(`${root}/used.json`);
    await Deno.mkdir(`${root}/used.json`);
    assert.equal(await read(), null, "a directory");
    assert.deepEqual(told, Array(7).fill("used_unreadable"));
  });
});
