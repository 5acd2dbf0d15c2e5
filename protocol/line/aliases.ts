/**
 * Every wire alias of the Assembly Line Protocol, translated once (Line 2.10): what comes in under any published
 * spelling leaves this file under the one name that the code uses.
 *
 * Invariants:
 *   A1  An alias is renamed, never duplicated: after {@link renameKeys} only the internal name is left.
 *   A2  An alias and its internal name together must agree; otherwise the input is refused, not guessed.
 */
import { err, ok, type Result } from "../result.ts";

/** Alias on the wire -> our name, per kind of object. */
export const ALIASES = {
  line: { columns: "stations", transitions: "transitionRules" },
  trigger: { createStageRepo: "createAssemblyLineRepo" },
  rule: {
    from: "fromStationId",
    fromColumnId: "fromStationId",
    to: "toStationId",
    toColumnId: "toStationId",
    gate: "gateId",
  },
  card: { stationId: "columnId" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type AliasKind = keyof typeof ALIASES;

/** Two spellings of one field that do not say the same. */
export interface AliasConflict {
  readonly alias: string;
  readonly name: string;
}

/**
 * Renames the aliases of one object; values are not looked into.
 *
 * @example
 * ```ts
 * renameKeys("rule", { from: "a", to: "b" }); // { ok: true, value: { fromStationId: "a", toStationId: "b" } }
 * ```
 */
export function renameKeys(kind: AliasKind, input: unknown): Result<unknown, AliasConflict> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return ok(input);
  const table: Readonly<Record<string, string>> = ALIASES[kind];
  // A map, as assigning to a key named `__proto__` of an object would make a prototype of what the client sent.
  const out = new Map<string, unknown>();
  for (const [key, value] of Object.entries(input)) {
    const name = Object.hasOwn(table, key) ? table[key]! : key;
    if (out.has(name) && JSON.stringify(out.get(name)) !== JSON.stringify(value)) {
      return err({ alias: key === name ? otherSpelling(table, name, input) : key, name });
    }
    out.set(name, value);
  }
  return ok(Object.fromEntries(out));
}

function otherSpelling(table: Readonly<Record<string, string>>, name: string, input: object): string {
  return Object.keys(input).find((key) => table[key] === name) ?? name;
}

/** The reference server's and runner's names of what a job carries (Line 2.10): sent beside ours. */
export function withReferenceNames(definition: {
  readonly assemblyLineRepoUrl?: string;
  readonly assemblyLineRepoToken?: string;
}): { stageGitUrl?: string; stageGitToken?: string } {
  return {
    ...(definition.assemblyLineRepoUrl === undefined ? {} : { stageGitUrl: definition.assemblyLineRepoUrl }),
    ...(definition.assemblyLineRepoToken === undefined
      ? {}
      : { stageGitToken: definition.assemblyLineRepoToken }),
  };
}
