/** The escape suite in sandboxes of an ordinary user, all of it: continuous integration is root, most people are not. */
import assert from "node:assert/strict";
import { withOrdinaryUser } from "../ordinary_user.ts";

const SUITE = new URL("./escape_test.ts", import.meta.url).pathname;

Deno.test({
  name:
    "without root: what an agent tries in its sandbox stays in it, and what would take it down ends its own run",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withOrdinaryUser(async (user) => {
      const data = `${user.home}/data`;
      await Deno.mkdir(data);
      await Deno.chmod(data, 0o777);
      const { success, stdout, stderr } = await user.run([user.deno, "test", "-A", "--no-check", SUITE], {
        SHOPFLOOR_TEST_DATA: data,
        SHOPFLOOR_ESCAPE_ONLY: Deno.env.get("SHOPFLOOR_ESCAPE_ONLY") ?? "",
      });
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.ok(success, text);
      assert.match(text, /ok \| 2 passed \([1-9]\d* steps?\) \| 0 failed/);
      console.log(text); // Which bound held what.
    });
  },
});
