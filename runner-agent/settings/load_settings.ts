/** Reads the settings file of this machine. */
import { problemText } from "../template/yaml_document.ts";
import { NO_SETTINGS_FILE, readSettings, type SettingsFile, settingsPath } from "./settings_layers.ts";

/**
 * The file by its name, by `SHOPFLOOR_SETTINGS`, or where it is by default; that one may be missing.
 *
 * @throws RangeError with every problem of the file, one a line.
 */
export async function loadSettings(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SettingsFile> {
  const path = settingsPath(named, env);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const isNamed = named !== undefined || (env["SHOPFLOOR_SETTINGS"] ?? "") !== "";
    if (error instanceof Deno.errors.NotFound && !isNamed) return NO_SETTINGS_FILE;
    throw new RangeError(
      `Cannot read the settings as they must be a file that can be read: current value is ${path} (${
        error instanceof Error ? error.name : "unknown"
      })`,
    );
  }
  const read = readSettings(path, text);
  if (!read.ok) throw new RangeError(read.error.map(problemText).join("\n"));
  return read.value;
}
