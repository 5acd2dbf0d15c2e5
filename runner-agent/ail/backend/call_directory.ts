/** The directory of one call: its files and its socket. Only its owner can open it, and nothing of it is left. */
import { join } from "node:path";
import { err, ok, type Result } from "../../../protocol/result.ts";

export interface CallDirectory extends AsyncDisposable {
  readonly path: string;
  /** Texts by their names. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

/** @returns A sentence when the temporary directory is not there, or full. */
export async function openCallDirectory(): Promise<Result<CallDirectory, string>> {
  let path: string;
  try {
    path = await Deno.makeTempDir({ prefix: "ail-call-" });
  } catch (error) {
    return err(`cannot make a directory for the call: ${(error as Error).message}`);
  }
  return ok({
    path,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(join(path, name), text, { mode: 0o600 });
      }
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  });
}
