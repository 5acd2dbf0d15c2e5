/** What processes cost: time on the processor and memory, from `/proc`. */

/** Clock ticks per second that `/proc` counts in; fixed by the kernel's interface on Linux. */
const TICKS_PER_SECOND = 100;

/** A process and all its descendants that live. */
export async function treeOf(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for await (const { name } of Deno.readDir("/proc")) {
    const stat = /^\d+$/.test(name) ? await fieldsOf(Number(name)) : null;
    if (stat !== null) parents.set(Number(name), Number(stat[1]));
  }
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child);
  }
  return tree;
}

/** User and system time of a tree in milliseconds, with that of its children that have ended. */
export async function cpuMsOf(pid: number): Promise<number> {
  let ticks = 0;
  for (const member of await treeOf(pid)) {
    const stat = await fieldsOf(member);
    if (stat !== null) { for (const n of [11, 12, 13, 14]) ticks += Number(stat[n]); }
  }
  return ticks * 1_000 / TICKS_PER_SECOND;
}

/** What all processors of the machine have worked since it started, in milliseconds. */
export async function machineCpuMs(): Promise<number> {
  const [user, nice, system, , , irq, softirq] = (await read("/proc/stat")).split("\n")[0]!.split(/\s+/)
    .slice(1)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq!) * 1_000 / TICKS_PER_SECOND;
}

/** The most memory that one process held (`VmHWM`), and what its tree holds now with shared pages split (`Pss`), in bytes. */
export async function memoryOf(
  pid: number,
): Promise<{ readonly peakBytes: number; readonly pssBytes: number }> {
  let pssBytes = 0;
  for (const member of await treeOf(pid)) {
    pssBytes += kilobytes(await read(`/proc/${member}/smaps_rollup`), "Pss") * 1_024;
  }
  return { peakBytes: kilobytes(await read(`/proc/${pid}/status`), "VmHWM") * 1_024, pssBytes };
}

/** The fields of `/proc/PID/stat` after the command, so that 0 is the state; null when the process has ended. */
async function fieldsOf(pid: number): Promise<readonly string[] | null> {
  const stat = await read(`/proc/${pid}/stat`);
  return stat === "" ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "");
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
}
