/** `ail agent-guide`: a text for the instructions of agents that work where `ail` is used (Pipeline 3.8). */
import { join } from "node:path";
import { SPEC_FOLDER } from "./assets.ts";
import type { Host } from "./host.ts";

const FILES: Readonly<Record<string, string>> = {
  claudemd: "lean",
  "agents-md": "lean",
  agentsmd: "lean",
  "claudemd-full": "full",
  "agents-md-full": "full",
  "agentsmd-full": "full",
  full: "full",
};

export async function agentGuideCommand(host: Host, format: string): Promise<number> {
  const file = Object.hasOwn(FILES, format) ? FILES[format] : undefined;
  if (file === undefined) {
    host.err(`error: --format must be one of ${Object.keys(FILES).join(", ")}: it is '${format}'\n`);
    return 1;
  }
  host.out(await Deno.readTextFile(join(SPEC_FOLDER, `guide_${file}.md`)));
  return 0;
}
