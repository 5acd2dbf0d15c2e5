/** What a `template.yaml` says, and which of its paths are safe to write (Pipeline 3.8). */
import { parse } from "yaml";
import { z } from "zod";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import { TEMPLATE_FILES_MAX } from "../limits.ts";

export interface Manifest {
  readonly name: string;
  readonly short_description: string;
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
  readonly files: readonly string[] | null;
}

const schema = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be letters, digits, '.', '_' and '-'"),
  short_description: z.string().min(1),
  aliases: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  files: z.array(z.string()).nullable().default(null),
});

export function readManifest(text: string): Result<Manifest, Fault> {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return err(initFault("manifest-invalid", (error as Error).message.split("\n")[0]!));
  }
  const read = schema.safeParse(value);
  if (read.success) return ok(read.data);
  const [issue] = read.error.issues;
  return err(initFault("manifest-invalid", `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`));
}

/** The files that a template from elsewhere names. */
export function listedFiles({ files }: Manifest): Result<readonly string[], Fault> {
  if (files === null || files.length === 0) {
    return err(initFault("manifest-invalid", "'files' must name at least one file"));
  }
  if (files.length > TEMPLATE_FILES_MAX) {
    return err(
      initFault("limit-exceeded", `a template may have ${TEMPLATE_FILES_MAX} files: ${files.length}`),
    );
  }
  const seen = new Set<string>();
  for (const path of files) {
    const why = unsafe(path);
    if (why !== null) return err(initFault("files-unsafe", `'${path}' ${why}`));
    if (seen.has(path)) return err(initFault("manifest-invalid", `'${path}' is named twice`));
    seen.add(path);
  }
  // It could be written in part only.
  const folder = files.find((path) => files.some((other) => other.startsWith(`${path}/`)));
  if (folder !== undefined) {
    return err(initFault("manifest-invalid", `'${folder}' is a file and the folder of another`));
  }
  return ok(files);
}

/** Why a path must not be written; null when it may. */
export function unsafe(path: string): string | null {
  if (path === "") return "is empty";
  if (path.includes("\0")) return "has a NUL in it";
  if (path.includes("\\")) return "has a backslash in it";
  if (path.startsWith("/")) return "is absolute";
  if (/^[A-Za-z]:/.test(path)) return "names a drive";
  if (path.endsWith("/")) return "ends with a slash";
  const parts = path.split("/");
  if (parts.includes("..")) return "leaves its folder";
  if (parts.includes(".") || parts.includes("")) return "is not in its simplest form";
  if (path === "template.yaml") return "is the manifest itself";
  return null;
}

export type InitReason =
  | "url-invalid"
  | "transport"
  | "not-found"
  | "rate-limited"
  | "manifest-invalid"
  | "files-unsafe"
  | "limit-exceeded";

export function initFault(reason: InitReason, detail: string): Fault {
  return fault("ail:init/failed", `${reason}: ${detail}`);
}
