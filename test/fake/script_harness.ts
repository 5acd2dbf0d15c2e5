/** An agent of the dummy runtime: the station's "command" is the dummy's script, `NAME=value` lines. */
import { ok } from "../../protocol/result.ts";
import type { HarnessAdapter } from "../../runner-agent/ports.ts";

export const scriptHarness: HarnessAdapter = {
  name: "command",
  provider: null,
  plan: (request) =>
    ok({
      command: ["dummy"],
      env: Object.fromEntries((request.command ?? "").split("\n").map((line) => line.split("=", 2))),
      homeFiles: {},
    }),
};
