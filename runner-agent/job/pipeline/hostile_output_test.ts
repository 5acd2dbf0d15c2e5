/** What lies in the place of a program's output is anybody's: a real `pipeline_station`, and programs that mean no good. */
import assert from "node:assert/strict";
import { answer, until, withStation } from "./call_stage.ts";

const HOSTILE: Readonly<Record<string, string>> = {
  "a link to a file of the host": 'ln -sf "$TRAP/stdout" "$OUT/stdout"',
  "a pipe": 'rm "$OUT/stdout"; mkfifo "$OUT/stdout"',
  "a folder": 'rm "$OUT/stdout"; mkdir "$OUT/stdout"',
  "a link in place of its folder": 'mv "$OUT" "$OUT.old"; ln -s "$TRAP" "$OUT"',
  "a link in place of the folder of all": 'cd "$OUT/.."; mv "$PWD" "$PWD.old"; ln -s "$TRAP" "$PWD"',
  "nothing": 'rm -r "$OUT"',
};

for (const [what, script] of Object.entries(HOSTILE)) {
  Deno.test(`${what} where a program's output is to be ends it, and nothing of the host is read`, async () => {
    await withStation(async ({ run, dir, out }) => {
      await Deno.mkdir(`${dir}/trap/1`, { recursive: true });
      for (const name of ["stdout", "stderr", "1/stdout", "1/stderr"]) {
        await Deno.writeTextFile(`${dir}/trap/${name}`, "secret");
      }
      let told = "";
      const ended = run("a", `echo on; until [ -e "$TRAP/go" ]; do sleep 0.02; done; ${script}; sleep 600`, {
        env: { OUT: out(1), TRAP: `${dir}/trap` },
        onStdout: (bytes) => {
          told += new TextDecoder().decode(bytes);
        },
      });
      await until(() => Promise.resolve(told !== ""));
      await Deno.writeTextFile(`${dir}/trap/go`, "");
      const end = await ended;
      assert.equal(end.kind, "failed", JSON.stringify(end));
      assert.equal(told, "on\n");
    });
  });
}

Deno.test("a forged end is only the program's own, and a status that is none is not read", async () => {
  await withStation(async ({ run, out }) => {
    const end = await run("a", `echo 1e308 >${out(1)}/exit; sleep 1; exit 5`);
    assert.equal(answer(end).exitCode, 5);
  });
});
