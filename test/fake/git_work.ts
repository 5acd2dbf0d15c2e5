/** Work in a clone, as the interop tests need it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { GitHarness } from "./git_harness.ts";

/** A fresh clone of repository `name`. */
export async function clone(harness: GitHarness, name: string, ...options: string[]): Promise<string> {
  const folder = join(await harness.folder(), "work");
  await harness.git(".", ...options, "clone", "-q", harness.url(name), folder);
  return folder;
}

/** Commits these files (text or bytes) in `folder`; gives the commit. */
export async function commit(
  harness: GitHarness,
  folder: string,
  files: Record<string, string | Uint8Array>,
  message = "change",
): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(join(folder, path), content);
    else await Deno.writeFile(join(folder, path), content);
  }
  await harness.git(folder, "add", "-A");
  await harness.git(folder, "commit", "-q", "--allow-empty", "-m", message);
  return await harness.git(folder, "rev-parse", "HEAD");
}

/** Every object is there and sound, and the history is the same as in `other`. */
export async function assertSame(harness: GitHarness, folder: string, other: string): Promise<void> {
  assert.equal(await harness.git(folder, "fsck", "--full", "--strict"), "");
  const objects = async (f: string) =>
    (await harness.git(f, "rev-list", "--objects", "HEAD")).split("\n").sort();
  assert.deepEqual(await objects(folder), await objects(other));
}

/** `count` numbered lines that all carry `mark`. */
export const numberedLines = (count: number, mark: string) =>
  Array.from({ length: count }, (_, i) => `line ${i} ${mark}\n`).join("");

/** `count` commits on `main`, one in five a merge, written by fast-import. Dates are one day apart. */
export async function importHistory(harness: GitHarness, folder: string, count: number): Promise<void> {
  const day = 86_400;
  const data = (text: string) => `data ${new TextEncoder().encode(text).length}\n${text}\n`;
  let stream = "";
  for (let i = 1; i <= count; i++) {
    const from = i === 1 ? "refs/heads/main^0" : `:${i - 1}`;
    stream += `commit refs/heads/main\nmark :${i}\ncommitter T <t@localhost> ${
      1_700_000_000 + i * day
    } +0000\n`;
    stream += data(`commit ${i}`) + `from ${from}\n` + (i % 5 === 0 && i > 5 ? `merge :${i - 4}\n` : "");
    stream += `M 100644 inline d${i % 7}/f${i % 31}.txt\n` + data(numberedLines(40 + i % 30, `at ${i}`)) +
      "\n";
  }
  const script = join(folder, "..", "import");
  await Deno.writeTextFile(script, stream);
  const run = new Deno.Command("sh", {
    args: ["-c", `git fast-import --quiet --force < ${script}`],
    cwd: folder,
  });
  assert.equal((await run.output()).code, 0);
  await harness.git(folder, "reset", "-q", "--hard");
}
