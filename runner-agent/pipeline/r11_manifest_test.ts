import assert from "node:assert/strict";
import { expandEnv, isManifestName, readManifest } from "./backend_manifest.ts";

const PATH = "/home/me/.ail/runners/p.yaml";
const GOOD = { name: "My-Plugin_1", version: "0.1", executable: "/bin/p" };

function read(fields: unknown) {
  return readManifest(PATH, typeof fields === "string" ? fields : JSON.stringify(fields));
}

Deno.test("r11: a manifest is YAML or JSON with three fields; the rest has defaults", () => {
  const expected = { ok: true, value: { ...GOOD, args: [], env: {} } };
  assert.deepEqual(read(GOOD), expected);
  assert.deepEqual(read('name: My-Plugin_1\nversion: "0.1"\nexecutable: /bin/p\n'), expected);
  const full = read({ ...GOOD, protocol_version: "1", args: ["-v", 2], env: { A: "${B}", C: 1 } });
  assert.deepEqual(full.ok && [full.value.args, full.value.env], [["-v", "2"], { A: "${B}", C: "1" }]);
});

for (
  const [executable, expected] of [
    ["/opt/p", "/opt/p"],
    ["./p.py", "/home/me/.ail/runners/p.py"],
    ["../bin/p", "/home/me/.ail/bin/p"],
    ["p", "p"],
  ] as const
) {
  Deno.test(`r11: the executable '${executable}' is '${expected}'`, () => {
    const manifest = read({ ...GOOD, executable });
    assert.equal(manifest.ok && manifest.value.executable, expected);
  });
}

for (
  const [what, fields] of [
    ["no map", "- a"],
    ["no YAML", "a: [b"],
    ["nothing", ""],
    ["no name", { ...GOOD, name: undefined }],
    ["a name with a dot", { ...GOOD, name: "a.b" }],
    ["a reserved name", { ...GOOD, name: "Claude" }],
    ["the name of a built-in backend that plugins never reach", { ...GOOD, name: "codex" }],
    ["no version", { ...GOOD, version: "" }],
    ["no executable", { ...GOOD, executable: undefined }],
    ["an executable that depends on the working directory", { ...GOOD, executable: "bin/p" }],
    ["another protocol", { ...GOOD, protocol_version: "2" }],
    ["args that are no list", { ...GOOD, args: "-v" }],
    ["env that is no map", { ...GOOD, env: ["A"] }],
    ["env with a list in it", { ...GOOD, env: { A: [] } }],
  ] as const
) {
  Deno.test(`r11: a manifest with ${what} is invalid, and its file is named`, () => {
    const manifest = read(fields);
    assert.ok(!manifest.ok, "must be refused");
    assert.equal(manifest.error.type, "ail:plugin/manifest-invalid");
    assert.ok(manifest.error.detail.startsWith(`${PATH}: `));
  });
}

Deno.test("r11: an alias bomb is invalid and costs nothing", () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${
    [..."bcdefgh"].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`)
      .join("\n")
  }\n`;
  assert.ok(!read(bomb).ok);
});

Deno.test("r11: three endings name manifests", () => {
  assert.deepEqual(["a.yaml", "a.yml", "a.json", "a.toml", "yaml"].map(isManifestName), [
    ...[true, true, true, false, false],
  ]);
});

Deno.test("r11: variables in env are replaced once; those that are not set are empty and told", () => {
  assert.deepEqual(expandEnv({ A: "x${B}y${B}", C: "${NO}", D: "$B ${" }, { B: "${C}" }), {
    env: { A: "x${C}y${C}", C: "", D: "$B ${" },
    unset: ["NO"],
  });
  assert.deepEqual(expandEnv({ A: "${NO:-x y}", B: "${NO:-}", C: "${B:-x}" }, { B: "b" }), {
    env: { A: "x y", B: "", C: "b" },
    unset: [],
  });
});
