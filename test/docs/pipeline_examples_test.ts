/** Every example of `docs/pipeline.md` is run: its files are written, its commands started, what they print compared. */
import assert from "node:assert/strict";
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type AilFolder, steady, withAilFolder } from "../fake/ail_command.ts";
import { type Example, examplesOf, isLike } from "./examples.ts";

const ROOT = new URL("../../", import.meta.url);
const page = await Deno.readTextFile(new URL("docs/pipeline.md", ROOT));

Deno.test("no example of the page is left out: each YAML is a file, each command one that can be run", () => {
  const { problems } = examplesOf(page);
  assert.deepEqual(problems, []);
});

for (const { heading, examples } of examplesOf(page).sections) {
  Deno.test(`docs/pipeline.md, "${heading}": its examples do what they say`, async () => {
    await withAilFolder(async (folder) => {
      await installSay(folder.home);
      for (const example of examples) await tryOut(folder, example);
    });
  });
}

async function tryOut(folder: AilFolder, example: Example): Promise<void> {
  if (example.kind === "file") {
    await folder.write(example.path, example.text);
    return;
  }
  const { environment, args, input } = example;
  const run = await folder.ail(args, input, environment);
  const code = run.code === 0 ? "" : `(exit ${run.code})\n`;
  const printed = steady(run.out + run.err, folder.dir).replaceAll(/\b\d+\.\ds\b/g, "0.0s") + code;
  assert.ok(
    isLike(printed, example.output),
    `${example.command}\n-- printed:\n${printed}\n-- the page says:\n${example.output}`,
  );
}

/** The sample plugin that answers with the prompt itself. */
async function installSay(home: string): Promise<void> {
  const target = join(home, ".ail/runners");
  await mkdir(target, { recursive: true });
  for (const name of ["say.yaml", "say_plugin.mjs"]) {
    await copyFile(new URL(`examples/plugins/${name}`, ROOT), join(target, name));
  }
  await chmod(join(target, "say_plugin.mjs"), 0o755);
}
