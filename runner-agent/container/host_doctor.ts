/** What of this machine itself the sandboxes need, for `runner doctor`. Reads only. */
import { DISK_SPAWN_MIN_BYTES } from "../limits.ts";
import type { DoctorLine } from "../ports.ts";
import { sizeText } from "../domain/quantity_text.ts";
import { freeBytes } from "./disk_guard.ts";

/** `git init --initial-branch`, relative alternates and `safe.directory` as we use them. */
const GIT_MINIMUM = [2, 35] as const;
/** One user namespace with every id that an image may have. */
const SUB_IDS_MIN = 65_536;

export interface DoctorHost {
  readonly uid: number;
  /** Where runs are kept; it need not exist yet. */
  readonly dataDir: string;
  /** What a run may have of the disk. */
  readonly diskMaxBytes: number;
}

export async function hostDoctor({ uid, dataDir, diskMaxBytes }: DoctorHost): Promise<readonly DoctorLine[]> {
  return [
    ...(uid === 0 ? [] : await subordinateIdLines(uid)),
    gitLine(await outputOf("git", ["--version"])),
    await diskLine(dataDir, diskMaxBytes),
  ];
}

async function subordinateIdLines(uid: number): Promise<readonly DoctorLine[]> {
  const user = userName(uid, await textOf("/etc/passwd"));
  const lines: DoctorLine[] = [];
  for (const file of ["/etc/subuid", "/etc/subgid"]) {
    lines.push(subordinateIdLine(file, await textOf(file), uid, user));
  }
  const hasMapper = await outputOf("newuidmap", []) !== null;
  lines.push({
    check: "newuidmap",
    isOk: hasMapper,
    detail: hasMapper ? "found" : "not found: install the package uidmap",
    ...(hasMapper ? {} : { disables: "sandboxes without root" }),
  });
  return lines;
}

/** `name:first:count` lines (subuid(5)); the name may be a number. */
export function subordinateIdLine(file: string, text: string, uid: number, user: string): DoctorLine {
  const count = text.split("\n").map((line) => line.split(":"))
    .filter(([name]) => name === user || name === String(uid))
    .reduce((sum, [, , size]) => sum + (Number(size) || 0), 0);
  const kind = file.endsWith("gid") ? "gids" : "uids";
  if (count >= SUB_IDS_MIN) return { check: file, isOk: true, detail: `${count} ${kind} for ${user}` };
  return {
    check: file,
    isOk: false,
    detail:
      `${count} ${kind} for ${user}, ${SUB_IDS_MIN} are needed: sudo usermod --add-sub${kind} 100000-165535 ${user}`,
    disables: "sandboxes without root",
  };
}

/** @param output Of `git --version`; null when there is no git. */
export function gitLine(output: string | null): DoctorLine {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(output ?? "") ?? []).map(Number);
  const isOk = major > GIT_MINIMUM[0] || (major === GIT_MINIMUM[0] && minor >= GIT_MINIMUM[1]);
  return {
    check: "git",
    isOk,
    detail: isOk
      ? output!.trim()
      : `${output?.trim() ?? "not found"}: install ${GIT_MINIMUM.join(".")} or newer`,
    ...(isOk ? {} : { disables: "worktrees, and so every run with a repository" }),
  };
}

async function diskLine(dataDir: string, maxBytes: number): Promise<DoctorLine> {
  const free = await freeBytes(await nearestDir(dataDir));
  const isOk = free >= DISK_SPAWN_MIN_BYTES;
  return {
    check: "disk",
    isOk,
    detail: `${sizeText(free)} free, ${
      sizeText(DISK_SPAWN_MIN_BYTES)
    } are needed to begin a run; a run is stopped at ${sizeText(maxBytes)}${
      isOk ? "" : ": make room, 'runner gc' may help"
    }`,
    ...(isOk ? {} : { disables: "new runs" }),
  };
}

async function nearestDir(path: string): Promise<string> {
  for (let dir = path; dir !== "/" && dir !== ""; dir = dir.slice(0, dir.lastIndexOf("/"))) {
    if (await Deno.stat(dir).then((info) => info.isDirectory, () => false)) return dir;
  }
  return "/";
}

function userName(uid: number, passwd: string): string {
  return passwd.split("\n").map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0] ??
    String(uid);
}

async function textOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
}

/** Null when there is no such program. */
async function outputOf(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command(program, { args: [...args], stdin: "null", stderr: "null" })
      .output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
