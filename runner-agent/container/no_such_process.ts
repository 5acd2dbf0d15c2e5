/** Linux answers ESRCH when a process ends between the open and the read of its /proc file. */

/** Is the error that answer? Deno gives it no class and no code, so its number in the message is all that there is. */
export function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && /\(os error 3\)/.test(error.message);
}
