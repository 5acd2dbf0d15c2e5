/** Finds plugins: manifests in `~/.ail/runners/` (Pipeline r11). */
import { join } from "node:path";
import { faultText } from "../../pipeline/fault.ts";
import { isManifestName, type PluginManifest, readManifest } from "../../pipeline/backend_manifest.ts";
import { MANIFEST_MAX_BYTES } from "./limits.ts";

/**
 * By their names in lower case. A file that is wrong is told and skipped; of two with one name the first file, by its name,
 * counts.
 */
export async function discoverPlugins(
  home: string,
  warn: (message: string) => void,
): Promise<ReadonlyMap<string, PluginManifest>> {
  const directory = join(home, ".ail", "runners");
  const found = new Map<string, PluginManifest>();
  for (const file of (await namesIn(directory, warn)).filter(isManifestName)) {
    const path = join(directory, file);
    const text = await readBounded(path);
    if (text === null) {
      warn(`${path} is skipped: expected a readable file of at most ${MANIFEST_MAX_BYTES} bytes`);
      continue;
    }
    const manifest = readManifest(path, text);
    if (!manifest.ok) {
      warn(`${faultText(manifest.error)}: skipped`);
      continue;
    }
    const key = manifest.value.name.toLowerCase();
    if (found.has(key)) warn(`${path} is skipped: there is another plugin '${manifest.value.name}'`);
    else found.set(key, manifest.value);
  }
  return found;
}

async function namesIn(directory: string, warn: (message: string) => void): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      warn(`cannot look for plugins in '${directory}': ${(error as Error).message}`);
    }
  }
  return names.sort();
}

async function readBounded(path: string): Promise<string | null> {
  try {
    const { isFile, size } = await Deno.stat(path);
    return isFile && size <= MANIFEST_MAX_BYTES ? await Deno.readTextFile(path) : null;
  } catch {
    return null;
  }
}
