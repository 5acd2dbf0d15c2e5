/** The harness of stations that run a shell script and no AI. */

import { err, ok } from "../../protocol/result.ts";
import type { HarnessAdapter } from "../ports.ts";
import { commonEnv, promptFiles } from "./agent_cli.ts";

/**
 * Runs the station's script with bash, which stops at the first command that fails. The script finds the prompt in
 * the file named by `SHOPFLOOR_PROMPT_FILE`, and its template's `args` as `$1` and on.
 */
export const commandHarness: HarnessAdapter = {
  name: "command",
  provider: null,
  plan(request) {
    if (request.command === null || request.command.trim() === "") return err({ reason: "command_missing" });
    return ok({
      command: [
        ...["bash", "-euo", "pipefail", "-c", request.command],
        ...(request.args.length === 0 ? [] : ["bash", ...request.args]),
      ],
      env: commonEnv(),
      homeFiles: promptFiles(request),
    });
  },
};
