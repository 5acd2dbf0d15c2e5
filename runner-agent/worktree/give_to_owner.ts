/** Gives host files to the user that the agent is outside the sandbox. */

/**
 * Changes the owner of `paths` and all below; links are changed themselves, never what they point to. Nothing
 * happens if the runner itself is that user.
 */
export async function giveToOwner(
  paths: readonly string[],
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const own = Deno.uid();
  if (owner.uid === own) return;
  if (own !== 0) {
    throw new Error(
      `Cannot give the worktree to uid ${owner.uid} as the runner must be root for that: current value is ${own}`,
    );
  }
  const { success, code } = await new Deno.Command("chown", {
    args: ["-R", "-h", "-P", `${owner.uid}:${owner.gid}`, "--", ...paths],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot give the worktree to uid ${owner.uid} as chown must succeed: current value is exit ${code}`,
    );
  }
}
