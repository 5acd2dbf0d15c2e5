/**
 * The part of `deno task soak` about sessions: the full matrix of the four real agent CLIs, with root and without, by the tests
 * that continuous integration runs a part of.
 */
import { repositoryPath } from "./local/paths.ts";

/** An ordinary user's part needs root, to make the user. */
const FILES = ["test/podman/agent_clis_test.ts", "test/podman/agent_clis_rootless_test.ts"];

/** Prints what the tests print. @returns Whether all of them held. */
export async function soakAgents(): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...FILES],
    cwd: repositoryPath("."),
    env: { SHOPFLOOR_TEST_MATRIX: "full" },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  return success;
}
