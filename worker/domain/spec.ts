/**
 * Specifications: what their files say, by a strict Markdown convention. Pure.
 *
 * A spec is a folder `.agentics/specs/NAME/` with any of `prd.md`, `requirements.md`, `test_spec.md`, `tasks.md`,
 * `architecture.md`. `prd.md` may begin with `---`, `status: draft|active|completed|superseded`, `---`; `active` when it
 * says nothing. What counts in the others are headings of level 2 to 4 with an id, and the fields right below them; all
 * other text is free. Headings in fenced code do not count.
 *
 *   requirements.md   `## REQ-1: Title`                    ids begin with `REQ-`
 *   test_spec.md      `## TEST-1: Title`                   ids begin with `TEST-`; fields `Requirements:` (required), `Path:`
 *   tasks.md          `## 1. Title`, `### 1.2 Title`       fields `Requirements:`, `Station:`
 *                     `## 1.V Title`                       how task 1 is verified: not a task, its checks are outcomes
 *
 * A field is a line `Name: value` below the heading, before any blank line but the first; lists have commas in between. A
 * heading that begins like an id and is none, an id used twice, a field that does not fit: each is a fault with its file
 * and line, and a spec with a fault is not read in part.
 */
import type { SpecArtifact } from "../../protocol/agent/tools.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { SPEC_FAULTS_MAX } from "../limits.ts";

export const SPEC_STATUSES = ["draft", "active", "completed", "superseded"] as const;
export type SpecStatus = (typeof SPEC_STATUSES)[number];

export interface Requirement {
  readonly id: string;
  readonly title: string;
}

export interface SpecTest extends Requirement {
  readonly requirementIds: readonly string[];
  /** Below the repository's root; null: not written down yet. */
  readonly path: string | null;
}

export interface SpecTask extends Requirement {
  readonly requirementIds: readonly string[];
  readonly stationId: string | null;
}

export interface Spec {
  readonly name: string;
  readonly status: SpecStatus;
  readonly requirements: readonly Requirement[];
  readonly tests: readonly SpecTest[];
  readonly tasks: readonly SpecTask[];
}

