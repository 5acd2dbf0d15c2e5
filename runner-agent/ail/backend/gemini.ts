/** The `gemini` backend (Pipeline r01). */
import { join } from "node:path";
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import type { SessionFile } from "../../pipeline/cli_backend.ts";
import { mendGeminiChat } from "../../harness/gemini_mend.ts";
import type { PromptBackend } from "../ports.ts";
import { createCliBackend } from "./cli.ts";
import { SESSION_FILE_MAX_BYTES } from "./limits.ts";

/** The program is `AIL_GEMINI_BIN`, or `gemini` of the PATH. */
export function createGeminiBackend(): PromptBackend {
  return createCliBackend(CLI_BACKENDS.gemini, {
    ail: [],
    async prepare({ resumeSessionId }, { environment, warn }) {
      const home = environment["GEMINI_CLI_HOME"] || environment["HOME"];
      const { sessionFile } = CLI_BACKENDS.gemini;
      if (resumeSessionId === null || sessionFile === null || !home) return;
      await mendSession(join(home, sessionFile.below), sessionFile, resumeSessionId, warn);
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
