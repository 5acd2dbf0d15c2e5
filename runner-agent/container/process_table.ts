/** The processes of this machine with what bounds need of them, from /proc (Linux). One look serves all sandboxes. */
import type { ProcessUse } from "../domain/agent/watchdog.ts";
import { isNoSuchProcess } from "./no_such_process.ts";

export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly threads: number;
  /** Its own and what it shares by memory, swapped or not; not the program's file. */
  readonly memoryBytes: number;
  /** It has a pid in another namespace than ours, too. */
  readonly isNested: boolean;
}

/** Reads `/proc/PID/status` of all; a process that ends meanwhile is left out. Takes 10 us each. */
export function readProcesses(): readonly ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const row = readOrNull(() => rowOf(Number(name), Deno.readTextFileSync(`/proc/${name}/status`)));
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** What one `/proc/PID/status` says (proc(5)). */
export function rowOf(pid: number, status: string): ProcessRow {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
  const kibibytes = (name: string) => Number.parseInt(field(name) || "0");
  return {
    pid,
    parentPid: Number(field("PPid")),
    threads: Number(field("Threads")),
    memoryBytes: (kibibytes("RssAnon") + kibibytes("RssShmem") + kibibytes("VmSwap")) * 1024,
    isNested: field("NSpid").trim().split(/\s+/).length > 1,
  };
}

/**
 * What the processes of one sandbox take.
 *
 * They are the descendants of its first process, and what the runner runs beside it, which is in the same pid namespace.
 *
 * @param namespaceOf Names the pid namespace of a process; null when that cannot be read.
 */
export function useOf(
  firstPid: number,
  rows: readonly ProcessRow[],
  namespaceOf: (pid: number) => string | null = readNamespace,
): ProcessUse {
  const children = new Map<number, ProcessRow[]>();
  for (const row of rows) {
    const siblings = children.get(row.parentPid);
    if (siblings === undefined) children.set(row.parentPid, [row]);
    else siblings.push(row);
  }
  const own = new Map<number, ProcessRow>();
  const add = (row: ProcessRow) => {
    if (own.has(row.pid)) return;
    own.set(row.pid, row);
    children.get(row.pid)?.forEach(add);
  };
  const first = rows.find((row) => row.pid === firstPid);
  if (first === undefined) return { memoryBytes: 0, processes: 0 };
  add(first);
  const namespace = namespaceOf(firstPid);
  for (const row of rows) {
    if (row.isNested && !own.has(row.pid) && namespace !== null && namespaceOf(row.pid) === namespace) {
      add(row);
    }
  }
  const all = [...own.values()];
  return {
    memoryBytes: all.reduce((sum, row) => sum + row.memoryBytes, 0),
    processes: all.reduce((sum, row) => sum + row.threads, 0),
  };
}

function readNamespace(pid: number): string | null {
  return readOrNull(() => Deno.readLinkSync(`/proc/${pid}/ns/pid`));
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const isHidden = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable || isNoSuchProcess(error);
    if (isHidden) return null;
    throw error;
  }
}
