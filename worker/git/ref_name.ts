/** Which names a ref may have: the rules of `git check-ref-format` for full names under `refs/`. Pure. */

/** Longer names do not fit the file systems that clients unpack them to. */
const NAME_MAX_CHARS = 255;
/** Control characters, space and the characters with a meaning in revision syntax. */
// deno-lint-ignore no-control-regex -- git forbids exactly these
const FORBIDDEN = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/;

/** Is `name` a full ref name that git clients accept? */
export function isRefName(name: string): boolean {
  if (!name.startsWith("refs/") || name.length > NAME_MAX_CHARS || FORBIDDEN.test(name)) return false;
  const parts = name.split("/");
  return parts.length >= 3 && parts.every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}
