/**
 * The directory by which the runner tells a sandbox's `pipeline_station` what to run, read-only inside:
 *
 * ```
 * <hub>/pipeline/wake        a FIFO
 * <hub>/pipeline/console     what is printed
 * <hub>/pipeline/finish      the status to end with
 * <hub>/pipeline/calls/N/    one program each; `call_book.ts`
 * <hub>/pipeline/files/ID/   what such a program reads
 * ```
 *
 * 1. A wake never waits and may be lost: the station looks by itself every second.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type RunDirs, SANDBOX_ALP_DIR, SANDBOX_BIN_DIR, SANDBOX_OUT_DIR } from "../run_dirs.ts";

const NAME = "pipeline";
const FOLDERS = "files";
const READABLE_DIR = 0o755;
const READABLE = 0o644;

/** The command of a sandbox whose station follows a pipeline. Its paths are whole arguments, for drivers that rewrite them. */
export const STATION_COMMAND: readonly string[] = [
  `${SANDBOX_BIN_DIR}/pipeline_station`,
  `${SANDBOX_ALP_DIR}/${NAME}`,
  `${SANDBOX_OUT_DIR}/${NAME}`,
];

/** Where a program finds the files of its call. */
export function callFolder(id: string): string {
  return `${SANDBOX_ALP_DIR}/${NAME}/${FOLDERS}/${id}`;
}

export interface CallFiles {
  readonly dir: string;
  readonly calls: string;
  /** Of `CallRequest.files`, by the id of the call. */
  readonly folders: string;
  readonly console: string;
  readonly finish: string;
  readonly wake: string;
  /** The agent's directory on this machine, and below it the folder of outputs: nothing there is followed or trusted. */
  readonly out: string;
  readonly outParts: readonly string[];
}

export function callFiles(dirs: Pick<RunDirs, "hub" | "out">): CallFiles {
  const dir = join(dirs.hub, NAME);
  return {
    dir,
    calls: join(dir, "calls"),
    folders: join(dir, FOLDERS),
    console: join(dir, "console"),
    finish: join(dir, "finish"),
    wake: join(dir, "wake"),
    out: dirs.out,
    outParts: [NAME],
  };
}

/** Makes what the station waits for; what is there stays. Rejects when the disk refuses. */
export async function makeCallFiles(files: CallFiles): Promise<void> {
  await Deno.mkdir(files.calls, { recursive: true, mode: READABLE_DIR });
  await Deno.mkdir(files.folders, { recursive: true, mode: READABLE_DIR });
  await Deno.writeTextFile(files.console, "", { append: true, mode: READABLE });
  const found = await Deno.lstat(files.wake).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (found?.isFifo) return;
  // For everybody: the agent's user is another one, and only who may enter the hub's directory gets here.
  const { success } = await new Deno.Command("mkfifo", {
    args: ["-m", "0666", files.wake],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error(`Cannot make a pipe as mkfifo must succeed for ${files.wake}: it did not`);
}

/** Invariant 1. */
export async function wakeStation(files: CallFiles, word: string): Promise<void> {
  try {
    // Without a reader this fails at once instead of waiting for one.
    const pipe = await open(files.wake, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      await pipe.write(`${word}\n`);
    } finally {
      await pipe.close();
    }
  } catch {
    // It looks by itself.
  }
}

/** Whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text, { mode: READABLE });
  await Deno.rename(`${path}.new`, path);
}
