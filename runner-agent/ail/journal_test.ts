import assert from "node:assert/strict";
import { join } from "node:path";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import { JournalFullError, openJournal } from "./journal.ts";

Deno.test("a journal gives back each record once, however long its lines are", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal");
    const long = "ä".repeat(400_000);
    const first = await openJournal(path);
    await first.record("a", { text: "x\ny" });
    await first.record("b", long);
    await first.record("c", null);
    first.close();
    const second = await openJournal(path);
    assert.deepEqual([...second.unread()].map(([id]) => id), ["a", "b", "c"]);
    assert.deepEqual(second.read("a"), { answer: { text: "x\ny" } });
    assert.equal(second.read("b")?.answer, long);
    assert.deepEqual(second.read("c"), { answer: null });
    assert.equal(second.read("a"), undefined);
    assert.deepEqual([...second.unread()], []);
    second.close();
  });
});

Deno.test("a last line that was cut is taken away, and the next record is whole", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal");
    await Deno.writeTextFile(path, '{"id":"a","answer":1}\n{"id":"b","ans');
    const cut = await openJournal(path);
    assert.equal(cut.read("b"), undefined);
    await cut.record("b", 2);
    cut.close();
    assert.equal(await Deno.readTextFile(path), '{"id":"a","answer":1}\n{"id":"b","answer":2}\n');
  });
});

Deno.test("a line in the middle that is no record is told without its text", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal");
    await Deno.writeTextFile(path, '{"id":"a","answer":1}\n{"answer":"secret"}\n');
    await assert.rejects(openJournal(path), (error: Error) => {
      assert.match(error.message, /the one before byte 42 is none/);
      assert.ok(!error.message.includes("secret"));
      return true;
    });
  });
});

Deno.test("a journal takes no more than it may have", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "journal");
    const journal = await openJournal(path, 40);
    await journal.record("a", "0123456789");
    await assert.rejects(async () => await journal.record("b", "0123456789"), JournalFullError);
    journal.close();
    assert.equal(await Deno.readTextFile(path), '{"id":"a","answer":"0123456789"}\n');
  });
});

Deno.test("after a record that could not be written none is", async () => {
  await withTempDir(async (dir) => {
    const journal = await openJournal(join(dir, "journal"));
    await journal.record("a", 1);
    journal.close();
    await assert.rejects(async () => await journal.record("b", 1), /Bad resource|closed/i);
    await assert.rejects(async () => await journal.record("c", 1), /an earlier record could not be written/);
  });
});
