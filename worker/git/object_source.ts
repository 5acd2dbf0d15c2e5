/** What a walk over history needs to read, synchronously. No walk reads a blob's data. */
import type { Commit, Tag, TreeEntry } from "./object.ts";
import type { ObjectType } from "./object_id.ts";

/** Each method gives undefined if there is no such object of that type. */
export interface ObjectSource {
  typeOf(id: string): ObjectType | undefined;
  /** Inflated, of an object of any type. */
  sizeOf(id: string): number | undefined;
  commit(id: string): Commit | undefined;
  tree(id: string): readonly TreeEntry[] | undefined;
  tag(id: string): Tag | undefined;
}

/** Follows annotated tags down to what they finally name; also gives the tags on the way. */
export function peel(
  source: ObjectSource,
  id: string,
): { readonly id: string; readonly tags: readonly string[] } {
  const tags: string[] = [];
  let at = id;
  for (let tag = source.tag(at); tag !== undefined; tag = source.tag(at)) {
    tags.push(at);
    at = tag.target;
  }
  return { id: at, tags };
}
