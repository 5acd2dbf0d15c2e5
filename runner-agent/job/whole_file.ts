/** Small files beside a run that are there whole or not at all; only this user reads them. One writer of a path at a time. */

/** Replaces the file by a rename: a reader finds the text of before, or this one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text, { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}

/** The same, and the text is on the disk when it resolves: what is acted on next finds it after a loss of power. */
export async function writeWholeToDisk(path: string, text: string): Promise<void> {
  {
    using file = await Deno.open(`${path}.new`, { create: true, write: true, truncate: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  }
  await Deno.rename(`${path}.new`, path);
}

/** Null: there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
