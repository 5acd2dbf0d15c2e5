/** Clones a task's repository with stock git, the token in the environment and never in an argument (S1). */
import { mustRun } from "../setup/run_command.ts";

/** Clones `url` into `directory`, replacing what is there. */
export async function cloneTaskRepository(url: string, token: string, directory: string): Promise<void> {
  await Deno.remove(directory, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await mustRun("clone the task's repository", "git", ["clone", "--quiet", url, directory], {
    env: {
      ...Deno.env.toObject(),
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.extraHeader",
      GIT_CONFIG_VALUE_0: `Authorization: Bearer ${token}`,
    },
  });
}

/** A line that a person can paste: the token is read from its file by their shell. */
export function cloneCommand(url: string, tokenFile: string, directory: string): string {
  return `git -c http.extraHeader="Authorization: Bearer $(cat ${
    quoted(tokenFile)
  })" clone ${url} ${directory}`;
}

/** As one word of a POSIX shell. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
