/** The `gemini` backend (Pipeline r01). */
import { join } from "node:path";
import { GEMINI_SYSTEM_SETTINGS } from "../../pipeline/backend_gemini.ts";
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import type { SessionFile } from "../../pipeline/cli_backend.ts";
import { mendGeminiChat } from "../../harness/gemini_mend.ts";
import type { PromptBackend } from "../ports.ts";
import { createCliBackend } from "./cli.ts";
import { SESSION_FILE_MAX_BYTES } from "./limits.ts";

/** Where an administrator's settings are when no variable names them. */
const ADMINISTRATOR_SETTINGS = "/etc/gemini-cli/settings.json";

/** The program is `AIL_GEMINI_BIN`, or `gemini` of the PATH. @param ail Starts this program: the CLI's hook runs by it. */
export function createGeminiBackend(ail: readonly string[]): PromptBackend {
  return createCliBackend(CLI_BACKENDS.gemini, {
    ail,
    async prepare({ resumeSessionId }, { environment, warn }) {
      const home = environment["GEMINI_CLI_HOME"] || environment["HOME"];
      const { sessionFile } = CLI_BACKENDS.gemini;
      if (resumeSessionId !== null && sessionFile !== null && home) {
        await mendSession(join(home, sessionFile.below), sessionFile, resumeSessionId, warn);
      }
      const isNamed = (environment[GEMINI_SYSTEM_SETTINGS] ?? "") !== "";
      return isNamed || !(await isFile(ADMINISTRATOR_SETTINGS))
        ? environment
        : { ...environment, [GEMINI_SYSTEM_SETTINGS]: ADMINISTRATOR_SETTINGS };
    },
  });
}

/** A session that was not found, or cannot be mended, is resumed as it is: the CLI says what it thinks of it. */
async function mendSession(
  below: string,
  file: SessionFile,
  sessionId: string,
  warn: (message: string) => void,
): Promise<void> {
  try {
    for (const path of await namesIn(below, "chats")) {
      if (!file.isNamedFor(path, sessionId)) continue;
      const whole = join(below, path);
      if ((await Deno.stat(whole)).size > SESSION_FILE_MAX_BYTES) continue;
      const text = await Deno.readTextFile(whole);
      const mended = mendGeminiChat(text);
      if (mended !== text) await Deno.writeTextFile(whole, mended);
    }
  } catch (error) {
    warn(`the session '${sessionId}' of gemini could not be mended: ${(error as Error).message}`);
  }
}

/** The files `FOLDER/inner/NAME` of a directory; none where it is not there. */
async function namesIn(directory: string, inner: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of await listed(directory)) {
    for (const name of await listed(join(directory, folder, inner))) found.push(`${folder}/${inner}/${name}`);
  }
  return found;
}

async function listed(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) names.push(name);
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (!isAbsent) throw error;
  }
  return names;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // One that we may not look at is there.
    return true;
  }
}
