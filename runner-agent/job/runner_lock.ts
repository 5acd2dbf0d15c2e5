/** One process per runner: two would share a journal and adopt each other's containers. */

/** Holds the lock until it is disposed of or the process ends, however it ends. Null if another process has it. */
export async function lockRunner(path: string): Promise<Disposable | null> {
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  if (await file.tryLock(true)) {
    return { [Symbol.dispose]: () => file.close() };
  }
  file.close();
  return null;
}
