/**
 * Unified diff text of one file, through the npm package `diff`. Pure: effort is bounded by edits, not by a clock.
 * Beyond the bound the patch replaces the whole text, which is longer to read but still right.
 */
import { formatPatch, type StructuredPatch, structuredPatch } from "diff";
import { textOf } from "./bytes.ts";

export interface FilePatch {
  readonly patch: string;
  readonly addedLines: number;
  readonly deletedLines: number;
}

/** Git's own rule: a NUL in the first bytes means binary. */
const BINARY_PROBE_BYTES = 8_000;
const CONTEXT_LINES = 3;
const NO_NEWLINE = "\\ No newline at end of file";

/** Is `data` binary by git's rule? */
export function isBinary(data: Uint8Array): boolean {
  return data.subarray(0, BINARY_PROBE_BYTES).includes(0);
}

/** The patch from `before` to `after` at `path`; null is a side that does not exist (`/dev/null`). */
export function makeFilePatch(
  path: string,
  before: Uint8Array | null,
  after: Uint8Array | null,
  editsMax: number,
): FilePatch {
  const oldName = before === null ? "/dev/null" : `a/${path}`;
  const newName = after === null ? "/dev/null" : `b/${path}`;
  const oldText = before === null ? "" : textOf(before);
  const newText = after === null ? "" : textOf(after);
  const isReplaced = oldText === "" || newText === "";
  const compared = isReplaced
    ? undefined
    : structuredPatch(oldName, newName, oldText, newText, undefined, undefined, {
      context: CONTEXT_LINES,
      maxEditLength: editsMax,
    });
  const structured = compared ?? replaceAll(oldName, newName, oldText, newText);
  const lines = structured.hunks.flatMap((hunk) => hunk.lines);
  const headers = { includeIndex: false, includeUnderline: false, includeFileHeaders: true };
  return {
    patch: structured.hunks.length === 0 ? "" : formatPatch(structured, headers),
    addedLines: lines.filter((line) => line.startsWith("+")).length,
    deletedLines: lines.filter((line) => line.startsWith("-")).length,
  };
}

/** One hunk that deletes every old line and adds every new one. */
function replaceAll(
  oldFileName: string,
  newFileName: string,
  oldText: string,
  newText: string,
): StructuredPatch {
  const [oldLines, newLines] = [splitLines(oldText), splitLines(newText)];
  const side = (sign: string, lines: string[], text: string) => [
    ...lines.map((line) => sign + line),
    ...(text !== "" && !text.endsWith("\n") ? [NO_NEWLINE] : []),
  ];
  const hunk = {
    oldStart: 1,
    oldLines: oldLines.length,
    newStart: 1,
    newLines: newLines.length,
    lines: [...side("-", oldLines, oldText), ...side("+", newLines, newText)],
  };
  const hunks = hunk.lines.length === 0 ? [] : [hunk];
  return { oldFileName, newFileName, oldHeader: undefined, newHeader: undefined, hunks } as StructuredPatch;
}

function splitLines(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
