/** P10: what routes, validation and tokens cost: the whole Worker against a bare one with the same object behind it. */
import { fileURLToPath } from "node:url";
import { ADMIN_TOKEN, makeDataDir, startPlane } from "../plane.ts";
import { median } from "../result.ts";
import { LINE, openProject } from "./clients/project.ts";
import type { Part } from "./measurement_part.ts";

const CLIENTS = 100;
const BLOCK_MS = 2_000;
const ROUNDS = 4;

/** Measures on a workerd of its own; the four kinds of request take turns, and the first round warms up. */
export async function measureShare(parentDir: string): Promise<Part> {
  const dataDir = await makeDataDir("share", parentDir);
  const entry = fileURLToPath(new URL("./share_worker.ts", import.meta.url));
  const plane = await startPlane({ dataDir, bare: [{ name: "share", entry, objects: { SHARE: "Share" } }] });
  try {
    const project = await openProject({ url: plane.url, adminToken: ADMIN_TOKEN, name: "share", process: 0 });
    const bare = plane.bareUrls.share!;
    const line = `${project.base}/assembly-lines/${LINE}`;
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    await (await fetch(bare, { method: "PUT", body: await (await fetch(line, { headers })).text() })).text();
    const runner = await project.registerRunner("r");
    await project.submit();
    const { jobs } = await project.call<
      { readonly jobs: readonly { id: string; runId: string; leaseEpoch: number }[] }
    >(
      "POST",
      "/runners/jobs",
      runner.token,
      {},
    );
    const { id: jobId, runId, leaseEpoch } = jobs[0]!;
    const patch = {
      method: "PATCH",
      headers: { authorization: `Bearer ${runner.token}`, "content-type": "application/json" },
      body: JSON.stringify({ jobResult: "in_progress", jobId, runId, leaseEpoch }),
    };
    const kinds = {
      bareGet: () => fetch(bare),
      ourGet: () => fetch(line, { headers }),
      barePatch: () => fetch(bare, patch),
      ourPatch: () => fetch(`${project.base}/runners/${runner.id}`, patch),
    };
    const rates: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [kind, send] of Object.entries(kinds)) {
        const rate = await requestsPerSecond(send);
        if (round > 0) (rates[kind] ??= []).push(rate);
      }
    }
    const rate = (kind: keyof typeof kinds) => median(rates[kind]!);
    const row = (name: string, perSecond: number, barePerSecond: number) => ({
      name,
      kind: "share",
      perSecond,
      barePerSecond,
    });
    return {
      rows: [
        row("authenticated GET of a line", rate("ourGet"), rate("bareGet")),
        row("authenticated PATCH, a heartbeat", rate("ourPatch"), rate("barePatch")),
      ],
      extras: {
        getShare: rate("ourGet") / rate("bareGet"),
        patchShare: rate("ourPatch") / rate("barePatch"),
      },
    };
  } finally {
    await plane.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function requestsPerSecond(send: () => Promise<Response>): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (performance.now() - startedAt < BLOCK_MS) {
      const response = await send();
      await response.text();
      if (!response.ok) {
        throw new Error(`Cannot measure as every request must be answered: ${response.status}`);
      }
      count++;
    }
  }));
  return count * 1_000 / (performance.now() - startedAt);
}
