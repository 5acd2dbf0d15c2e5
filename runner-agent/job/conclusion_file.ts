/** Reads what the agent concluded, from a file that the agent wrote: a plain file, bounded, of the right shape. */
import { z } from "zod";
import { REASON_MAX_CHARS } from "../../protocol/limits.ts";
import type { ConclusionReading } from "../domain/outcome.ts";
import { CONCLUSION_FILE_MAX_BYTES } from "../limits.ts";

const conclusionFile = z.object({
  conclusion: z.enum(["success", "failure"]),
  summary: z.string().max(REASON_MAX_CHARS).nullish().transform((text) => text ?? null),
  exitCode: z.number().int().min(-1).max(255).nullish().transform((code) => code ?? null),
});

/** The agent took the rights of its own file or directory away. */
const UNREADABLE: ConclusionReading = { kind: "invalid", message: "expected a file that can be read" };

/**
 * Reads the file after the sandbox has ended, so nobody changes it meanwhile. A link, a device or a pipe is refused:
 * its target would be read with the runner's rights.
 */
export async function readConclusionFile(path: string): Promise<ConclusionReading> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "none" };
    if (error instanceof Deno.errors.PermissionDenied) return UNREADABLE;
    throw error;
  }
  if (!found.isFile) return { kind: "invalid", message: "expected a plain file" };
  if (found.size > CONCLUSION_FILE_MAX_BYTES) {
    return {
      kind: "invalid",
      message: `expected at most ${CONCLUSION_FILE_MAX_BYTES} bytes, came ${found.size}`,
    };
  }
  let json: unknown;
  try {
    json = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return UNREADABLE;
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: "invalid", message: "expected JSON" };
  }
  const parsed = conclusionFile.safeParse(json);
  if (parsed.success) return { kind: "read", conclusion: parsed.data };
  const issue = parsed.error.issues[0];
  return {
    kind: "invalid",
    message: `at '${issue?.path.join(".") ?? ""}': ${issue?.message ?? "unexpected"}`,
  };
}
