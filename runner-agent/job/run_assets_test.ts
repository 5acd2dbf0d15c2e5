/** Assets are a help: who stops the run does not wait for them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AssetDownload } from "../control/asset_source.ts";
import { placeAssets } from "./run_assets.ts";
import type { RunContext } from "./run_context.ts";
import { systemClock } from "./system_clock.ts";

Deno.test("a run that is to stop waits for no asset, and says which ones it has not", async () => {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_assets_" });
  try {
    await Deno.mkdir(join(dir, ".agentics", "assets"), { recursive: true });
    const stop = new AbortController();
    let asked = 0;
    const source = {
      // A server that never answers.
      download: (_url: string, _to: unknown, signal: AbortSignal) => {
        asked++;
        queueMicrotask(() => stop.abort());
        const { promise, resolve } = Promise.withResolvers<AssetDownload>();
        const fail = () => resolve({ kind: "failed", detail: "AbortError" });
        if (signal.aborted) fail();
        else signal.addEventListener("abort", fail);
        return promise;
      },
      list: () => Promise.resolve(null),
    };
    const logged: string[] = [];
    const context = {
      deps: {
        assets: { source, maxBytes: 1_000 },
        clock: systemClock,
        log: (event: string) => logged.push(event),
        runnerToken: "t",
      },
      sent: {
        taskId: "t1",
        taskAssets: ["a.txt", "b.txt"].map((fileName) => ({
          fileName,
          url: `/a/${fileName}`,
          mimeType: "text/plain",
        })),
      },
      run: { job: {} },
      jobToken: "j",
      secrets: [],
      ids: {},
    } as unknown as RunContext;
    await placeAssets(context, dir, { uid: Deno.uid()!, gid: Deno.gid()! }, stop.signal);
    assert.equal(asked, 1);
    const manifest = JSON.parse(await Deno.readTextFile(join(dir, ".agentics", "assets", "manifest.json")));
    assert.deepEqual(manifest.assets, []);
    assert.deepEqual(manifest.leftOut.map(({ name }: { name: string }) => name), ["a.txt", "b.txt"]);
    assert.deepEqual(logged, ["asset_left_out", "asset_left_out", "assets_placed"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
