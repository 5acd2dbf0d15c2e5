/** What `deno task tidy` finds in one file: the decisions, without I/O, so that each has a test. */
import { isTestFile } from "./arrows.ts";

/** A file is one idea; the two kinds of class that tend to eat everything get less. */
export const LINES_MAX = 350;
export const SHELL_LINES_MAX = 250;

export interface Finding {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** A pattern that may not stand in some files. */
interface Ban {
  readonly pattern: RegExp;
  readonly appliesTo: (file: string) => boolean;
  readonly message: string;
  /** Fine where this stands within `NEAR_LINES` lines. */
  readonly unlessNear?: RegExp;
}

const NEAR_LINES = 8;
const isCode = (file: string) => /\.(ts|tsx|js|mjs)$/.test(file);
const isProduction = (file: string) => /^(worker|runner-agent|protocol)\//.test(file) && !isTestFile(file);
/** Where a program talks to the person at the terminal: what carries out the commands of a command line. */
const MAY_PRINT = /^runner-agent\/(main\.ts|log\/.*|.*_(actions|command)\.ts)$/;

const BANS: readonly Ban[] = [
  {
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    appliesTo: (file) => isCode(file),
    message: "is left over: do it, or open an issue and say nothing here",
  },
  {
    pattern: /@ts-(ignore|nocheck|expect-error)/,
    appliesTo: isCode,
    message: "hides a type error: fix the type",
  },
  {
    pattern: /deno-lint-ignore(-file)?\s+(arrows|purity)\/|deno-lint-ignore-file\s*$/,
    appliesTo: isCode,
    message: "switches the arrows or the purity off: move the code to where it belongs",
  },
  {
    // console.warn and console.error are the Worker's log; a decider has none.
    pattern: /^(?!\s*\*).*\bconsole\.(log|info|debug|dir|table)\(/,
    appliesTo: (file) => isProduction(file) && isCode(file) && !MAY_PRINT.test(file),
    message: "prints from a place that has no business to: return a value, or use the program's log",
  },
  {
    pattern: /(?<![\w.])(setTimeout|sleep|delay)\(/,
    appliesTo: (file) => /_test\.tsx?$/.test(file),
    message: "waits for time to pass: wait for a condition with a deadline, or move a fake clock",
    unlessNear: /deadline|(end|until)Ms|(performance|Date)\.now\(\)/i,
  },
  {
    pattern: /\bDeno\.test\.only\(|\bonly:\s*true/,
    appliesTo: (file) => /_test\.tsx?$/.test(file),
    message: "leaves the other tests out",
  },
];

/** All findings in a file that git knows. `file` is relative to the root. */
export function inspect(file: string, text: string): Finding[] {
  return [...inspectName(file), ...inspectSize(file, text), ...inspectLines(file, text)];
}

function inspectName(file: string): Finding[] {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const at = (message: string): Finding[] => [{ file, line: 1, message }];
  if (!isCode(file)) return [];
  if (!/^[a-z0-9_]+(\.contract|\.config|\.d)?\.(ts|tsx|js|mjs)$/.test(name)) {
    return at("is not snake_case: rename it");
  }
  if (/^(index|utils?|helpers?|service|manager|misc|common|shared)\./.test(name)) {
    return at("has a name that says nothing: name it after its one idea (mod.ts is a folder's public face)");
  }
  return [];
}

function inspectSize(file: string, text: string): Finding[] {
  if (!isCode(file) || file.startsWith("migrations/")) return [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const isShell = /^worker\/objects\//.test(file) && /\bextends DurableObject\b/.test(text);
  const isConductor = file === "runner-agent/job/conductor.ts";
  const max = isShell || isConductor ? SHELL_LINES_MAX : LINES_MAX;
  if (lines <= max) return [];
  return [{ file, line: max + 1, message: `has ${lines} lines where ${max} is the most: split it by idea` }];
}

function inspectLines(file: string, text: string): Finding[] {
  const bans = BANS.filter((ban) => ban.appliesTo(file));
  if (bans.length === 0) return [];
  const lines = text.split("\n");
  return lines.flatMap((content, index) =>
    bans.flatMap((ban) => {
      const match = ban.pattern.exec(content);
      if (match === null) return [];
      const near = lines.slice(Math.max(0, index - NEAR_LINES), index + NEAR_LINES + 1).join("\n");
      if (ban.unlessNear?.test(near) === true) return [];
      return [{ file, line: index + 1, message: `'${match[0].trim().slice(-60)}' ${ban.message}` }];
    })
  );
}

/** Paths in a document (`worker/domain/queue.ts` in backquotes) that are not in the repository. */
export function inspectPaths(file: string, text: string, exists: (path: string) => boolean): Finding[] {
  const findings: Finding[] = [];
  text.split("\n").forEach((content, index) => {
    for (const [, path] of content.matchAll(/`([A-Za-z0-9_.-]+\/[A-Za-z0-9_./-]*)`/g)) {
      if (!exists(path!)) {
        findings.push({ file, line: index + 1, message: `names ${path}, which does not exist: correct it` });
      }
    }
  });
  return findings;
}

/**
 * Forward only: numbers without gaps, one file each, nothing that takes data away, and no file that was released and has
 * changed since. `isChanged` says whether a file differs from the one in the last release.
 */
export function inspectMigrations(
  folder: string,
  names: readonly string[],
  isChanged: (file: string) => boolean,
): Finding[] {
  const findings: Finding[] = [];
  const files = names.filter((name) => name.endsWith(".sql")).sort();
  files.forEach((name, index) => {
    const file = `${folder}/${name}`;
    if (!/^\d{4}_[a-z0-9]+_[a-z0-9_]+\.sql$/.test(name)) {
      findings.push({ file, line: 1, message: "must be named NNNN_verb_object.sql" });
    } else if (Number(name.slice(0, 4)) !== index) {
      findings.push({
        file,
        line: 1,
        message: `has number ${name.slice(0, 4)} where ${index} is next: renumber it`,
      });
    }
    if (/(^|[_-])(down|rollback|undo)\b/.test(name)) {
      findings.push({ file, line: 1, message: "goes back: migrations go forward" });
    }
    if (isChanged(file)) {
      findings.push({ file, line: 1, message: "was released and has changed since: write a new migration" });
    }
  });
  return findings;
}
