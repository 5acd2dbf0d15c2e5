/** Entries and scopes for tests of the language. */
import type { Entry } from "../../runner-agent/pipeline/entry.ts";
import { EntryList } from "../../runner-agent/pipeline/entry_list.ts";
import type { Scope } from "../../runner-agent/pipeline/scope.ts";
import { newEntry } from "../../runner-agent/pipeline/telling.ts";

/** An entry with the fields that are given. */
export function entryOf(stepId: string, given: Partial<Entry> = {}): Entry {
  return newEntry(stepId, given);
}

export function scopeOf(entries: readonly Entry[] = [], given: Partial<Scope> = {}): Scope {
  return {
    entries: new EntryList(entries),
    invocationPrompt: "the prompt",
    runId: "0b5e9d3c-run",
    cwd: "/work",
    tool: "claude",
    environment: { HOME: "/home/me", EMPTY: "" },
    doWhile: null,
    forEach: null,
    skipped: new Set(),
    passes: new Map(),
    ...given,
  };
}
