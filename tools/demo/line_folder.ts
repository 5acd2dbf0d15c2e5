/** Reads a line from its `.agentics/` folder (Line 2.11). */
import { join } from "node:path";
import { lineFromFiles, type OnDiskError } from "../../protocol/line/on_disk.ts";

/** The body of a put, from `folder` or from the `.agentics/` below it. Throws with the file that is wrong. */
export async function readLineFolder(folder: string): Promise<Record<string, unknown>> {
  const inner = join(folder, ".agentics");
  const root = await Deno.stat(inner).then((info) => info.isDirectory, () => false) ? inner : folder;
  const files = new Map<string, string>();
  await readInto(files, root, "");
  const line = lineFromFiles(files);
  if (!line.ok) throw new Error(describe(line.error, root));
  return line.value;
}

async function readInto(files: Map<string, string>, root: string, below: string): Promise<void> {
  for await (const entry of Deno.readDir(join(root, below))) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) await readInto(files, root, path);
    else if (entry.isFile) files.set(path, await Deno.readTextFile(join(root, path)));
  }
}

function describe(error: OnDiskError, root: string): string {
  const file = join(root, error.path);
  switch (error.reason) {
    case "file_missing":
      return `Cannot read the line as ${file} must exist`;
    case "not_json":
      return `Cannot read the line as ${file} must be JSON`;
    case "not_an_object":
      return `Cannot read the line as ${file} must hold a JSON object`;
  }
}
