/** Compares secrets, and what is made of them. Pure. */

/** Are both the same? Takes as long wherever they differ; their lengths are no secret. */
export function isSameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
