/**
 * What directories take on the disk, by the programs that every machine of ours has: `du` for their blocks, and for the number
 * of their files `du --inodes` (GNU) or, where there is only busybox, `find`.
 *
 * 1. Each program is killed when the time is over; what is counted is never kept, whatever files are called.
 */
import { DISK_FILE_MIN_BYTES } from "../limits.ts";

/**
 * What the files below some directories take on the disk, each of them a block at least, as a disk has only so many files; null
 * when that could not be found out: it takes longer than the budget, or a directory may not be read.
 *
 * @param named What of them is not there takes nothing; without any, that is told as before.
 * @param env Of the programs, over the runner's own.
 */
export async function measureDisk(
  named: readonly string[],
  budgetMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const overAtMs = Date.now() + budgetMs;
  const paths = await existing(named);
  const run: Run = (program, args, onOutput) => runProgram(program, args, overAtMs, env, onOutput);
  const [kibibytes, files] = await Promise.all([total(run, ["-k"], paths), countFiles(run, paths)]);
  if (kibibytes === null || files === null) return null;
  if (!kibibytes.isWhole && !await isReadable(paths)) return null;
  return Math.max(kibibytes.sum * 1024, files * DISK_FILE_MIN_BYTES);
}

/** All of them when there is none: its run is gone, and that is for the programs to say. */
async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map((path) => Deno.lstat(path).then(() => true, () => false)));
  return found.includes(true) ? paths.filter((_, n) => found[n]) : paths;
}

/** Busybox counts names: a file with two of them is two. */
async function countFiles(run: Run, paths: readonly string[]): Promise<number | null> {
  const inodes = await total(run, ["--inodes"], paths);
  if (inodes !== null) return inodes.sum;
  let count = 0;
  const isDone = await run("find", [...paths, "-xdev", "-print0"], (bytes) => {
    for (const byte of bytes) if (byte === 0) count++;
  });
  return isDone === null ? null : count;
}

/** The sum of a `du`; null when it was not done in its time, or cannot count in this unit. */
async function total(
  run: Run,
  unit: readonly string[],
  paths: readonly string[],
): Promise<{ readonly sum: number; readonly isWhole: boolean } | null> {
  const decoder = new TextDecoder();
  let text = "";
  const isWhole = await run("du", ["-s", "-x", "-c", ...unit, "--", ...paths], (bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  // Files come and go while they are counted: then `du` fails, and its sum is still good if nothing was closed to it.
  const sum = /^(\d+)\ttotal$/m.exec(text)?.[1];
  return isWhole === null || sum === undefined ? null : { sum: Number(sum), isWhole };
}

/** Whether a program ended well; null when its time was over before it. */
type Run = (
  program: string,
  args: readonly string[],
  onOutput: (bytes: Uint8Array) => void,
) => Promise<boolean | null>;

async function runProgram(
  program: string,
  args: readonly string[],
  overAtMs: number,
  env: Readonly<Record<string, string>>,
  onOutput: (bytes: Uint8Array) => void,
): Promise<boolean | null> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    env: { ...env, LC_ALL: "C" },
  }).spawn();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }, Math.max(0, overAtMs - Date.now()));
  try {
    for await (const bytes of child.stdout) onOutput(bytes);
    const { success } = await child.status;
    return isOver ? null : success;
  } finally {
    clearTimeout(timer);
  }
}

/** No directory below is closed to us, who own them all. As root nothing is. */
async function isReadable(paths: readonly string[]): Promise<boolean> {
  if (Deno.uid() === 0) return true;
  const { stdout } = await new Deno.Command("find", {
    args: [...paths, "-xdev", "-type", "d", "!", "-perm", "-500", "-print", "-quit"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return stdout.length === 0;
}
