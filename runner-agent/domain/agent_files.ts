/**
 * A job's sub-agents (`agents`) and the lines that it wants git to ignore (`gitignoreLines`, Line 2.7). Pure.
 *
 * 1. Sub-agents are files of the workspace where Claude Code reads them; they take the place of the project's own of that name,
 *    and git shows neither. No other CLI of ours has files for them: its run says so on its output, in `agentsNote`.
 * 2. Lines that git ignores are patterns of gitignore(5), for this run's repository alone; none can show again what the runner
 *    has hidden.
 */
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { HarnessName } from "../ports.ts";

export const AGENTS_FOLDER = ".claude/agents/";
const NAME_MAX_CHARS = 60;
const IGNORE_LINES_MAX = 1_000;
const IGNORE_LINE_MAX_CHARS = 1_000;

type Entry = NonNullable<AgentDefinition["agents"]>[number];

/** Path below the workspace and text, for each. Names that come to the same file are told apart by their ids. */
export function agentFiles(work: AgentDefinition): readonly (readonly [path: string, text: string])[] {
  const files = new Map<string, string>();
  for (const one of work.agents ?? []) {
    const name = freeName(one, (name) => !files.has(pathOf(name)));
    files.set(pathOf(name), withFrontMatter(name, one));
  }
  return [...files];
}

/** What the run says of sub-agents that its CLI cannot have; null: nothing. */
export function agentsNote(work: AgentDefinition, harness: HarnessName): string | null {
  const count = work.agents?.length ?? 0;
  return count === 0 || harness === "claude"
    ? null
    : `the station's ${count} sub-agents are files of Claude Code in ${AGENTS_FOLDER}: ${harness} does not read them`;
}

/** The error is for people. */
export function ignoreLines(work: AgentDefinition): Result<readonly string[], string> {
  const lines = work.gitignoreLines ?? [];
  if (lines.length > IGNORE_LINES_MAX) return err(`a job may have at most ${IGNORE_LINES_MAX} lines`);
  // deno-lint-ignore no-control-regex
  const isLine = (line: string) => line.length <= IGNORE_LINE_MAX_CHARS && !/[\x00\r\n]/.test(line);
  const wrong = lines.findIndex((line) => !isLine(line));
  return wrong < 0
    ? ok(lines)
    : err(`line ${wrong + 1} must be one line of at most ${IGNORE_LINE_MAX_CHARS} characters`);
}

function pathOf(name: string): string {
  return `${AGENTS_FOLDER}${name}.md`;
}

function freeName({ id, name }: Entry, isFree: (name: string) => boolean): string {
  const base = slug(name) || slug(id) || "agent";
  if (isFree(base)) return base;
  const withId = slug(`${base}-${id}`);
  for (let n = 1;; n++) {
    const tried = n === 1 ? withId : `${withId}-${n}`;
    if (isFree(tried)) return tried;
  }
}

/** Letters, digits and dashes, as the CLI wants them. */
function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, NAME_MAX_CHARS).replace(/^-+|-+$/g, "");
}

/** The CLI reads no file without it; one that is there stands. */
function withFrontMatter(name: string, { name: title, content }: Entry): string {
  if (/^---\r?\n/.test(content)) return content;
  return `---\nname: ${name}\ndescription: ${JSON.stringify(title)}\n---\n\n${content}`;
}
