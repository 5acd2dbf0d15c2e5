import assert from "node:assert/strict";
import { withAilFolder } from "../../test/fake/ail_command.ts";
import { readManifest, unsafe } from "./init/manifest.ts";
import { manifestUrl } from "./init/remote.ts";

Deno.test("each of our templates is installed, and all its pipelines are right", async () => {
  const entries: Readonly<Record<string, readonly string[]>> = {
    starter: ["default.yaml"],
    superpowers: ["brainstorm.yaml", "build.yaml", "debug.yaml"],
    oma: [".ohmy.ail.yaml", "parts/answer.ail.yaml", "parts/small.ail.yaml", "parts/large.ail.yaml"],
  };
  for (const [name, files] of Object.entries(entries)) {
    await withAilFolder(async ({ ail, read }) => {
      assert.equal((await ail(["init", name])).code, 0);
      const folder = `.ail/${name === "oma" ? "oh-my-ail" : name}`;
      for (const file of files) {
        const valid = await ail(["validate", "--pipeline", `${folder}/${file}`]);
        assert.equal(valid.code, 0, `${file}: ${valid.err}`);
        assert.equal(valid.err, "", file);
      }
      await assert.rejects(read(`${folder}/template.yaml`), Deno.errors.NotFound);
    });
  }
});

Deno.test("files that are there are kept, and then nothing is written", async () => {
  await withAilFolder(async ({ ail, write, read }) => {
    await write(".ail/starter/default.yaml", "mine");
    const refused = await ail(["init", "starter"]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^\[ail:config\/validation-failed\].*--force.*\.ail\/starter\/default\.yaml/);
    await assert.rejects(read(".ail/starter/README.md"), Deno.errors.NotFound);
    assert.match((await ail(["init", "starter", "--force", "--dry-run"])).out, /^would write/);
    assert.equal(await read(".ail/starter/default.yaml"), "mine");
    assert.equal((await ail(["init", "starter", "--force"])).code, 0);
    assert.notEqual(await read(".ail/starter/default.yaml"), "mine");
  });
});

Deno.test("what stands in the way of a file is told", async () => {
  await withAilFolder(async ({ ail, write }) => {
    await write(".ail/starter/default.yaml/in/the/way", "x");
    const refused = await ail(["init", "starter", "--force"]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^\[ail:init\/failed\] cannot write into /);
  });
});

Deno.test("without a name templates are listed; an unknown one is a fault", async () => {
  await withAilFolder(async ({ ail }) => {
    assert.match((await ail(["init"])).out, /^oh-my-ail {2,}.*\nstarter {2,}.*\nsuperpowers {2,}/);
    const unknown = await ail(["init", "nobody"]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /^\[ail:config\/file-not-found\]/);
  });
});

Deno.test("a template comes from a URL with the files that its manifest names", async () => {
  await withServer({
    "/t/template.yaml": "name: theirs\nshort_description: x\nfiles: [default.yaml, parts/one two.yaml]\n",
    "/t/default.yaml": "version: '1'\n",
    "/t/parts/one%20two.yaml": "two\n",
  }, async (base) => {
    await withAilFolder(async ({ ail, read }) => {
      const done = await ail(["init", `${base}/t/template.yaml`]);
      assert.equal(done.err, "");
      assert.equal(done.code, 0);
      assert.equal(await read(".ail/theirs/parts/one two.yaml"), "two\n");
    });
  });
});

Deno.test("a template from elsewhere is refused for what it may not be", async () => {
  const head = "name: x\nshort_description: x\n";
  const cases: readonly (readonly [string, string, string])[] = [
    ["/a/template.yaml", `${head}files: [../../.bashrc]\n`, "files-unsafe:"],
    ["/b/template.yaml", `${head}files: [a.yaml, a.yaml]\n`, "manifest-invalid:"],
    ["/c/template.yaml", head, "manifest-invalid:"],
    ["/d/template.yaml", "- a\n", "manifest-invalid:"],
    ["/e/template.yaml", `${head}files: [missing.yaml]\n`, "not-found:"],
    ["/f/template.yaml", `name: ../x\nshort_description: x\nfiles: [a]\n`, "manifest-invalid:"],
    ["/g/template.yaml", "x".repeat(1_048_577), "limit-exceeded:"],
    ["/h/template.yaml", `${head}files: [${[...Array(129).keys()].join(", ")}]\n`, "manifest-invalid:"],
    [
      "/i/template.yaml",
      `${head}files:\n${[...Array(129).keys()].map((i) => `  - f${i}\n`).join("")}`,
      "limit-exceeded:",
    ],
    ["/j/template.yaml", `${head}files: [big.bin]\n`, "limit-exceeded:"],
  ];
  const files = Object.fromEntries(cases.map(([path, text]) => [path, text]));
  await withServer({ ...files, "/j/big.bin": "x".repeat(2 * 1_048_576 + 1) }, async (base) => {
    await withAilFolder(async ({ ail, dir }) => {
      for (const [path, , reason] of cases) {
        const refused = await ail(["init", `${base}${path}`]);
        assert.equal(refused.code, 1, path);
        assert.ok(refused.err.startsWith(`[ail:init/failed] ${reason}`), `${path}: ${refused.err}`);
      }
      assert.deepEqual([...Deno.readDirSync(dir)], []);
    });
  });
});

Deno.test("where a manifest is follows from what was typed", () => {
  const raw = "https://raw.githubusercontent.com";
  const urls: Readonly<Record<string, string | null>> = {
    "github:o/r": `${raw}/o/r/HEAD/template.yaml`,
    "github:o/r@v1/a/b": `${raw}/o/r/v1/a/b/template.yaml`,
    "https://github.com/o/r": `${raw}/o/r/HEAD/template.yaml`,
    "https://github.com/o/r/tree/main/sub": `${raw}/o/r/main/sub/template.yaml`,
    "http://x.test/t/template.yaml": "http://x.test/t/template.yaml",
    "http://x.test/t/other.yaml": null,
    "file:///t/template.yaml": null,
    "github:o": null,
    "github:o/r/../../x": null,
  };
  for (const [source, expected] of Object.entries(urls)) {
    const url = manifestUrl(source);
    assert.equal(url.ok ? url.value.href : null, expected, source);
  }
});

Deno.test("paths that leave their folder are known by any spelling", () => {
  for (const path of ["", "/a", "..", "a/../b", "a\\b", "a\0", "C:x", "a/", "./a", "a//b", "template.yaml"]) {
    assert.notEqual(unsafe(path), null, JSON.stringify(path));
  }
  for (const path of ["a", "a/b.yaml", "..a", ".hidden/x", "sub/template.yaml"]) {
    assert.equal(unsafe(path), null);
  }
  assert.equal(readManifest("a: &x [1]\nb: *x\n").ok, false);
});

async function withServer(
  files: Readonly<Record<string, string>>,
  body: (base: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const text = files[new URL(request.url).pathname];
    return new Response(text ?? "none", { status: text === undefined ? 404 : 200 });
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}
