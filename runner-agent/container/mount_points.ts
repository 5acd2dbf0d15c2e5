/**
 * Looks, before a sandbox is made, whether what is mounted inside of another mount has a place there (Runtime 2.1.3, 4.1 item
 * 11): Podman would make a missing one in the host's files, as a user that the runner cannot clear up after. An agent whose
 * sandbox is made again may have moved a directory away, or put a link in its place.
 */
import type { ContainerMount } from "../ports.ts";
import { toHostPath } from "./host_paths.ts";

/** Throws for the first mount whose place is missing, or is reached over a link. */
export async function requireMountPoints(mounts: readonly ContainerMount[]): Promise<void> {
  for (const { target } of mounts) {
    const around = mounts.filter((other) => target.startsWith(`${other.target}/`));
    const map = Object.fromEntries(around.map((other) => [other.target, other.source]));
    const base = around.map((other) => other.target).sort((a, b) => b.length - a.length)[0];
    if (base === undefined) continue;
    let path = toHostPath(map, base);
    for (const part of target.slice(base.length + 1).split("/")) {
      path = `${path}/${part}`;
      const info = await Deno.lstat(path).catch((error) => {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
        throw error;
      });
      if (info !== null && !info.isSymlink) continue;
      throw new RangeError(
        `Cannot create container as ${target} must have a place to be mounted on: there is ${
          info === null ? "none" : "a link on the way to it"
        }`,
      );
    }
  }
}
