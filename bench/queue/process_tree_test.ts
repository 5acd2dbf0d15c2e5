import assert from "node:assert/strict";
import process from "node:process";
import { cpuMsOf, memoryOf, treeOf } from "./process_tree.ts";

Deno.test("a tree is a process with the children of its children", async () => {
  const child = new Deno.Command("sh", { args: ["-c", "sleep 20 & echo $!; wait"], stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const grandchild = Number(new TextDecoder().decode(value));
  const tree = await treeOf(Deno.pid);
  const isThere = tree.includes(child.pid) && tree.includes(grandchild);
  Deno.kill(grandchild, "SIGKILL");
  await child.status;
  await reader.cancel();
  assert.ok(isThere);
  assert.ok(!(await treeOf(Deno.pid)).includes(grandchild));
});

Deno.test("work and memory of this process are seen", async () => {
  const before = await cpuMsOf(Deno.pid);
  const start = process.cpuUsage();
  const worked = () => (process.cpuUsage(start).user + process.cpuUsage(start).system) / 1_000;
  while (worked() < 100);
  assert.ok(await cpuMsOf(Deno.pid) - before >= 50);
  const { peakBytes, pssBytes } = await memoryOf(Deno.pid);
  assert.ok(pssBytes > 10 * 2 ** 20 && peakBytes > 10 * 2 ** 20);
});
