/**
 * What one run knows of the commands to its agent, in a file beside it: a line when a command begins, a line with what came of
 * it. A last line that is not whole is one that nobody has acted on.
 */
import { z } from "zod";
import { type CommandOutcome, commandOutcome } from "../../protocol/agent/commands.ts";

export interface CommandRecord {
  /** `begun` of a former life of this runner, an outcome, or null for what is new. */
  of(commandId: string): CommandOutcome | "begun" | null;
  /** Resolves once it is on the disk. */
  write(commandId: string, state: CommandOutcome | "begun"): Promise<void>;
}

const line = z.object({ commandId: z.string(), outcome: commandOutcome.nullable() });

export async function openCommandRecord(path: string): Promise<CommandRecord> {
  const known = new Map<string, CommandOutcome | "begun">();
  for (const text of (await readOr(path, "")).split("\n")) {
    const read = line.safeParse(parseJson(text));
    if (read.success) known.set(read.data.commandId, read.data.outcome ?? "begun");
  }
  return {
    of: (commandId) => known.get(commandId) ?? null,
    async write(commandId, state) {
      known.set(commandId, state);
      const text = JSON.stringify({ commandId, outcome: state === "begun" ? null : state });
      using file = await Deno.open(path, { append: true, create: true, mode: 0o600 });
      // The line end goes first: what a crash left half written stays a line of its own.
      const bytes = new TextEncoder().encode(`\n${text}`);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    },
  };
}

async function readOr(path: string, missing: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
