import assert from "node:assert/strict";
import { join } from "node:path";
import { LOG_OLD_MAX, rotateLog } from "./log_rotation.ts";
import { startChild, waitUntilReady } from "./processes.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "shopfloor_logs_" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const filesOf = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a log that is small, or not there, stays as it is", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    assert.equal(rotateLog(path, 10), false);
    await Deno.writeTextFile(path, "small");
    assert.equal(rotateLog(path, 10), false);
    assert.deepEqual(filesOf(folder), ["log"]);
  }));

Deno.test("the newest of what a log had is kept, in so many files and no more", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log");
    for (let n = 1; n <= LOG_OLD_MAX + 3; n++) {
      await Deno.writeTextFile(path, `log number ${n}`, { append: true });
      assert.equal(rotateLog(path, 10), true);
      assert.equal(await Deno.readTextFile(path), "");
    }
    assert.equal(filesOf(folder).length, LOG_OLD_MAX + 1);
    for (let n = 1; n <= LOG_OLD_MAX; n++) {
      assert.equal(await Deno.readTextFile(`${path}.${n}`), `log number ${LOG_OLD_MAX + 4 - n}`);
    }
    assert.equal(Deno.statSync(`${path}.1`).mode! & 0o777, 0o600);
  }));

Deno.test("a child that goes on writing while its log is rotated writes into it from the beginning", () =>
  withFolder(async (folder) => {
    const logPath = join(folder, "log");
    const go = join(folder, "go");
    const child = startChild({
      name: "writer",
      argv: ["sh", "-c", `echo before; while [ ! -e ${go} ]; do sleep 0.01; done; echo after; sleep 60`],
      logPath,
    });
    const says = (word: string) =>
      waitUntilReady(child, {
        deadlineMs: 10_000,
        isReady: async () => (await Deno.readTextFile(logPath)) === `${word}\n`,
      });
    await says("before");
    assert.equal(rotateLog(logPath, 1), true);
    await Deno.writeTextFile(go, "");
    await says("after");
    assert.equal(await Deno.readTextFile(`${logPath}.1`), "before\n");
    await child.kill9();
  }));

Deno.test("a log that grew too large before is rotated when its child starts, and while it runs", () =>
  withFolder(async (folder) => {
    const logPath = join(folder, "log");
    await Deno.writeTextFile(logPath, "x".repeat(200));
    const log = { maxBytes: 100, lookMs: 10 };
    const child = startChild({ name: "w", argv: ["sh", "-c", "printf %0150d 7; sleep 60"], logPath, log });
    assert.equal(child.logStartBytes, 0);
    await waitUntilReady(child, {
      deadlineMs: 10_000,
      isReady: async () => (await Deno.readTextFile(`${logPath}.1`)).endsWith("7"),
    });
    assert.equal((await Deno.readTextFile(`${logPath}.2`)).length, 200);
    assert.equal((await Deno.stat(logPath)).size, 0);
    await child.kill9();
  }));
