/** Output as text for a page: terminal escapes are dropped, bytes that are no characters become U+FFFD. Pure. */

// deno-lint-ignore no-control-regex
const ESCAPES = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007)/g;

/** Decodes output and drops its terminal escapes; the same rule is in `assets/scripts.ts` for what streams in. */
export function plainText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(ESCAPES, "");
}
