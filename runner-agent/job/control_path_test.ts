import assert from "node:assert/strict";
import { controlSocketPath, isOurs, makeControlDir } from "./control_path.ts";

Deno.test("the control socket is in the runner's state where its path fits, else in a directory of its own", () => {
  assert.equal(controlSocketPath("/var/lib/runner/01abc", 0), "/var/lib/runner/01abc/control.sock");
  const long = `/var/${"deep/".repeat(20)}01abc`;
  assert.equal(controlSocketPath(long, 0), "/run/shopfloor-control-01abc/control.sock");
  assert.equal(controlSocketPath(long, 1000), "/tmp/shopfloor-control-1000-01abc/control.sock");
});

Deno.test("a directory of sockets in which others can write is not used", async () => {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_control_" });
  await makeControlDir(`${dir}/control.sock`);
  assert.equal(await isOurs(`${dir}/control.sock`), true);
  await Deno.chmod(dir, 0o777);
  assert.equal(await isOurs(`${dir}/control.sock`), false);
  await assert.rejects(makeControlDir(`${dir}/control.sock`), /only this user can enter/);
  await Deno.remove(dir, { recursive: true });
});
