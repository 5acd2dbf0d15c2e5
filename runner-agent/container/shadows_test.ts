import assert from "node:assert/strict";
import { findShadows, shadowMounts } from "./shadows.ts";

Deno.test("findShadows finds what is there, by the innermost mount, and skips what is not", async () => {
  const dir = await Deno.makeTempDir();
  for (const path of ["work/.af", "work/sub", "other/.af"]) {
    await Deno.mkdir(`${dir}/${path}`, { recursive: true });
  }
  await Deno.writeTextFile(`${dir}/work/.env`, "x");
  const mounts = [
    { source: `${dir}/work`, target: "/workspace", isReadOnly: false },
    { source: `${dir}/other`, target: "/workspace/sub", isReadOnly: true },
  ];
  const wanted = [
    "/workspace/.af",
    "/workspace/.env",
    "/workspace/none",
    "/workspace/.env/x",
    "/workspace/sub/.af",
  ];
  assert.deepEqual(await findShadows([...wanted, ...wanted], mounts), [
    { target: "/workspace/.af", kind: "directory" },
    { target: "/workspace/.env", kind: "file" },
    { target: "/workspace/sub/.af", kind: "directory" },
  ]);
  await Deno.symlink("/etc", `${dir}/work/link`);
  const refused = [
    "/workspace",
    "/etc/passwd",
    "/workspace/../etc",
    "/workspace/a//b",
    "/workspace/link/x",
    "workspace/.af",
  ];
  for (const path of refused) await assert.rejects(findShadows([path], mounts), RangeError, path);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("shadowMounts never lets Podman copy up what they hide", () => {
  const [directory] = shadowMounts([{ target: "/workspace/.af", kind: "directory" }]);
  const options = directory!["options"] as string[];
  for (const option of ["ro", "size=64k", "notmpcopyup"]) assert.ok(options.includes(option), option);
});
