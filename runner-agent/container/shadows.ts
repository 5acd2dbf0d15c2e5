/**
 * What lies on the paths that a sandbox must not see (Runtime 2.4): on a directory an empty read-only memory file system, on a
 * file an empty read-only file.
 *
 * 1. What does not exist is skipped: Podman would make the mount point in the user's own files.
 * 2. A path that leads over a symbolic link is refused: the mount would lie somewhere else.
 * 3. Only `notmpcopyup` hides: by default Podman copies what lies below a memory file system into it.
 */
import type { ContainerMount } from "../ports.ts";
import { toHostPath } from "./host_paths.ts";

/** What is there, and so what has to lie on it. */
export interface Shadow {
  readonly target: string;
  readonly kind: "directory" | "file";
}

/** Looks at the host's side of each path. Throws for one that is not below a mount. */
export async function findShadows(
  shadows: readonly string[],
  mounts: readonly ContainerMount[],
): Promise<readonly Shadow[]> {
  const map = Object.fromEntries(mounts.map((mount) => [mount.target, mount.source]));
  const found: Shadow[] = [];
  for (const target of new Set(shadows)) {
    const base = mountOf(target, mounts);
    if (base === null || !isPlain(target)) {
      throw new RangeError(
        `Cannot hide a path as it must be a plain path below a mount: current value is ${target}`,
      );
    }
    const kind = await kindOf(toHostPath(map, base), target.slice(base.length + 1).split("/"), target);
    if (kind !== null) found.push({ target, kind });
  }
  return found;
}

/** The entries for Podman's create call. */
export function shadowMounts(shadows: readonly Shadow[]): Record<string, unknown>[] {
  return shadows.map(({ target, kind }) =>
    kind === "directory"
      ? {
        type: "tmpfs",
        source: "tmpfs",
        destination: target,
        options: ["ro", "nosuid", "nodev", "noexec", "notmpcopyup", "mode=0555", "size=64k"],
      }
      : {
        type: "bind",
        source: "/dev/null",
        destination: target,
        options: ["ro", "bind", "rprivate", "nosuid", "noexec"],
      }
  );
}

function isPlain(path: string): boolean {
  return path.startsWith("/") && path.split("/").slice(1).every((part) => !["", ".", ".."].includes(part));
}

/** The longest mount that the path is below of. */
function mountOf(path: string, mounts: readonly ContainerMount[]): string | null {
  const covering = mounts.map((mount) => mount.target).filter((target) => path.startsWith(`${target}/`));
  return covering.sort((a, b) => b.length - a.length)[0] ?? null;
}

async function kindOf(
  hostBase: string,
  parts: readonly string[],
  target: string,
): Promise<Shadow["kind"] | null> {
  let path = hostBase;
  for (const [index, part] of parts.entries()) {
    path = `${path}/${part}`;
    const info = await lstatOrNull(path);
    if (info === null) return null;
    if (info.isSymlink) {
      throw new RangeError(`Cannot hide a path as no link may lead to it: current value is ${target}`);
    }
    if (index === parts.length - 1) return info.isDirectory ? "directory" : "file";
    if (!info.isDirectory) return null;
  }
  return null;
}

async function lstatOrNull(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}
