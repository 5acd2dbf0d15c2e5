/**
 * The four real agent CLIs in the sandboxes of an ordinary user: what `agent_clis_test.ts` does when it is not root. Its images
 * are root's, as its own store begins empty. Under `SHOPFLOOR_TEST_MATRIX=full` (soak) all four go through all of it.
 */
import assert from "node:assert/strict";
import { SESSION_HARNESS_NAMES } from "../../runner-agent/harness/sessions.ts";
import { withOrdinaryUser } from "./ordinary_user.ts";
import { imageOf, settings } from "./podman_world.ts";

Deno.test({
  name: "without root: the four agent CLIs go through a station, one of them through all that it may bring",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withOrdinaryUser(async (user) => {
      const data = `${user.home}/data`;
      await Deno.mkdir(data);
      await Deno.chmod(data, 0o777);
      const matrix = Deno.env.get("SHOPFLOOR_TEST_MATRIX");
      const env = {
        SHOPFLOOR_TEST_DATA: data,
        ...(matrix === undefined ? {} : { SHOPFLOOR_TEST_MATRIX: matrix }),
      };
      for (const name of SESSION_HARNESS_NAMES) {
        // One at a time: each weighs half a gigabyte.
        const archive = `${user.home}/${name}.tar`;
        await save(await imageOf(name), archive);
        const load = [user.deno, "run", "-A", "--no-check", "test/podman/load_images.ts", archive];
        must(await user.run(load, env));
        await Deno.remove(archive);
      }
      const tests = ["test", "-A", "--no-check", "test/podman/agent_clis_test.ts"];
      const text = must(await user.run([user.deno, ...tests], env));
      console.log(text); // Which steps there were.
      assert.match(text, /ok \| 4 passed \(\d+ steps\) \| 0 failed/);
    });
  },
});

async function save(image: string, archive: string): Promise<void> {
  must(
    await new Deno.Command(settings.podmanPath, {
      args: [
        ...settings.globalArgs,
        "save",
        "--quiet",
        "--format",
        "docker-archive",
        "--output",
        archive,
        image,
      ],
      env: settings.env,
      stdin: "null",
    }).output(),
  );
  await Deno.chmod(archive, 0o644);
}

function must({ success, stdout, stderr }: Deno.CommandOutput): string {
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text);
  return text;
}
