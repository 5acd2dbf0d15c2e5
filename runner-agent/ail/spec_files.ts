/** The text of the specification, section by section, from the files beside this one (Pipeline 3.8). */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { type Fault, fault } from "../pipeline/fault.ts";
import { SPEC_FOLDER } from "./assets.ts";
import { SPEC_SECTIONS, specFormat, type SpecSection } from "../pipeline/spec.ts";

/** All sections in their order; read anew each time, which is seldom. */
export async function readSections(): Promise<readonly SpecSection[]> {
  return await Promise.all(
    SPEC_SECTIONS.map(async (id) => ({ id, text: await Deno.readTextFile(join(SPEC_FOLDER, `${id}.md`)) })),
  );
}

/** `compact`, `schema`, `prose`, `core`, `runner`, or ids of sections with commas between. */
export async function readSpec(query: string): Promise<Result<string, Fault>> {
  const sections = await readSections();
  const whole = specFormat(sections, query);
  if (whole !== null) return ok(whole);
  const parts: string[] = [];
  for (const id of query.split(",").map((one) => one.trim())) {
    const section = sections.find((one) => one.id === id);
    if (section === undefined) {
      return err(
        fault(
          "ail:config/validation-failed",
          `there is no section '${id}' of the specification: known are ${SPEC_SECTIONS.join(", ")}`,
        ),
      );
    }
    parts.push(section.text.trimEnd());
  }
  return ok(`${parts.join("\n\n")}\n`);
}
