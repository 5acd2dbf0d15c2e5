/**
 * The entries that a run has left so far, in memory: what templates look into (Pipeline s04, s27). The log on the disk keeps
 * everything; here the entries of a loop's former passes are taken away.
 */
import type { Entry } from "./entry.ts";

export class EntryList {
  readonly #entries: Entry[];
  /** The first entry of each id; later ones of the same id are not found by it. Of a chain in a loop it is the newest. */
  readonly #first: Map<string, Entry>;

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [];
    this.#first = new Map();
    for (const entry of entries) this.append(entry);
  }

  get length(): number {
    return this.#entries.length;
  }

  append(entry: Entry): void {
    this.#entries.push(entry);
    if (isOfChain(entry) || !this.#first.has(entry.step_id)) this.#first.set(entry.step_id, entry);
  }

  find(stepId: string): Entry | undefined {
    return this.#first.get(stepId);
  }

  /** From an index on, oldest first. */
  since(index: number): readonly Entry[] {
    return this.#entries.slice(index);
  }

  /** The newest entry that `isWanted`. */
  newest(isWanted: (entry: Entry) => boolean): Entry | undefined {
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      if (isWanted(this.#entries[index]!)) return this.#entries[index];
    }
    return undefined;
  }

  /** The response of the latest entry that has one: those of context steps and of `modify_output` have none. */
  lastResponse(): string | null {
    return this.newest((entry) => entry.response !== null)?.response ?? null;
  }

  /** Takes away the entries of a loop's body that came after `from`, and returns them (Pipeline s27). */
  clearLoop(loopId: string, from: number): readonly Entry[] {
    const prefix = `${loopId}::`;
    const kept: Entry[] = [];
    const cleared: Entry[] = [];
    for (const entry of this.#entries.splice(from)) {
      (entry.step_id.startsWith(prefix) ? cleared : kept).push(entry);
    }
    for (const entry of cleared) {
      if (this.#first.get(entry.step_id) === entry) this.#first.delete(entry.step_id);
    }
    this.#entries.push(...kept);
    return cleared;
  }

  /** One that goes its own way: for a branch. */
  copy(): EntryList {
    return new EntryList(this.#entries);
  }
}

/** Ids of chains have no loop in them, so a loop's next pass leaves entries of the same ids (Pipeline s05.7). */
function isOfChain({ step_id }: Entry): boolean {
  return /::(?:before|then)::\d/.test(step_id);
}
