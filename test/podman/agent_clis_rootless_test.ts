/**
 * The four real agent CLIs in the sandboxes of an ordinary user: what the files of `agent_clis/` do when they are not root. The
 * images are root's, as this user's own store begins empty. Under `SHOPFLOOR_TEST_MATRIX=full` (soak) all four go through all
 * of it.
 */
import assert from "node:assert/strict";
import type { SessionHarnessName } from "../../runner-agent/agent_ports.ts";
import { SESSION_HARNESS_NAMES } from "../../runner-agent/harness/sessions.ts";
import { inLanes } from "../../tools/test_lanes.ts";
import { fileOf } from "./agent_clis/matrix.ts";
import { type OrdinaryUser, withOrdinaryUser } from "./ordinary_user.ts";
import { imageOf, settings } from "./podman_world.ts";

/** They mostly wait; each weighs half a gigabyte of disk until it is loaded. */
const AT_ONCE = 2;

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
      const texts = await inLanes(SESSION_HARNESS_NAMES, AT_ONCE, async (name) => {
        await loadImage(user, name, env);
        return must(await user.run([user.deno, "test", "-A", "--no-check", fileOf(name)], env));
      });
      for (const text of texts) {
        console.log(text); // Which steps there were.
        assert.match(text, /ok \| 1 passed \(\d+ steps\) \| 0 failed/);
      }
    });
  },
});

/** From root's store into the user's. */
async function loadImage(
  user: OrdinaryUser,
  name: SessionHarnessName,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const archive = `${user.home}/${name}.tar`;
  const save = ["save", "--quiet", "--format", "docker-archive", "--output", archive, await imageOf(name)];
  must(
    await new Deno.Command(settings.podmanPath, {
      args: [...settings.globalArgs, ...save],
      env: settings.env,
      stdin: "null",
    }).output(),
  );
  await Deno.chmod(archive, 0o644);
  must(await user.run([user.deno, "run", "-A", "--no-check", "test/podman/load_images.ts", archive], env));
  await Deno.remove(archive);
}

function must({ success, stdout, stderr }: Deno.CommandOutput): string {
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, text);
  return text;
}
