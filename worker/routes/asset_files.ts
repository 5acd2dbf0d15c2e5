/**
 * The terminal's files under names that hold a hash of what is in them: browsers may keep them for ever. Hashed at the
 * first use, once in each isolate.
 */
import { createHash } from "node:crypto";
import { TERMINAL_FILES } from "../pages/assets/terminal_files.ts";

type FileKey = keyof typeof TERMINAL_FILES;

export interface HashedFile {
  readonly text: string;
  readonly type: string;
}

const HASH_CHARS = 12;
let named:
  | { readonly names: Readonly<Record<FileKey, string>>; readonly files: Map<string, HashedFile> }
  | null = null;

/** The names below `/assets`. */
export function terminalNames(): Readonly<Record<FileKey, string>> {
  return open().names;
}

/** What such a name stands for; undefined for any other. */
export function terminalFile(name: string): HashedFile | undefined {
  // No other name of ours has a hash in it, and nobody is to have these hashed for nothing.
  return /^[a-z]+-[0-9a-f]{12}\.(?:mjs|css)$/.test(name) ? open().files.get(name) : undefined;
}

function open() {
  if (named !== null) return named;
  const files = new Map<string, HashedFile>();
  const names = Object.fromEntries(
    Object.entries(TERMINAL_FILES).map(([key, { extension, text, type }]) => {
      const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARS);
      const name = `${key}-${hash}.${extension}`;
      files.set(name, { text, type });
      return [key, name];
    }),
  ) as Record<FileKey, string>;
  return named = { names, files };
}
