import assert from "node:assert/strict";
import { measureDisk } from "./disk_measure.ts";

Deno.test("measureDisk counts blocks below several directories, and gives up when its time is over", async () => {
  const dir = await Deno.makeTempDir();
  for (const name of ["a", "b"]) {
    await Deno.mkdir(`${dir}/${name}`);
    await Deno.writeFile(`${dir}/${name}/f`, new Uint8Array(300_000).fill(1));
  }
  const used = (await measureDisk([`${dir}/a`, `${dir}/b`], 10_000))!;
  assert.ok(used >= 600_000 && used < 700_000, String(used));
  assert.equal(await measureDisk(["/usr", "/usr/share", "/usr/lib"], 0), null);
  await Deno.remove(dir, { recursive: true });
});

Deno.test("measureDisk counts a file without content as a block: a disk has only so many files", async () => {
  const dir = await Deno.makeTempDir();
  for (let n = 0; n < 1_000; n++) await Deno.writeTextFile(`${dir}/${n}`, "");
  const used = (await measureDisk([dir], 10_000))!;
  assert.ok(used >= 4_096_000 && used < 5_000_000, String(used));
  await Deno.remove(dir, { recursive: true });
});

Deno.test("measureDisk takes what is not there for nothing, beside what is", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.writeFile(`${dir}/file`, new Uint8Array(300_000).fill(1));
  const used = (await measureDisk([`${dir}/file`, `${dir}/absent`], 10_000))!;
  assert.ok(used >= 300_000 && used < 400_000, String(used));
  await Deno.remove(dir, { recursive: true });
});

/** With no program but busybox's on PATH. */
async function withBusybox(
  body: (dir: string, env: { readonly PATH: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const path = Deno.env.get("PATH")!;
  const busybox = path.split(":").map((dir) => `${dir}/busybox`).find((file) => {
    try {
      return Deno.statSync(file).isFile;
    } catch {
      return false;
    }
  });
  assert.ok(busybox !== undefined, "busybox must be installed");
  await Deno.mkdir(`${root}/bin`);
  for (const name of ["du", "find"]) await Deno.symlink(busybox, `${root}/bin/${name}`);
  await Deno.mkdir(`${root}/files`);
  try {
    await body(`${root}/files`, { PATH: `${root}/bin` });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("measureDisk counts the same with busybox's programs: blocks, and files without content", async () => {
  await withBusybox(async (dir, env) => {
    await Deno.writeFile(`${dir}/f`, new Uint8Array(600_000).fill(1));
    const blocks = (await measureDisk([dir], 10_000, env))!;
    assert.ok(blocks >= 600_000 && blocks < 700_000, String(blocks));
    for (let n = 0; n < 1_000; n++) await Deno.writeTextFile(`${dir}/a line\nand ${n}`, "");
    const files = (await measureDisk([dir], 10_000, env))!;
    assert.ok(files >= 4_096_000 && files < 5_000_000, String(files));
  });
});

Deno.test("measureDisk gives up with busybox's programs when its time is over", async () => {
  await withBusybox(async (_dir, env) => {
    assert.equal(await measureDisk(["/usr", "/usr/share", "/usr/lib"], 0, env), null);
  });
});
