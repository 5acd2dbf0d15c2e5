/** Sandboxes of an ordinary user: the seal and the port's operations, without root. Its own image store, so it takes a while. */
import assert from "node:assert/strict";
import { withOrdinaryUser } from "./ordinary_user.ts";

/** Of the contract: what this part of the port must do; the rest does not depend on who runs Podman. */
const OPERATIONS =
  "/exec|terminal|inspect|paused|start that fails|uid 1000|files of the agent|no network but|processes|watchdog|doctor/";

Deno.test({
  name: "without root: the contract of the port, the seal of a sandbox, its bounds, images and gc",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withOrdinaryUser(async (user) => {
      await Deno.mkdir(`${user.home}/data`, { mode: 0o777 });
      await Deno.chmod(`${user.home}/data`, 0o777);
      const env = { SHOPFLOOR_TEST_DATA: `${user.home}/data` };
      const deno = (args: readonly string[]) =>
        user.run([user.deno, "test", "-A", "--no-check", ...args], env);
      const runs = [
        await deno([
          "test/podman/sandbox_seal_test.ts",
          "test/podman/watchdog_test.ts",
          "test/podman/images_and_gc_test.ts",
        ]),
        await deno([`--filter=${OPERATIONS}`, "runner-agent/container/podman_container_test.ts"]),
      ];
      let all = "";
      for (const { success, stdout, stderr } of runs) {
        const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        assert.ok(success, text);
        assert.match(text, /ok \| [1-9]\d* passed \| 0 failed/);
        all += text;
      }
      // What only applies without root has not been skipped.
      assert.match(all, /files of ids that the user was lent are removed, and without sudo \.\.\. ok/);
    });
  },
});
