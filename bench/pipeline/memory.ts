/** What a run of so many steps keeps in memory: `deno run -A --v8-flags=--expose-gc memory.ts STEPS`; prints JSON. */
import { fixedBackend } from "../../runner-agent/ail/stub_backend.ts";
import { runEngine } from "./engine_run.ts";
import { loadText, manySteps } from "./files.ts";

const collect = (globalThis as unknown as { gc(): void }).gc;
const dir = await Deno.makeTempDir({ prefix: "shopfloor_bench_" });
try {
  const pipeline = await loadText(dir, manySteps(Number(Deno.args[0])));
  collect();
  const before = Deno.memoryUsage().heapUsed;
  const backend = fixedBackend("stub", "answer ".repeat(50), "session");
  const { outcome, logBytes } = await runEngine(pipeline, backend, `${dir}/log`, false);
  collect();
  const heapBytes = Deno.memoryUsage().heapUsed - before;
  console.log(JSON.stringify({ heapBytes, logBytes, entries: outcome.entries.length }));
} finally {
  await Deno.remove(dir, { recursive: true });
}
