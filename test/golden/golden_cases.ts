/**
 * The golden pipelines: `traces/AREA/NAME.ail.yaml`, the world that it runs in (`NAME.world.yaml`) and what came of it
 * (`NAME.ndjson`). Each of the three wants the other two.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { traceOf } from "./trace.ts";
import { parseWorldScript, type WorldScript } from "./world_script.ts";

const FOLDER = fileURLToPath(new URL("traces", import.meta.url));
const PARTS = [".ail.yaml", ".world.yaml", ".ndjson"] as const;

export interface GoldenCase {
  /** `AREA/NAME` */
  readonly name: string;
  readonly pipeline: string;
  readonly world: WorldScript;
  readonly tracePath: string;
}

/** Names by what is there of each: all three is whole. */
export function findParts(): ReadonlyMap<string, readonly (typeof PARTS[number])[]> {
  const found = new Map<string, (typeof PARTS[number])[]>();
  for (const area of namesIn(FOLDER)) {
    for (const file of namesIn(join(FOLDER, area))) {
      const part = PARTS.find((one) => file.endsWith(one));
      if (part === undefined) {
        throw new Error(`Cannot tell what traces/${area}/${file} is: expected ${PARTS.join(", ")}`);
      }
      const name = `${area}/${file.slice(0, -part.length)}`;
      found.set(name, [...found.get(name) ?? [], part]);
    }
  }
  return found;
}

/** @param parts Of one name. @returns What is missing, as people read it; null when it is whole. */
export function missingPart(name: string, parts: readonly string[]): string | null {
  const missing = PARTS.filter((part) => !parts.includes(part));
  return missing.length === 0 ? null : `traces/${name} has no ${missing.join(", ")}`;
}

export async function readCase(name: string): Promise<GoldenCase> {
  const path = join(FOLDER, name);
  return {
    name,
    pipeline: await Deno.readTextFile(`${path}.ail.yaml`),
    world: parseWorldScript(await Deno.readTextFile(`${path}.world.yaml`), `traces/${name}.world.yaml`),
    tracePath: `${path}.ndjson`,
  };
}

/** The trace as it is now. */
export function runCase({ name, pipeline, world }: GoldenCase): string {
  try {
    return traceOf(pipeline, world);
  } catch (error) {
    throw new Error(`traces/${name}: ${(error as Error).message}`, { cause: error });
  }
}

function namesIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
