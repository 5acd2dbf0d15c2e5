/**
 * The records of probes: `<data>/harness/NAME-VERSION.json`, one per version of a CLI, of all runners of this machine's user.
 * Written whole or not at all.
 */
import { join } from "node:path";
import { z } from "zod";
import type { SessionHarnessName } from "../agent_ports.ts";
import { CAPABILITY_CHECKS, type CapabilityRecord } from "../domain/agent/capability.ts";

const recordSchema = z.strictObject({
  /** Grows when an older record can no longer be read. */
  format: z.literal(1),
  harness: z.enum(["claude", "codex", "gemini", "opencode"]),
  cliVersion: z.string().min(1).max(80),
  adapter: z.string().min(1),
  image: z.string(),
  probedAtMs: z.int(),
  checks: z.array(z.strictObject({
    name: z.enum(CAPABILITY_CHECKS),
    outcome: z.enum(["ok", "failed", "skipped"]),
    expected: z.string(),
    seen: z.string(),
    ms: z.number(),
  })),
});

/** What may be in a file's name: what a CLI says of its version is its own word. */
const FILE_VERSION = /^[0-9A-Za-z.+-]+$/;
const PRIVATE_DIR_MODE = 0o700;

export interface CapabilityRecords {
  /** Null: there is none, or none that this version of ours can read. */
  find(harness: SessionHarnessName, cliVersion: string): Promise<CapabilityRecord | null>;
  /** In place of what is known of that version. */
  save(record: CapabilityRecord): Promise<void>;
  /** By their names. */
  list(): Promise<readonly CapabilityRecord[]>;
}

export function openCapabilityRecords(dataDir: string): CapabilityRecords {
  const dir = join(dataDir, "harness");

  async function read(name: string): Promise<CapabilityRecord | null> {
    let text: string;
    try {
      text = await Deno.readTextFile(join(dir, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    return parseRecord(text);
  }

  return {
    async find(harness, cliVersion) {
      const found = await read(fileName(harness, cliVersion));
      return found?.harness === harness && found.cliVersion === cliVersion ? found : null;
    },
    async save(record) {
      await Deno.mkdir(dir, { recursive: true, mode: PRIVATE_DIR_MODE });
      const path = join(dir, fileName(record.harness, record.cliVersion));
      const text = JSON.stringify(recordSchema.parse({ format: 1, ...record }), null, 2);
      await Deno.writeTextFile(`${path}.new`, `${text}\n`, { mode: 0o600 });
      await Deno.rename(`${path}.new`, path);
    },
    async list() {
      const names = (await Array.fromAsync(entriesOf(dir))).map((one) => one.name)
        .filter((name) => name.endsWith(".json")).sort();
      return (await Promise.all(names.map(read))).filter((record) => record !== null);
    },
  };
}

function fileName(harness: SessionHarnessName, cliVersion: string): string {
  if (FILE_VERSION.test(cliVersion)) return `${harness}-${cliVersion}.json`;
  throw new RangeError(
    `Cannot keep a record as the version must be digits, letters, '.', '+' and '-': current value is ${cliVersion}`,
  );
}

/** Null for what is no record. */
function parseRecord(text: string): CapabilityRecord | null {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = recordSchema.safeParse(told);
  if (!parsed.success) return null;
  const { format: _format, ...record } = parsed.data;
  return record;
}

async function* entriesOf(dir: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(dir);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
