/** What the processes of one session use, from /proc (Linux). For the driver that has no container to ask. */
import type { SandboxUsage } from "../ports.ts";
import { isNoSuchProcess } from "./no_such_process.ts";

/** Both are constants of Linux on the machines that we know; there is no file that says them. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

/** Fields of `/proc/PID/stat` after the program's name (proc(5): 6, 14 to 17, 20, 24). */
const FIELD = { session: 3, ownTicks: [11, 12], childTicks: [13, 14], threads: 17, pages: 21 } as const;

/** The sum over the processes that live; null when there are none. A process that ends meanwhile is left out. */
export async function sessionUsage(sessionId: number): Promise<SandboxUsage | null> {
  const sum = { cpuMs: 0, memoryBytes: 0, readBytes: 0, writeBytes: 0, pids: 0 };
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(await readOrNull(`/proc/${name}/stat`), sessionId);
    if (stat === null) continue;
    const io = ioOf(await readOrNull(`/proc/${name}/io`));
    sum.cpuMs += stat.cpuMs;
    sum.memoryBytes += stat.memoryBytes;
    sum.pids += stat.pids;
    sum.readBytes += io.readBytes;
    sum.writeBytes += io.writeBytes;
  }
  return sum.pids === 0 ? null : sum;
}

/** What one line of `/proc/PID/stat` says; null for a process of another session. Times of reaped children count. */
export function statOf(
  line: string | null,
  sessionId: number,
): Pick<SandboxUsage, "cpuMs" | "memoryBytes" | "pids"> | null {
  if (line === null) return null;
  const fields = line.slice(line.lastIndexOf(")") + 2).trim().split(" ");
  const at = (index: number) => Number(fields[index] ?? 0);
  if (at(FIELD.session) !== sessionId) return null;
  const ticks = [...FIELD.ownTicks, ...FIELD.childTicks].reduce((total, index) => total + at(index), 0);
  return {
    cpuMs: ticks * TICK_MS,
    memoryBytes: Math.max(0, at(FIELD.pages)) * PAGE_BYTES,
    pids: at(FIELD.threads),
  };
}

/** What `/proc/PID/io` says; nothing of a process that is not ours. */
export function ioOf(text: string | null): Pick<SandboxUsage, "readBytes" | "writeBytes"> {
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text ?? "")?.[1] ?? 0);
  return { readBytes: field("read_bytes"), writeBytes: field("write_bytes") };
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const isHidden = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable || isNoSuchProcess(error);
    if (isHidden) return null;
    throw error;
  }
}