/** `line` counts from 1. */
export interface SpecFault {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Text of each file that is there. */
export type SpecTexts = Readonly<Partial<Record<SpecArtifact, string>>>;

interface Entry extends Requirement {
  readonly line: number;
  readonly fields: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
}

type Fault = (line: number, message: string) => void;

const HEADING = /^(#{2,4})\s+(.+?)\s*$/;
const FENCE = /^\s*(```|~~~)/;
const FIELD = /^([A-Z][A-Za-z]*):\s*(.*)$/;
const ID_PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,79}";

/** Where a file of a spec is. */
export function specPath(name: string, artifact: SpecArtifact): string {
  return `.agentics/specs/${name}/${artifact}.md`;
}

/** Reads a spec whole, or says all that is wrong with it. */
export function parseSpec(name: string, texts: SpecTexts): Result<Spec, readonly SpecFault[]> {
  const faults: SpecFault[] = [];
  const faultOf = (artifact: SpecArtifact): Fault => (line, message) => {
    if (faults.length < SPEC_FAULTS_MAX) faults.push({ file: specPath(name, artifact), line, message });
  };
  const status = statusOf(texts.prd ?? "", faultOf("prd"));
  const requirements = entriesOf(texts.requirements ?? "", "REQ-", [], faultOf("requirements"));
  const testFault = faultOf("test_spec");
  const tests = entriesOf(texts.test_spec ?? "", "TEST-", ["Requirements", "Path"], testFault)
    .map((entry): SpecTest => ({
      ...headOf(entry),
      requirementIds: idsOf(entry, true, testFault),
      path: pathOf(entry, testFault),
    }));
  const taskFault = faultOf("tasks");
  const tasks = entriesOf(texts.tasks ?? "", null, ["Requirements", "Station"], taskFault)
    .filter(({ id }) => !id.endsWith(".V"))
    .map((entry): SpecTask => ({
      ...headOf(entry),
      requirementIds: idsOf(entry, false, taskFault),
      stationId: entry.fields.get("Station")?.value ?? null,
    }));
  if (faults.length > 0) return err(faults);
  return ok({ name, status, requirements: requirements.map(headOf), tests, tasks });
}

function headOf({ id, title }: Entry): Requirement {
  return { id, title };
}

/** The status in the front matter of the PRD. */
function statusOf(text: string, fault: Fault): SpecStatus {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== "---") return "active";
  const end = lines.indexOf("---", 1);
  if (end < 0) {
    fault(1, "expected the front matter to end with '---'");
    return "active";
  }
  const at = lines.slice(1, end).findIndex((line) => /^status\s*:/.test(line));
  if (at < 0) return "active";
  const said = lines[at + 1]!.replace(/^status\s*:/, "").trim();
  const status = SPEC_STATUSES.find((known) => known === said);
  if (status === undefined) {
    fault(at + 2, `expected 'status' to be one of ${SPEC_STATUSES.join(", ")}, came '${said.slice(0, 60)}'`);
  }
  return status ?? "active";
}

/** Headings with ids, and their fields. `prefix` null: the numbers of tasks. */
function entriesOf(
  text: string,
  prefix: "REQ-" | "TEST-" | null,
  known: readonly string[],
  fault: Fault,
): readonly Entry[] {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  let fields: Map<string, { value: string; line: number }> | null = null;
  let hasField = false;
  let isCode = false;
  text.split(/\r?\n/).forEach((content, n) => {
    const line = n + 1;
    if (FENCE.test(content)) isCode = !isCode;
    if (isCode) return;
    const heading = HEADING.exec(content);
    if (heading !== null) {
      fields = null;
      const entry = entryOf(heading[2]!, prefix);
      if (entry === null) return;
      if (entry === "malformed") return fault(line, malformed(prefix, heading[2]!));
      if (seen.has(entry.id)) return fault(line, `expected an id used once, came '${entry.id}' again`);
      seen.add(entry.id);
      fields = new Map();
      hasField = false;
      entries.push({ ...entry, line, fields });
      return;
    }
    if (fields === null) return;
    const field = FIELD.exec(content.trim());
    if (content.trim() === "" ? hasField : field === null || !known.includes(field[1]!)) fields = null;
    else if (field !== null) {
      hasField = true;
      if (fields.has(field[1]!)) fault(line, `expected '${field[1]}' once`);
      fields.set(field[1]!, { value: field[2]!.trim(), line });
    }
  });
  return entries;
}

function entryOf(heading: string, prefix: "REQ-" | "TEST-" | null): Requirement | "malformed" | null {
  if (prefix === null) {
    if (!/^\d/.test(heading)) return null;
    const task = /^(\d+(?:\.\d+)*(?:\.V)?)\.?\s+(\S.*)$/.exec(heading);
    return task === null ? "malformed" : { id: task[1]!, title: task[2]! };
  }
  if (!heading.toUpperCase().startsWith(prefix)) return null;
  const entry = new RegExp(`^(${prefix}${ID_PART}):\\s+(\\S.*)$`).exec(heading);
  return entry === null ? "malformed" : { id: entry[1]!, title: entry[2]! };
}

function malformed(prefix: string | null, heading: string): string {
  const form = prefix === null ? "'1. Title', '1.2 Title' or '1.V Title'" : `'${prefix}ID: Title'`;
  return `expected ${form}, came '${heading.slice(0, 60)}'`;
}

function idsOf({ id, line, fields }: Entry, isRequired: boolean, fault: Fault): readonly string[] {
  const field = fields.get("Requirements");
  if (field === undefined) {
    if (isRequired) fault(line, `expected a line 'Requirements: REQ-...' below '${id}'`);
    return [];
  }
  const ids = field.value.split(",").map((part) => part.trim());
  const wrong = ids.find((one) => !new RegExp(`^REQ-${ID_PART}$`).test(one));
  if (wrong !== undefined) {
    fault(field.line, `expected ids such as 'REQ-1' with commas in between, came '${wrong.slice(0, 60)}'`);
  }
  return [...new Set(ids)];
}

function pathOf({ fields }: Entry, fault: Fault): string | null {
  const field = fields.get("Path");
  if (field === undefined || field.value === "") return null;
  const path = field.value.replace(/^`(.*)`$/, "$1");
  const isFine = path.length <= 300 && !path.startsWith("/") &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (!isFine) {
    fault(field.line, `expected a path below the repository's root, came '${field.value.slice(0, 60)}'`);
  }
  return path;
}
