/**
 * `<data>/runner.json`: who this machine is to which project, with the tokens of its runners. Mode 0600, replaced as
 * a whole by a rename, so that a crash leaves the old file or the new one.
 */
import { z } from "zod";
import type { RegistrationWish } from "../ports.ts";

const registration = z.object({
  id: z.string(),
  name: z.string(),
  token: z.string(),
  server: z.string(),
  owner: z.string(),
  project: z.string(),
  labels: z.array(z.string()),
  registeredAt: z.string(),
});
const registrationFile = z.object({ registrations: z.array(registration) });

export type Registration = z.infer<typeof registration>;

const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIR = 0o700;

function fileOf(dataDir: string): string {
  return `${dataDir}/runner.json`;
}

/**
 * @throws TypeError if the file is there and is not ours: it holds tokens, so it is never overwritten by guess.
 */
export async function readRegistrations(dataDir: string): Promise<readonly Registration[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(fileOf(dataDir));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const parsed = registrationFile.safeParse(json);
  if (parsed.success) return parsed.data.registrations;
  throw new TypeError(
    `Cannot read registrations as ${fileOf(dataDir)} must be a file written by 'runner register': ` +
      "current value is something else; move it away and register again",
  );
}

/** The registrations that fit: with one, it is clear which is meant. */
export function fittingRegistrations(
  all: readonly Registration[],
  wish: RegistrationWish,
): readonly Registration[] {
  const fits = (wanted: string | null, actual: string) => wanted === null || wanted === actual;
  return all.filter((one) =>
    fits(wish.name, one.name) && fits(wish.server, one.server) && fits(wish.owner, one.owner) &&
    fits(wish.project, one.project)
  );
}

/** For people: a name alone may serve several projects. */
export function registrationText(one: Registration): string {
  return `${one.name} (${one.owner}/${one.project} at ${one.server})`;
}

/** Adds a registration, or replaces the one with the same id. */
export async function saveRegistration(dataDir: string, added: Registration): Promise<void> {
  const kept = (await readRegistrations(dataDir)).filter((old) => old.id !== added.id);
  await Deno.mkdir(dataDir, { recursive: true, mode: OWNER_ONLY_DIR });
  const temporary = `${fileOf(dataDir)}.${crypto.randomUUID()}`;
  const text = JSON.stringify({ registrations: [...kept, added] }, null, 2) + "\n";
  await Deno.writeTextFile(temporary, text, { mode: OWNER_ONLY, createNew: true });
  await Deno.rename(temporary, fileOf(dataDir));
}
