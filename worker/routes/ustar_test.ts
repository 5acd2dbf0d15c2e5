/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { join } from "node:path";
import { filesOfLine } from "../../protocol/line/on_disk.ts";
import { lineInput } from "../../protocol/line/line.ts";
import { tarOf } from "./ustar.ts";

Deno.test("stock tar unpacks what was packed, long paths too", async () => {
  const long = `${"a".repeat(90)}/${"b".repeat(40)}/x.md`;
  const line = lineInput.parse({
    name: "L",
    stations: [{ id: "s".repeat(100), name: "S", trigger: { promptTemplate: "Grüße" } }],
    agenticsSpecFiles: { [long]: "x".repeat(1_024), "empty.md": "" },
  });
  const files = filesOfLine(line);
  const folder = await Deno.makeTempDir({ prefix: "ustar_" });
  try {
    await Deno.writeFile(join(folder, "line.tar"), tarOf(files));
    const { code, stderr } = await new Deno.Command("tar", { args: ["-xf", "line.tar"], cwd: folder })
      .output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    for (const [path, text] of files) assert.equal(await Deno.readTextFile(join(folder, path)), text, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
