/**
 * Where templates are: folders with `template.yaml` and maybe `home/`. A source is one level of the order in which a name is
 * looked for: project, global, built-in.
 *
 * 1. Only ordinary files of text are taken: a link could lead to what is the host's.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { TEMPLATE_FILES_MAX, TEMPLATE_MAX_BYTES } from "../limits.ts";
import type { Problem } from "./yaml_document.ts";

export interface TemplateFile {
  readonly text: string;
  readonly isExecutable: boolean;
}

/** The files of one template by their paths below its folder. */
export interface TemplateFolder {
  /** What a person opens: a path, or a path at a commit. */
  readonly place: string;
  readonly files: ReadonlyMap<string, TemplateFile>;
}

export interface TemplateSource {
  readonly level: "project" | "global" | "built-in";
  /** Null: there is none of that name here. */
  read(name: string): Promise<Result<TemplateFolder | null, Problem>>;
}

const DOCUMENT = "template.yaml";

/** Templates in a folder of this machine. */
export function folderSource(level: TemplateSource["level"], root: string): TemplateSource {
  return {
    level,
    async read(name) {
      const place = join(root, name);
      const files = new Map<string, TemplateFile>();
      if (!await isDirectory(place)) return ok(null);
      const fault = await collect(place, "", files);
      return fault === null ? bounded({ place, files }) : err(fault);
    },
  };
}

/** Templates whose files are known, as those of a commit are. Paths are below the folder of templates. */
export function listedSource(
  level: TemplateSource["level"],
  place: string,
  files: ReadonlyMap<string, TemplateFile>,
): TemplateSource {
  return {
    level,
    read(name) {
      const own = [...files].filter(([path]) => path.startsWith(`${name}/`));
      if (own.length === 0) return Promise.resolve(ok(null));
      const folder = new Map(own.map(([path, file]) => [path.slice(name.length + 1), file]));
      return Promise.resolve(bounded({ place: `${place}/${name}`, files: folder }));
    },
  };
}

function bounded(folder: TemplateFolder): Result<TemplateFolder, Problem> {
  const sizeBytes = [...folder.files.values()].reduce((sum, { text }) => sum + text.length, 0);
  if (folder.files.size > TEMPLATE_FILES_MAX || sizeBytes > TEMPLATE_MAX_BYTES) {
    return err(wrong(
      folder.place,
      `expected at most ${TEMPLATE_FILES_MAX} files of ${TEMPLATE_MAX_BYTES} bytes in all, came ${folder.files.size} of ${sizeBytes}`,
    ));
  }
  if (!folder.files.has(DOCUMENT)) return err(wrong(folder.place, `expected a file ${DOCUMENT}, came none`));
  return ok(folder);
}

async function collect(
  root: string,
  below: string,
  into: Map<string, TemplateFile>,
): Promise<Problem | null> {
  const entries = await Array.fromAsync(Deno.readDir(join(root, below)));
  for (const { name, isDirectory, isFile } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = below === "" ? name : `${below}/${name}`;
    const full = join(root, path);
    if (isDirectory) {
      const fault = await collect(root, path, into);
      if (fault !== null) return fault;
      continue;
    }
    if (!isFile) return wrong(full, "expected a file or a folder, came a link or a device");
    if (into.size > TEMPLATE_FILES_MAX) return null;
    const { mode, size } = await Deno.lstat(full);
    if (size > TEMPLATE_MAX_BYTES) {
      return wrong(full, `expected at most ${TEMPLATE_MAX_BYTES} bytes, came ${size}`);
    }
    const text = decoded(await Deno.readFile(full));
    if (text === null) return wrong(full, "expected a text in UTF-8, came other bytes");
    into.set(path, { text, isExecutable: ((mode ?? 0) & 0o100) !== 0 });
  }
  return null;
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function wrong(file: string, message: string): Problem {
  return { file, line: null, column: null, path: [], message };
}
