/**
 * Skills: instructions that many pipelines share (Pipeline s06, s14). Seven are built in; a path names a directory with a
 * `SKILL.md`, whose front matter is not part of the instructions.
 */
import { join } from "node:path/posix";
import { err, ok, type Result } from "../../protocol/result.ts";
import { perform, type Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { isFilePath, resolvePath } from "./paths.ts";
import type { Surroundings } from "./run_state.ts";

export const BUILT_IN_SKILLS: Readonly<Record<string, string>> = {
  "ail/code_review":
    `You are a careful code reviewer. Review the work below for correctness, style, security and performance. Name each problem with its place and what would mend it, the gravest first. If there is nothing to mend, say so in one sentence.

Work to review:
{{ last_response }}`,
  "ail/test_writer":
    `You write tests. For the work below, write tests that cover the happy path, the edge cases and the error cases. Each test has a name that states the behaviour, and fails when that behaviour breaks.

Work to test:
{{ last_response }}`,
  "ail/security_audit":
    `You audit code for security. Look for injection, broken access control, leaked secrets, unsafe deserialisation, path traversal and misuse of cryptography. When you find a vulnerability, write the word VULNERABILITY, then its place, its effect and its remedy. When you find none, write exactly: No security issues identified

Work to audit:
{{ last_response }}`,
  "ail/janitor":
    `You are a janitor of context. Compress the text below: keep every decision, name, path, number and open question; drop repetition and politeness. Answer with the compressed text alone.

Text to compress:
{{ last_response }}`,
  "ail/dry_refactor":
    `You remove repetition. Find what the work below says more than once: code, rules, texts. Say each thing in one place and let the others use it, without changing behaviour; leave alone what is alike by chance. Name each change with its place. If nothing is repeated, say so in one sentence.

Work to refactor:
{{ last_response }}`,
  "ail/commit_checkpoint":
    `Make a checkpoint of the work so far: look at what has changed in the working tree, leave out what does not belong to it (build products, secrets, notes), and commit the rest in one commit whose message says what changed and why. Do not push, and do not rewrite earlier commits. If nothing has changed, say so in one sentence.

What was done last:
{{ last_response }}`,
  "ail/model_compare":
    `You compare answers that several models gave to one task. Say for each what is right, what is wrong and what is missing; where they contradict each other, say which is right and why. Then name the best, and write the answer that takes the best of all.

Answers to compare:
{{ last_response }}`,
};

/** Directories that are searched for a skill's name, in this order. */
const SKILL_DIRECTORIES = (cwd: string, home: string) => [
  join(cwd, ".ail/skills"),
  join(cwd, ".claude/skills"),
  join(home, ".ail/skills"),
];

/**
 * The instructions of a skill, as a template.
 *
 * @param values `with:`; `arguments` is `$ARGUMENTS`, the last response where it is not given; each other name is `$NAME` in
 * capitals.
 * @returns `ail:skill/unknown` with the names that there are.
 */
export function* loadSkill(
  name: string,
  values: Readonly<Record<string, string>>,
  from: string | null,
  surroundings: Surroundings,
): Routine<Result<string, Fault>> {
  const builtIn = Object.hasOwn(BUILT_IN_SKILLS, name) ? BUILT_IN_SKILLS[name]! : null;
  if (builtIn !== null) return ok(fillIn(builtIn, values));
  const { cwd, home } = surroundings;
  const places = isFilePath(name)
    ? [resolvePath(name, from, surroundings)]
    : SKILL_DIRECTORIES(cwd, home).map((directory) => join(directory, name));
  for (const place of places) {
    const path = place.endsWith(".md") ? place : join(place, "SKILL.md");
    const text = yield* perform<"read_file">({ kind: "read_file", path });
    if (text.ok) return ok(fillIn(withoutFrontMatter(text.value), values));
    if (text.error.reason !== "not_found") return err(fault("ail:config/file-not-found", text.error.message));
  }
  return err(
    fault(
      "ail:skill/unknown",
      isFilePath(name)
        ? `the skill '${name}' has no SKILL.md at '${places[0]}'`
        : `the skill '${name}' is not known: expected ${
          Object.keys(BUILT_IN_SKILLS).join(", ")
        }, a directory in .ail/skills, or a path`,
    ),
  );
}

/** One pass, so that a value which looks like a name is left alone. */
function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  const byName = new Map(Object.entries(values).map(([name, value]) => [name.toUpperCase(), value]));
  return text.replaceAll(
    /\$([A-Z][A-Z0-9_]*)/g,
    (written, name: string) => byName.get(name) ?? (name === "ARGUMENTS" ? "{{ last_response }}" : written),
  );
}

function withoutFrontMatter(text: string): string {
  const found = /^---\r?\n[\s\S]*?\r?\n---\r?\n/.exec(text);
  return found === null ? text : text.slice(found[0].length).trimStart();
}
