/** A prompt that names a skill, `/NAME rest`: the skill's instructions in its place (Pipeline s06). */
import { ok, type Result } from "../../protocol/result.ts";
import type { Routine } from "../pipeline/effect.ts";
import { EntryList } from "../pipeline/entry_list.ts";
import type { Fault } from "../pipeline/fault.ts";
import type { Surroundings } from "../pipeline/run_state.ts";
import type { Scope } from "../pipeline/scope.ts";
import { BUILT_IN_SKILLS, loadSkill } from "../pipeline/skill.ts";
import { resolveTemplate } from "../pipeline/template.ts";
import { newEntry } from "../pipeline/telling.ts";

/** A name as directories have it; `/ so`, `//` and `/etc/hosts: why?` are prompts like others. */
const NAMES_A_SKILL = /^\/(\w[\w.-]*(?:\/\w[\w.-]*)*)(?:\s+([\s\S]*))?$/;

export interface Talk {
  readonly runId: string;
  readonly surroundings: Surroundings;
  readonly defaultBackend: string;
  /** Of the turn before; null in the first. */
  readonly lastResponse: string | null;
}

/**
 * The prompt of a turn. What stands behind a skill's name is its `$ARGUMENTS` and `last_response`, as it is written; where nothing
 * does, they are what was answered last. Built-in skills are known without `ail/`, too; the project's own stand before them.
 *
 * @returns `ail:skill/unknown` with the names that there are, or what is wrong with the skill's variables.
 */
export function* resolveSkillPrompt(prompt: string, talk: Talk): Routine<Result<string, Fault>> {
  const named = NAMES_A_SKILL.exec(prompt);
  if (named === null) return ok(prompt);
  const [, name = "", rest = ""] = named;
  const instructions = yield* findSkill(name, talk.surroundings);
  if (!instructions.ok) return instructions;
  const resolved = resolveTemplate(instructions.value, scopeOf(rest.trim(), talk));
  // Instructions that ask for nothing are given it all the same.
  const isLost = rest.trim() !== "" &&
    !/\{\{\s*(?:last_response|step\.invocation\.)/.test(instructions.value);
  return resolved.ok && isLost ? ok(`${resolved.value.trimEnd()}\n\n${rest.trim()}`) : resolved;
}

function* findSkill(name: string, surroundings: Surroundings): Routine<Result<string, Fault>> {
  const found = yield* loadSkill(name, {}, null, surroundings);
  const builtIn = `ail/${name}`;
  if (found.ok || found.error.type !== "ail:skill/unknown" || !Object.hasOwn(BUILT_IN_SKILLS, builtIn)) {
    return found;
  }
  return yield* loadSkill(builtIn, {}, null, surroundings);
}

/** Nothing has run in this turn: there is what was said, and nothing else. */
function scopeOf(rest: string, { runId, surroundings, defaultBackend, lastResponse }: Talk): Scope {
  const response = rest === "" ? lastResponse ?? "" : rest;
  return {
    entries: new EntryList([newEntry("invocation", { prompt: rest, response })]),
    invocationPrompt: rest,
    runId,
    cwd: surroundings.cwd,
    environment: surroundings.environment,
    tool: defaultBackend,
    doWhile: null,
    forEach: null,
    skipped: new Set(),
    passes: new Map(),
  };
}
