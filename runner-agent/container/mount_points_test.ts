import assert from "node:assert/strict";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import { requireMountPoints } from "./mount_points.ts";
import { PodmanContainer } from "./podman_container.ts";
import { plainSpec, realClock } from "./test_world.ts";

Deno.test("a mount inside of another needs a place there that no link leads to; others need none", async () => {
  await withTempDir(async (dir) => {
    await Deno.mkdir(`${dir}/work/lib/x`, { recursive: true });
    await Deno.writeTextFile(`${dir}/work/.git`, "");
    const mount = (target: string, source = "none") => ({
      source: `${dir}/${source}`,
      target,
      isReadOnly: true,
    });
    const work = mount("/workspace", "work");
    const places = [
      mount("/workspace/.git"),
      mount("/workspace/lib/x"),
      mount("/workspaces"),
      mount("/run/alp"),
    ];
    await requireMountPoints([...places, work]);

    const missing = [work, mount("/workspace/lib/y")];
    await assert.rejects(
      requireMountPoints(missing),
      /\/workspace\/lib\/y must have a place .*: there is none/,
    );
    await assert.rejects(Deno.lstat(`${dir}/work/lib/y`), Deno.errors.NotFound);

    await Deno.rename(`${dir}/work/lib`, `${dir}/work/moved`);
    await Deno.symlink(`${dir}/work/moved`, `${dir}/work/lib`);
    await assert.rejects(requireMountPoints([work, mount("/workspace/lib/x")]), /a link on the way/);
  });
});

Deno.test("Podman is not asked for a sandbox with a mount that has no place", async () => {
  await withTempDir(async (dir) => {
    const runtime = new PodmanContainer({
      socketPath: `${dir}/none.sock`,
      clock: realClock,
      isRootless: false,
      firstHostId: 100_000,
      hasResourceLimits: true,
      instance: "test",
      logDir: dir,
      initScriptPath: `${dir}/init.sh`,
    });
    const mounts = ["/workspace", "/workspace/none"].map((target) => ({
      source: dir,
      target,
      isReadOnly: false,
    }));
    await assert.rejects(runtime.create(plainSpec({ mounts })), /\/workspace\/none must have a place/);
    runtime.close();
  });
});
