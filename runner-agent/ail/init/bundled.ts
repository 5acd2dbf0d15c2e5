/** The templates that come with the program: a folder each, with a `template.yaml` (Pipeline 3.8). */
import { join, relative } from "node:path";
import { readManifest } from "./manifest.ts";

export interface Template {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  /** Paths relative to the template, without its manifest. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** Sorted by name. @throws When one of ours is broken. */
export async function bundledTemplates(folder: string): Promise<readonly Template[]> {
  const templates: Template[] = [];
  for (const entry of [...Deno.readDirSync(folder)].filter((one) => one.isDirectory)) {
    const root = join(folder, entry.name);
    const manifest = readManifest(await Deno.readTextFile(join(root, "template.yaml")));
    if (!manifest.ok) {
      throw new Error(`Cannot list templates as '${root}' is broken: ${manifest.error.detail}`);
    }
    const { name, aliases, short_description } = manifest.value;
    templates.push({ name, aliases, description: short_description, files: await filesBelow(root) });
  }
  return templates.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function filesBelow(root: string, folder = root): Promise<Template["files"]> {
  const files: Template["files"][number][] = [];
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await filesBelow(root, path));
    else if (path !== join(root, "template.yaml")) {
      files.push({ path: relative(root, path), bytes: await Deno.readFile(path) });
    }
  }
  return files;
}
