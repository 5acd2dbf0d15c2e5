/** `ail spec`: the specification of the language, whole or in parts (Pipeline 3.8). */
import { faultText } from "../pipeline/fault.ts";
import { specList } from "../pipeline/spec.ts";
import type { Host } from "./host.ts";
import { readSections, readSpec } from "./spec_files.ts";

export interface SpecOptions {
  readonly format: string;
  readonly section?: string;
  readonly list?: boolean;
  readonly core?: boolean;
  readonly runner?: boolean;
}

const FORMATS: readonly string[] = ["prose", "compact", "schema"];

export async function specCommand(host: Host, options: SpecOptions): Promise<number> {
  if (!FORMATS.includes(options.format)) {
    host.err(`error: --format must be prose, compact or schema: it is '${options.format}'\n`);
    return 1;
  }
  if (options.list === true) {
    host.out(specList(await readSections()));
    return 0;
  }
  const part = options.core === true ? "core" : options.runner === true ? "runner" : options.format;
  const text = await readSpec(options.section ?? part);
  if (text.ok) host.out(text.value);
  else host.err(`${faultText(text.error)}\n`);
  return text.ok ? 0 : 1;
}
