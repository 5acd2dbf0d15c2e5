/** What a worktree brings along, in a real sandbox: a setup script, a submodule that nobody can write to, ignored files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** What the command wrote. Notices of the setup come by the other stream, which may be read between any two lines of it. */
function withoutNotices(output: string): string {
  return output.replaceAll(/^shopfloor (?:setup|worktree): .*\n/gm, "");
}

Deno.test("in a sandbox, the setup comes first, a submodule can be read only, and ignored files are there", async () => {
  await withRunnerRig(async (rig) => {
    const origins = join(rig.originDir, "..");
    const [library, checkout] = [join(origins, "library"), join(origins, "checkout")];
    const person = [
      "-c",
      "user.name=P",
      "-c",
      "user.email=p@example.invalid",
      "-c",
      "protocol.file.allow=always",
    ];
    await rig.git(origins, "init", "--quiet", library);
    await Deno.writeTextFile(join(library, "lib.txt"), "library\n");
    await rig.git(library, "add", "--all");
    await rig.git(library, ...person, "commit", "--quiet", "-m", "library");
    await rig.git(origins, "clone", "--quiet", rig.originDir, checkout);
    await rig.git(checkout, ...person, "submodule", "--quiet", "add", library, "lib/x");
    await Deno.writeTextFile(join(checkout, ".gitignore"), ".env\n");
    await rig.git(checkout, "add", "--all");
    await rig.git(checkout, ...person, "commit", "--quiet", "-m", "more");
    await Deno.writeTextFile(join(checkout, ".worktreeinclude"), ".env\n");
    await Deno.writeTextFile(join(checkout, ".env"), "A=1\n", { mode: 0o600 });
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({
      repository: checkout,
      operatorConfig: {
        setup: "echo prepared > prepared.txt",
        command: `cat prepared.txt lib/x/lib.txt .env && rm prepared.txt
          touch lib/x/new 2>/dev/null && echo writable
          rm -rf lib/x 2>/dev/null && echo removable
          test -z "$(git status --porcelain)" && echo clean`,
      },
    });
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image: await imageOf("command"),
      settingsLayers: [{
        level: "global",
        values: { "worktrees.include": { value: true, from: "a test" } },
        env: {},
      }],
    });
    const outcome = await runner.outcome;
    runtime.close();
    assert.equal(outcome, "once");
    const output = rig.plane.outputOf(jobId);
    assert.equal(rig.plane.runs.get(jobId)!.outcome!.error, null, output);
    assert.equal(withoutNotices(output), "prepared\nlibrary\nA=1\nclean\n");
  });
});
