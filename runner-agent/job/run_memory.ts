/**
 * What the agent of a run remembers of other runs, and leaves for those to come (Line 4.2): fetched before its home is given to
 * it, put back when it has succeeded. Only for Claude Code, and only where the settings share memory.
 *
 * 1. It is a help and no condition: whatever goes wrong is logged, and the run goes on, or ends, as it would without.
 * 2. A run that could not read what was kept keeps nothing: it would take the place of what it does not know.
 * 3. What it found is noted beside the run (`memory.json`), outside of the sandbox, so that a restarted runner knows it too.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { MemoryArchive } from "../control/memory_archive.ts";
import {
  type MemoryChange,
  memoryChange,
  type MemoryFiles,
  type MemoryMark,
  withChange,
} from "../domain/agent_memory.ts";
import { MEMORY_ARCHIVE_MAX_BYTES, MEMORY_PUT_TRIES } from "../limits.ts";
import type { RunnerEvent } from "../log/event_log.ts";
import { placeMemory, readMemory } from "../memory/memory_folder.ts";
import { readArchive, writeArchive } from "../memory/zip_archive.ts";
import type { HarnessName } from "../ports.ts";
import type { RunContext } from "./run_context.ts";
import { faultText } from "./run_texts.ts";
import { writeWhole } from "./whole_file.ts";

/** Of Claude Code, below the agent's home. */
const CONFIG_FOLDER = ".claude";
const NOTE = "memory.json";

type Kept = { readonly files: MemoryFiles; readonly etag: string | null };

/** Places what is remembered in the home of a run that begins; the directories must be there, and still be the runner's. */
export async function recallMemory(context: RunContext, harness: HarnessName): Promise<void> {
  const { deps, dirs } = context;
  if (deps.memory === undefined || !sharesMemory(context, harness)) return;
  try {
    const kept = await fetchKept(deps.memory);
    if (typeof kept === "string") return tell(context, "memory_not_recalled", kept);
    const placed = await placeMemory(join(dirs.home, CONFIG_FOLDER), kept.files);
    await writeNote(context, Object.fromEntries([...placed].map(([path, bytes]) => [path, digest(bytes)])));
    deps.log("memory_recalled", { ...context.ids, files: placed.size });
  } catch (error) {
    tell(context, "memory_not_recalled", faultText(context.secrets, error));
  }
}

/** Puts back what the agent of a successful run has changed. The sandbox must have ended. */
export async function keepMemory(context: RunContext): Promise<void> {
  const { deps, dirs } = context;
  const before = await readNote(context);
  if (deps.memory === undefined || before === null) return;
  try {
    const { files, leftOut } = await readMemory(join(dirs.home, CONFIG_FOLDER), context.secrets);
    if (leftOut > 0) deps.log("memory_left_out", { ...context.ids, files: leftOut });
    const change = memoryChange(before, files, digest);
    if (change === null) return;
    const fault = await putChange(deps.memory, change);
    if (fault !== null) return tell(context, "memory_not_kept", fault);
    deps.log("memory_kept", { ...context.ids, files: change.written.size, removed: change.removed.length });
  } catch (error) {
    tell(context, "memory_not_kept", faultText(context.secrets, error));
  }
}

function sharesMemory({ role }: RunContext, harness: HarnessName): boolean {
  return harness === "claude" && role.decided?.settings.values["defaults.shared_memory"] === true;
}

/** A text: why it is not known. */
async function fetchKept(archive: MemoryArchive): Promise<Kept | string> {
  const fetched = await archive.fetch();
  switch (fetched.kind) {
    case "none":
      return { files: new Map(), etag: null };
    case "too_large":
      return "the archive is too large";
    case "failed":
      return fetched.detail;
    case "found": {
      const files = await readArchive(fetched.bytes);
      return files.ok
        ? { files: files.value, etag: fetched.etag }
        : files.error === "too_large"
        ? "the archive is too large"
        : "the archive is no zip that can be read";
    }
  }
}

/** Onto what is kept by now; null, or why not. */
async function putChange(archive: MemoryArchive, change: MemoryChange): Promise<string | null> {
  for (let tries = 0; tries < MEMORY_PUT_TRIES; tries++) {
    const kept = await fetchKept(archive);
    if (typeof kept === "string") return kept;
    const bytes = await writeArchive(withChange(kept.files, change));
    if (bytes.length > MEMORY_ARCHIVE_MAX_BYTES) return "the archive would be too large";
    const put = await archive.put(bytes, kept.etag);
    if (put.kind === "kept") return null;
    if (put.kind === "failed") return put.detail;
  }
  return "others put theirs each time";
}

function tell({ deps, ids }: RunContext, event: RunnerEvent, detail: string): void {
  deps.log(event, { ...ids, detail });
}

async function writeNote({ dirs }: RunContext, mark: MemoryMark): Promise<void> {
  await writeWhole(join(dirs.root, NOTE), JSON.stringify(mark));
}

async function readNote({ dirs }: RunContext): Promise<MemoryMark | null> {
  try {
    return JSON.parse(await Deno.readTextFile(join(dirs.root, NOTE)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
