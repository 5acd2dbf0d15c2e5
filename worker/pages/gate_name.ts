/** How principals are called on pages. Pure. */

const PRINCIPAL = /^(?:user|github|mail|slack):/;

/** `user:ada` becomes `ada`. */
export function nameOf(principal: string): string {
  if (principal === "system") return "the system";
  if (principal === "link") return "the holder of a link";
  if (principal.startsWith("line:")) return `the line ${principal.slice("line:".length)}`;
  return principal.replace(PRINCIPAL, "");
}
