/** What an agent of this machine has done, from its activity log, as lines for a person; and while it goes on. */
import { join } from "node:path";
import type { AgentEvent } from "../agent_ports.ts";

const LOOK_EVERY_MS = 300;
const SHOWN_CHARS = 400;

/** @param isOver Asked while nothing comes: whether nothing more will. */
export async function printAgentLog(
  stateDir: string,
  runId: string,
  print: (line: string) => void,
  isOver: () => Promise<boolean>,
): Promise<void> {
  using file = await Deno.open(join(stateDir, "sandboxes", runId, "events.ndjson"), { read: true });
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(64 * 1024);
  let cut = "";
  for (;;) {
    const count = await file.read(bytes);
    if (count === null) {
      if (await isOver()) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      continue;
    }
    const lines = (cut + decoder.decode(bytes.subarray(0, count), { stream: true })).split("\n");
    cut = lines.pop() ?? "";
    for (const line of lines) print(eventLine(JSON.parse(line) as AgentEvent));
  }
}

/** One line of the log. */
export function eventLine({ atMs, type, payload }: AgentEvent): string {
  const words = Object.entries(payload).filter(([name]) => !HIDDEN.has(name)).map(([name, value]) =>
    name === "text" ? String(value) : `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
  ).join(" ").replaceAll(/\s+/g, " ");
  const shown = words.length <= SHOWN_CHARS ? words : `${words.slice(0, SHOWN_CHARS - 1)}…`;
  // deno-lint-ignore no-control-regex
  return `${new Date(atMs).toISOString()} ${type} ${shown.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ")}`;
}

const HIDDEN: ReadonlySet<string> = new Set(["sha256", "callId"]);
