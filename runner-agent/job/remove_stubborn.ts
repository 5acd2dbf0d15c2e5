/**
 * Removes a directory of a run whatever ids its files have: without root, what another user of a sandbox made belongs to ids
 * that this user was lent (`/etc/subuid`). `podman unshare` is this user with those ids; `sudo` is never asked for.
 */
import { removeTree } from "../worktree/run_directory.ts";

/** A missing path is no fault. Rejects with what stood in the way. */
export async function removeStubborn(path: string): Promise<void> {
  try {
    await removeTree(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied) || Deno.uid() === 0) throw error;
    const { success, stderr } = await new Deno.Command("podman", {
      args: ["unshare", "rm", "-rf", "--one-file-system", "--", path],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(
        `Cannot remove ${path} as this user must own its files: ${
          new TextDecoder().decode(stderr).trim().slice(-200)
        }`,
      );
    }
  }
}
