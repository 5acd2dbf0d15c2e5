import assert from "node:assert/strict";
import { CallConsole } from "./call_console.ts";
import { CONSOLE_MAX_BYTES, CONSOLE_WAITING_MAX_BYTES } from "./call_limits.ts";
import { KeptBytes } from "./kept_bytes.ts";

async function withConsole(
  body: (console: CallConsole, file: string, faults: unknown[]) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const file = `${dir}/console`;
  await Deno.writeTextFile(file, "");
  const faults: unknown[] = [];
  await body(
    new CallConsole({ file, onWritten: () => Promise.resolve(), onFault: (error) => faults.push(error) }),
    file,
    faults,
  );
  await Deno.remove(dir, { recursive: true });
}

Deno.test("what is said is written in its order, as lines", async () => {
  await withConsole(async (console, file) => {
    console.say("one");
    console.say("two\n");
    await console.written();
    console.say("three");
    await console.written();
    assert.equal(await Deno.readTextFile(file), "one\ntwo\nthree\n");
  });
});

Deno.test("what is over the bound of the run is not written, whichever life said it, and that is said once", async () => {
  await withConsole(async (console, file) => {
    await Deno.truncate(file, CONSOLE_MAX_BYTES - 10);
    for (let n = 0; n < 5; n++) {
      console.say("a line of many words");
      await console.written();
    }
    const text = (await Deno.readTextFile(file)).slice(CONSOLE_MAX_BYTES - 10);
    assert.equal(text, "[the pipeline says more than is kept: the rest is not shown]\n");
  });
});

Deno.test("what waits for the disk is bounded: the rest is lost", async () => {
  await withConsole(async (console, file) => {
    const line = "x".repeat(100_000);
    for (let n = 0; n < 100; n++) console.say(line);
    await console.written();
    assert.ok((await Deno.stat(file)).size <= CONSOLE_WAITING_MAX_BYTES);
  });
});

Deno.test("a disk that refuses is told once, and nobody waits for it", async () => {
  await withConsole(async (console, file, faults) => {
    await Deno.remove(file);
    await Deno.mkdir(file);
    for (let n = 0; n < 3; n++) {
      console.say("x");
      await console.written();
    }
    assert.equal(faults.length, 1);
  });
});

Deno.test("what calls keep together is bounded, and free again after each of them", () => {
  const all = new KeptBytes(10);
  const [one, two] = [all.part(), all.part()];
  assert.ok(one.take(6) && !two.take(5) && two.take(4) && !two.take(1));
  one.release();
  one.release();
  assert.ok(two.take(6) && !two.take(1));
});
