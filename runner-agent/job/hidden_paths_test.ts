import assert from "node:assert/strict";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import { findMoved } from "./hidden_paths.ts";

Deno.test("what was hidden must be where it was: gone, or another in its place, it would be seen elsewhere", async () => {
  await withTempDir(async (root) => {
    const work = `${root}/work`;
    const look = () => findMoved(root, work, ["config/keys", "not/there"]);
    await Deno.mkdir(`${work}/config/keys`, { recursive: true });
    assert.equal(await findMoved(root, work, []), null, "nothing is hidden");
    assert.equal(await look(), null);
    assert.equal(await look(), null, "it is where it was");
    await Deno.rename(`${work}/config`, `${work}/moved`);
    assert.equal(await look(), "config/keys");
    await Deno.mkdir(`${work}/config/keys`, { recursive: true });
    assert.equal(await look(), "config/keys", "another in its place");
  });
});
