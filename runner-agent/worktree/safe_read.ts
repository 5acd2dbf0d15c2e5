/**
 * Reads what an agent made while the agent is at work: never through a link, whatever is swapped for one meanwhile.
 *
 * 1. A path is walked from the worktree's root, one part at a time; each part is opened below what was opened before it,
 *    and refused if it is a link (`O_NOFOLLOW`). Between the parts there is nothing to race with.
 * 2. Opening never waits: a pipe, or anything else that is neither file nor folder, is not read (`O_NONBLOCK`).
 */
import { Buffer } from "node:buffer";
import fs from "node:fs";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;

/** What is at a path. `bytes` of a file: its size. */
export type Found =
  | {
    readonly kind: "file";
    readonly bytes: number;
    readonly isExecutable: boolean;
    readonly head: Uint8Array;
  }
  | { readonly kind: "folder"; readonly entries: readonly FoundEntry[]; readonly isCut: boolean }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "other" };

export interface FoundEntry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  readonly bytes: number;
}

/**
 * Null: there is nothing, or a link is on the way to it.
 *
 * @param path Parts with slashes in between; "" is the root.
 * @param most What is read of a file, and how many entries of a folder.
 */
export function readSafely(
  root: string,
  path: string,
  most: { readonly fileBytes: number; readonly entries: number },
): Found | null {
  const parts = path === "" ? [] : path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) return null;
  const opened: number[] = [];
  const open = (place: string, flags: number) => {
    const fd = fs.openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | flags);
    opened.push(fd);
    return `/proc/self/fd/${fd}`;
  };
  try {
    let at = open(root, O_DIRECTORY);
    for (const part of parts.slice(0, -1)) at = open(`${at}/${part}`, O_DIRECTORY);
    const last = parts.at(-1);
    if (last === undefined) return folder(at, most.entries);
    const place = `${at}/${last}`;
    const stat = fs.lstatSync(place);
    if (stat.isSymbolicLink()) return { kind: "link", target: fs.readlinkSync(place) };
    if (stat.isDirectory()) return folder(open(place, O_DIRECTORY), most.entries);
    if (!stat.isFile()) return { kind: "other" };
    open(place, 0);
    return file(opened.at(-1)!, most.fileBytes);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  } finally {
    for (const fd of opened) fs.closeSync(fd);
  }
}

function file(fd: number, most: number): Found {
  const stat = fs.fstatSync(fd);
  if (!stat.isFile()) return { kind: "other" };
  const head = Buffer.alloc(Math.min(stat.size, most));
  let length = 0;
  while (length < head.length) {
    const read = fs.readSync(fd, head, length, head.length - length, length);
    if (read === 0) break;
    length += read;
  }
  const isExecutable = (stat.mode & 0o100) !== 0;
  return { kind: "file", bytes: stat.size, isExecutable, head: new Uint8Array(head.subarray(0, length)) };
}

function folder(place: string, most: number): Found {
  const names: string[] = [];
  for (const { name } of Deno.readDirSync(place)) {
    names.push(name);
    if (names.length > most) break;
  }
  const entries = names.slice(0, most).sort().flatMap((name): FoundEntry[] => {
    try {
      const stat = fs.lstatSync(`${place}/${name}`);
      const type = stat.isSymbolicLink()
        ? "link"
        : stat.isDirectory()
        ? "folder"
        : stat.isFile()
        ? "file"
        : "other";
      return [{ name, type, bytes: type === "file" ? stat.size : 0 }];
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  });
  return { kind: "folder", entries, isCut: names.length > most };
}

/** `ELOOP`: a link where none is followed. */
const ABSENT: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "EACCES"]);

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && ABSENT.has(error.code);
}
