/**
 * The part of `deno task soak` about sessions: the full matrix of the four real agent CLIs, with root and without, by the tests
 * that continuous integration runs a part of.
 */
import { SESSION_HARNESS_NAMES } from "../runner-agent/harness/mod.ts";
import { repositoryPath } from "./local/paths.ts";
import { inLanes } from "./test_lanes.ts";

/** They mostly wait. */
const AT_ONCE = 2;
const FILES = [
  ...SESSION_HARNESS_NAMES.map((name) => `test/podman/agent_clis/${name}_test.ts`),
  // An ordinary user's part needs root, to make the user.
  "test/podman/agent_clis_rootless_test.ts",
];

/** Prints what the tests print. @returns Whether all of them held. */
export async function soakAgents(): Promise<boolean> {
  const held = await inLanes(FILES, AT_ONCE, async (file) => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", file],
      cwd: repositoryPath("."),
      env: { SHOPFLOOR_TEST_MATRIX: "full" },
      stdin: "null",
    }).output();
    for (const bytes of [stdout, stderr]) console.log(new TextDecoder().decode(bytes));
    return success;
  });
  return held.every((one) => one);
}
