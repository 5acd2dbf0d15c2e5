import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { join } from "node:path";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { openJournal } from "./journal.ts";
import { lockRunner } from "./runner_lock.ts";
import { withTempDir } from "../../test/fake/temp_dir.ts";

const job = { id: "j1", runId: "r1", leaseEpoch: 1 } as PolledJob & { readonly runId: string };

Deno.test("the journal remembers phases and log positions across openings", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal.db");
    const first = await openJournal(path);
    await first.intendClaim("j1", null);
    await first.intendClaim("j1", null);
    assert.deepEqual(await first.claimIntents(), [{ jobId: "j1", offer: null }]);
    await first.openRun(job);
    await first.writePhase("r1", { kind: "exited", worktree: null, ending: { kind: "lost" } });
    await first.writeLogPosition("r1", { nextSequence: 3, offset: 40, inflightBytes: 5 });
    // A claim heard twice must not take a run back to its beginning.
    await first.openRun(job);
    first.close();

    const second = await openJournal(path);
    assert.deepEqual(await second.claimIntents(), []);
    assert.deepEqual(await second.runs(), [{
      runId: "r1",
      job,
      phase: { kind: "exited", worktree: null, ending: { kind: "lost" } },
      log: { nextSequence: 3, offset: 40, inflightBytes: 5 },
    }]);
    await second.closeRun("r1");
    assert.deepEqual(await second.runs(), []);
    second.close();
  });
});

Deno.test("the journal's files are for their owner only", async () => {
  await withTempDir(async (dir) => {
    const journal = await openJournal(join(dir, "journal.db"));
    await journal.intendClaim("j1", null);
    for await (const file of Deno.readDir(dir)) {
      const { mode } = await Deno.stat(join(dir, file.name));
      assert.equal((mode! & 0o777).toString(8), "600", file.name);
    }
    journal.close();
  });
});

Deno.test("a journal of another version is refused, not guessed", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal.db");
    const { createClient } = await import("@libsql/client");
    const client = createClient({ url: `file:${path}` });
    await client.execute("pragma user_version = 99");
    client.close();
    await assert.rejects(openJournal(path), /schema version 2 or less: current value is 99/);
  });
});

Deno.test("a runner's lock is held once", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "lock");
    {
      using first = await lockRunner(path);
      assert.notEqual(first, null);
      assert.equal(await lockRunner(path), null);
    }
    using again = await lockRunner(path);
    assert.notEqual(again, null);
  });
});

Deno.test("a journal of the version before is carried on, with its intents", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal.db");
    const old = createClient({ url: `file:${path}` });
    await old.batch([
      "create table claim_intents (job_id text primary key)",
      `create table runs (run_id text primary key, job text not null, phase text not null,
        log_sequence integer not null, log_offset integer not null, log_inflight_bytes integer not null)`,
      "insert into claim_intents values ('j1')",
      "pragma user_version = 1",
    ], "write");
    old.close();
    const journal = await openJournal(path);
    assert.deepEqual(await journal.claimIntents(), [{ jobId: "j1", offer: null }]);
    journal.close();
  });
});
