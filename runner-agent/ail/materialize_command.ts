/** `ail materialize`: the pipeline as one file that stands alone (Pipeline s17). */
import { resolve } from "node:path";
import { fault, faultText } from "../pipeline/fault.ts";
import { materialize, materializeWarnings } from "../pipeline/materialize.ts";
import { findPipeline } from "./find_pipeline.ts";
import type { Host } from "./host.ts";
import { Loader } from "./loader.ts";

export interface MaterializeOptions {
  readonly pipeline?: string;
  readonly out?: string;
  readonly expandPipelines?: boolean;
}

export async function materializeCommand(host: Host, options: MaterializeOptions): Promise<number> {
  const loader = await Loader.of(host);
  const pipeline = await findPipeline(host, loader, options.pipeline ?? null);
  if (pipeline === null) return 1;
  const isExpanded = options.expandPipelines === true;
  const text = materialize(pipeline, { isExpanded, surroundings: loader.surroundings });
  if (!text.ok) {
    host.err(`${faultText(text.error)}\n`);
    return 1;
  }
  for (const warning of materializeWarnings(pipeline)) host.err(`warning: ${warning}\n`);
  if (options.out === undefined) {
    host.out(text.value);
    return 0;
  }
  try {
    await Deno.writeTextFile(resolve(host.cwd, options.out), text.value);
    return 0;
  } catch (error) {
    const detail = `cannot write '${options.out}': ${(error as Error).message}`;
    host.err(`${faultText(fault("ail:config/validation-failed", detail))}\n`);
    return 1;
  }
}
