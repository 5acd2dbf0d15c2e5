/** Where an imported line comes from: files that were uploaded, or a public repository. For the API and for its page. */
import { type LineInput, lineInput } from "../../protocol/line/line.ts";
import { importLine } from "../../protocol/line/on_disk.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Env } from "../env.ts";
import { type HttpRefusal, invalidInput } from "../errors.ts";
import { allowedHosts } from "../import/import_url.ts";
import { fetchLineFolder } from "../import/line_repository.ts";
import { IMPORT_TIMEOUT_MS } from "../limits.ts";
import { folderRefusal, importRefusal } from "./import_refusal.ts";

export interface ImportSource {
  /** By path, of a `.agentics/` folder. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Else the repository that has one, and what of it. */
  readonly gitUrl?: string | undefined;
  readonly ref?: string | undefined;
}

export interface ImportedInput {
  readonly line: LineInput;
  /** What was left aside on the way. */
  readonly warnings: readonly string[];
}

/** The line of a source, validated, or why there is none. Who may not make lines must not come this far. */
export async function readImport(
  env: Env,
  source: ImportSource,
): Promise<Result<ImportedInput, HttpRefusal>> {
  const folder = await filesOf(env, source);
  if (!folder.ok) return folder;
  const imported = importLine(folder.value.files);
  if (!imported.ok) return err(folderRefusal(imported.error));
  const parsed = lineInput.safeParse(imported.value.line);
  if (!parsed.success) return err(invalidInput(parsed.error, "body", imported.value.line));
  return ok({ line: parsed.data, warnings: [...folder.value.warnings, ...imported.value.warnings] });
}

/** The files of an import, wherever they are. */
async function filesOf(
  env: Env,
  { files, gitUrl, ref }: ImportSource,
): Promise<
  Result<{ readonly files: ReadonlyMap<string, string>; readonly warnings: readonly string[] }, HttpRefusal>
> {
  if (files !== undefined) return ok({ files: new Map(Object.entries(files)), warnings: [] });
  const fetched = await fetchLineFolder(gitUrl!, ref ?? null, {
    allowedHosts: allowedHosts(env.SHOPFLOOR_IMPORT_HOSTS),
    fetch: (url, init) => fetch(url, init),
    signal: AbortSignal.timeout(IMPORT_TIMEOUT_MS),
  });
  return fetched.ok ? fetched : err(importRefusal(fetched.error));
}
