/**
 * Versions of lines: in memory the newest of each line and those that living tasks are on, the others in storage, read
 * when somebody asks.
 *
 * Invariants:
 *   1. `get` finds a version wherever it is, in the same turn (O1): no caller need know which are in memory.
 *   2. What was read back is kept apart, a few at most, and leaves when others come or at {@link LineVersions.release}.
 *   3. Size, keys, values and `has` are of what is in memory.
 *
 * Pure but for what its source does.
 */
import type { LineId, StationId } from "../../protocol/ids.ts";
import { LINE_VERSIONS_READ_MAX } from "../limits.ts";
import type { LineVersion } from "./queue_state.ts";
import { unreachableStations } from "./transition.ts";

/** What a list shows of a version. */
export interface VersionSummary {
  readonly version: number;
  readonly name: string;
  readonly createdAtMs: number;
  readonly unreachable: readonly StationId[];
}

/** Versions that left memory. They never change: only a line's newest version is ever put again. */
export interface StoredVersions {
  /** The whole version; null if it is not stored. */
  read(lineId: LineId, version: number): LineVersion | null;
  /** The least of the stored ones; null: none is. */
  oldest(lineId: LineId): number | null;
  /** Of the stored ones from `first` to `last`, in any order. */
  summaries(lineId: LineId, first: number, last: number): Iterable<VersionSummary>;
}

/** Versions by `{lineId}@{version}`, as deciders and views read them. */
export interface KnownVersions extends ReadonlyMap<string, LineVersion> {
  /** Of the versions from `first` to `last`, the newest first. */
  summaries(lineId: LineId, first: number, last: number): VersionSummary[];
  /** Is there a version before this one, as far as they are kept? */
  hasBefore(lineId: LineId, version: number): boolean;
}

export class LineVersions extends Map<string, LineVersion> implements KnownVersions {
  readonly #stored: StoredVersions | null;
  /** Read back, the one asked for last at the end. */
  readonly #read = new Map<string, LineVersion>();

  /** `stored` null: nothing ever leaves memory. */
  constructor(stored: StoredVersions | null = null) {
    super();
    this.#stored = stored;
  }

  override get(key: string): LineVersion | undefined {
    return super.get(key) ?? (this.#stored === null ? undefined : this.#readBack(this.#stored, key));
  }

  /** Takes a version into memory that is only stored. */
  keep(key: string): void {
    if (this.has(key)) return;
    const line = this.get(key);
    if (line !== undefined) this.set(key, line);
    this.#read.delete(key);
  }

  /** Lets go of what was read back. */
  release(): void {
    this.#read.clear();
  }

  summaries(lineId: LineId, first: number, last: number): VersionSummary[] {
    const stored = new Map<number, VersionSummary>();
    for (const summary of this.#stored?.summaries(lineId, first, last) ?? []) {
      stored.set(summary.version, summary);
    }
    const found: VersionSummary[] = [];
    for (let version = last; version >= first; version--) {
      const line = super.get(`${lineId}@${version}`);
      const summary = line === undefined ? stored.get(version) : summaryOf(line);
      if (summary !== undefined) found.push(summary);
    }
    return found;
  }

  hasBefore(lineId: LineId, version: number): boolean {
    if ((this.#stored?.oldest(lineId) ?? version) < version) return true;
    for (const line of this.values()) if (line.id === lineId && line.version < version) return true;
    return false;
  }

  #readBack(stored: StoredVersions, key: string): LineVersion | undefined {
    const at = key.lastIndexOf("@");
    const version = Number(key.slice(at + 1));
    if (!Number.isSafeInteger(version) || String(version) !== key.slice(at + 1)) return undefined;
    const line = this.#read.get(key) ?? stored.read(key.slice(0, at) as LineId, version);
    if (line === null) return undefined;
    this.#read.delete(key);
    this.#read.set(key, line);
    if (this.#read.size > LINE_VERSIONS_READ_MAX) this.#read.delete(this.#read.keys().next().value!);
    return line;
  }
}

/** What a list shows of a version that is at hand. */
export function summaryOf({ version, definition, createdAtMs }: LineVersion): VersionSummary {
  return { version, name: definition.name, createdAtMs, unreachable: unreachableStations(definition) };
}
