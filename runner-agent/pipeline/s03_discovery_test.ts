import assert from "node:assert/strict";
import { drive } from "../../test/fake/pipeline_run.ts";
import { SURROUNDINGS } from "../../test/fake/pipeline_run.ts";
import { discoverPipeline, displayName } from "./discover.ts";

const LAST = "/home/me/.ail/projects/hash/last_pipeline";
const ALL = {
  "/else/where.yaml": "",
  [LAST]: "/else/where.yaml\n",
  "/work/.ail/default": "one/a.ail.yaml\n",
  "/work/.ail/one/a.ail.yaml": "",
  "/work/.ail/one/deeper/b.yaml": "",
  "/home/me/.config/ail/default.yaml": "",
};
const without = (...paths: string[]) =>
  Object.fromEntries(Object.entries(ALL).filter(([path]) => !paths.includes(path)));
const discover = (files: Record<string, string>, named: string | null = null) =>
  drive(discoverPipeline(named, SURROUNDINGS, "hash"), { files });

Deno.test("s03.1: the named one comes before all, whether it is there or not", () => {
  assert.deepEqual(discover(ALL, "x.yaml"), { kind: "found", path: "/work/x.yaml" });
  assert.deepEqual(discover(ALL, "~/x.yaml"), { kind: "found", path: "/home/me/x.yaml" });
});

Deno.test("s03.1: then the one that was loaded last, unless its file is gone", () => {
  assert.deepEqual(discover(ALL), { kind: "found", path: "/else/where.yaml" });
  assert.deepEqual(discover(without("/else/where.yaml")), {
    kind: "found",
    path: "/work/.ail/one/a.ail.yaml",
  });
});

Deno.test("s03.1: then the marker, unless its target is gone", () => {
  const files = { ...without(LAST), "/work/.ail/two/c.yaml": "" };
  assert.deepEqual(discover(files), { kind: "found", path: "/work/.ail/one/a.ail.yaml" });
  assert.equal(discover({ ...files, "/work/.ail/default": "gone.yaml" }).kind, "ambiguous");
});

Deno.test("s03.1: then the only pipeline one directory down, and of several somebody chooses", () => {
  const files = without(LAST, "/work/.ail/default");
  assert.deepEqual(discover(files), { kind: "found", path: "/work/.ail/one/a.ail.yaml" });
  assert.deepEqual(discover({ ...files, "/work/.ail/two/default.yaml": "" }), {
    kind: "ambiguous",
    candidates: [
      { name: "one/a", path: "/work/.ail/one/a.ail.yaml" },
      { name: "two", path: "/work/.ail/two/default.yaml" },
    ],
  });
});

Deno.test("s03.1: then the user's own, and without any the prompt passes through", () => {
  assert.deepEqual(discover({ "/home/me/.config/ail/default.yaml": "" }), {
    kind: "found",
    path: "/home/me/.config/ail/default.yaml",
  });
  assert.deepEqual(discover({}), { kind: "passthrough", overlooked: [] });
});

Deno.test("s03.1: a file where none is looked for is passed over, and told", () => {
  const files = {
    "/work/.ail.yaml": "not any more",
    "/work/.ail/default.yaml": "",
    "/work/.ail/deep/er/x.yaml": "",
  };
  assert.deepEqual(discover(files), {
    kind: "passthrough",
    overlooked: ["/work/.ail.yaml", "/work/.ail/default.yaml"],
  });
});

Deno.test("s03.1: the name that a picker shows", () => {
  assert.equal(displayName("oma", "default.yaml"), "oma");
  assert.equal(displayName("oma", ".ohmy.ail.yaml"), "oma/.ohmy");
  assert.equal(displayName("oma", "review.yml"), "oma/review");
});
