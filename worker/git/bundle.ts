/** The start of a bundle: a file that git clones and fetches from like from a repository (format v2). Pure. */
import { bytesOf } from "./bytes.ts";

/** Everything before the pack; what the refs name must be in it whole, as the bundle has no prerequisites. */
export function encodeBundleHeader(
  refs: readonly { readonly name: string; readonly id: string }[],
): Uint8Array {
  return bytesOf("# v2 git bundle\n" + refs.map(({ id, name }) => `${id} ${name}\n`).join("") + "\n");
}
