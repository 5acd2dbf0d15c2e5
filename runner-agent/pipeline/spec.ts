/** The specification's sections, and the forms in which its text is given (Pipeline 3.8). */
import { pipelineFileSchema } from "./file_schema.ts";

const CORE = [...Array(34).keys()].map((index) => `s${String(index + 1).padStart(2, "0")}`);
const RUNNER = ["r01", "r02", "r03", "r04", "r05", "r06", "r10", "r11"];
/** Ids in their order. */
export const SPEC_SECTIONS: readonly string[] = [...CORE, ...RUNNER];

/** What somebody who writes pipelines can do without. */
const NOT_COMPACT: readonly string[] = [
  "s01",
  "s19",
  "s20",
  "s21",
  "s22",
  "s23",
  "s24",
  "s25",
  "s31",
  "s32",
  "s33",
  "s34",
  "r04",
  "r10",
  "r11",
];

export interface SpecSection {
  readonly id: string;
  readonly text: string;
}

/** @returns Null when it is no name of a form. `schema` is the JSON Schema of the file format. */
export function specFormat(sections: readonly SpecSection[], format: string): string | null {
  switch (format) {
    case "prose":
      return joined(sections);
    case "core":
      return joined(sections.filter(({ id }) => id.startsWith("s")));
    case "runner":
      return joined(sections.filter(({ id }) => id.startsWith("r")));
    case "compact":
      return compactText(sections);
    case "schema":
      return `${JSON.stringify(pipelineFileSchema(), null, 2)}\n`;
    default:
      return null;
  }
}

/** Without the sections that are for tools, and without what is marked as skipped. */
export function compactText(sections: readonly SpecSection[]): string {
  const kept = sections.filter(({ id }) => !NOT_COMPACT.includes(id));
  return joined(kept.map(({ id, text }) => ({
    id,
    text: text.replace(/<!-- compact:skip -->[\s\S]*?<!-- \/compact:skip -->\n*/g, ""),
  })));
}

/** `## Core` and `## Runner`, then one line per section: its id, its words, its title. */
export function specList(sections: readonly SpecSection[]): string {
  const group = (name: string, letter: string) => {
    const lines = sections.filter(({ id }) => id.startsWith(letter)).map(({ id, text }) => {
      const words = text.split(/\s+/).filter((word) => word !== "").length;
      return `${id} ${String(words).padStart(5)} words  ${titleOf(text)}\n`;
    });
    return `## ${name}\n${lines.join("")}`;
  };
  return `${group("Core", "s")}\n${group("Runner", "r")}`;
}

function titleOf(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/^#+\s*/, "");
}

function joined(sections: readonly SpecSection[]): string {
  return `${sections.map(({ text }) => text.trimEnd()).join("\n\n")}\n`;
}
