import assert from "node:assert/strict";
import { eventually } from "./container_contract.ts";
import { followFile } from "./follow_file.ts";
import { realClock } from "./test_world.ts";

async function following(
  body: (world: { path: string; seen: () => string; end: () => void; done: Promise<void> }) => Promise<void>,
) {
  const dir = await Deno.makeTempDir();
  const ended = Promise.withResolvers<void>();
  let seen = "";
  const done = followFile(`${dir}/log`, {
    onBytes: (bytes) => seen += new TextDecoder().decode(bytes),
    onReplaced: () => seen += "|",
    ended: ended.promise,
    signal: new AbortController().signal,
    clock: realClock,
  });
  await body({ path: `${dir}/log`, seen: () => seen, end: () => ended.resolve(), done });
  await Deno.remove(dir, { recursive: true });
}

Deno.test("followFile waits for the file, reads what is added, and reads the last words after the end is known", () =>
  following(async ({ path, seen, end, done }) => {
    await Deno.writeTextFile(path, "one ");
    await eventually("the first words are read", () => seen() === "one ");
    Deno.writeTextFileSync(path, "two", { append: true });
    end();
    await done;
    assert.equal(seen(), "one two");
  }));

Deno.test("followFile reads a replaced file from its start, after the rest of the old one", () =>
  following(async ({ path, seen, end, done }) => {
    await Deno.writeTextFile(path, "old ");
    await eventually("the old file is open", () => seen() === "old ");
    Deno.writeTextFileSync(path, "rest", { append: true });
    Deno.writeTextFileSync(`${path}.new`, "new");
    Deno.renameSync(`${path}.new`, path);
    await eventually("the new file is read", () => seen() === "old rest|new");
    end();
    await done;
  }));

Deno.test("followFile ends for a file that never came to be", () =>
  following(async ({ seen, end, done }) => {
    end();
    await done;
    assert.equal(seen(), "");
  }));

Deno.test("followFile stops at once when its signal aborts, and rejects when the end cannot be known", async () => {
  const abort = new AbortController();
  const never = { onBytes: () => {}, onReplaced: () => {}, clock: realClock };
  const stopped = followFile("/nonexistent/log", {
    ...never,
    ended: new Promise(() => {}),
    signal: abort.signal,
  });
  abort.abort();
  await stopped;
  const broken = followFile("/nonexistent/log", {
    ...never,
    ended: Promise.reject(new Error("podman is gone")),
    signal: new AbortController().signal,
  });
  await assert.rejects(broken, /podman is gone/);
});
