/** What `pipeline_calls_test.ts` does, in the sandboxes of an ordinary user, whose agent is that very user. */
import assert from "node:assert/strict";
import { withOrdinaryUser } from "./ordinary_user.ts";

Deno.test({
  name: "without root: programs of a pipeline in a sandbox",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withOrdinaryUser(async (user) => {
      const data = `${user.home}/data`;
      await Deno.mkdir(data);
      await Deno.chmod(data, 0o777);
      const { success, stdout, stderr } = await user.run(
        [user.deno, "test", "-A", "--no-check", "test/podman/pipeline_calls_test.ts"],
        { SHOPFLOOR_TEST_DATA: data },
      );
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.ok(success, text);
      assert.match(text, /ok \| 3 passed \(9 steps\) \| 0 failed/);
    });
  },
});
