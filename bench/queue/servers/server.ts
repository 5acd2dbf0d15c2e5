/** A server that is measured: what starts one, and what every one of them offers. */
import { cpuMsOf, memoryOf } from "../process_tree.ts";

/** A server that runs, for one measurement. */
export interface Server {
  readonly url: string;
  /** The process whose tree is the server. */
  readonly pid: number;
  readonly adminToken: string;
  stop(): Promise<void>;
}

/** What a server has used: processor time since it started, and memory. `peakBytes` is that of its first process. */
export async function usageOf(server: Server) {
  return { cpuMs: await cpuMsOf(server.pid), ...await memoryOf(server.pid) };
}

/** A port that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Waits until a connection to the port succeeds. */
export async function untilListening(port: number, name: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`Cannot start ${name} as it must listen on port ${port} within 15 s`);
}
