/** Our Worker, and the ceiling's, as servers that are measured: a workerd of their own each time. */
import { fileURLToPath } from "node:url";
import { ADMIN_TOKEN, makeDataDir, startPlane } from "../../plane.ts";
import type { Server } from "./server.ts";

const CEILING = {
  name: "ceiling",
  entry: fileURLToPath(new URL("../ceiling_worker.ts", import.meta.url)),
  objects: { CEILING: "Ceiling" },
};

/** Starts our Worker on fresh storage. */
export async function startOurs(parentDir: string): Promise<Server> {
  const dataDir = await makeDataDir("queue", parentDir);
  const plane = await startPlane({ dataDir });
  return server(plane.url, plane.pid, async () => {
    await plane.stop();
    await Deno.remove(dataDir, { recursive: true });
  });
}

/** Starts the ceiling's Worker on fresh storage. */
export async function startCeiling(parentDir: string): Promise<Server> {
  const dataDir = await makeDataDir("ceiling", parentDir);
  const plane = await startPlane({ dataDir, bare: [CEILING], isBareOnly: true });
  return server(plane.bareUrls.ceiling!, plane.pid, async () => {
    await plane.stop();
    await Deno.remove(dataDir, { recursive: true });
  });
}

function server(url: string, pid: number, stop: () => Promise<void>): Server {
  return { url, pid, adminToken: ADMIN_TOKEN, stop };
}
