/** The first commit of a task's repository: same task and time, same bytes, whoever makes it and how often. Pure. */
import { bytesOf, concatBytes } from "./bytes.ts";
import { encodeTree } from "./object.ts";
import { hashObject, type ObjectType } from "./object_id.ts";
import type { ObjectRecord } from "./object_index.ts";
import { PackWriter } from "./pack_writer.ts";
import { deflate } from "./zlib_stream.ts";

export interface InitialObject {
  readonly id: string;
  readonly type: ObjectType;
  readonly data: Uint8Array;
}

export interface InitialCommit {
  readonly commitId: string;
  /** Blob, tree and commit. */
  readonly objects: readonly InitialObject[];
}

const DEFLATE_LEVEL = 6;
const AUTHOR = "Shopfloor <shopfloor@localhost>";

/** Makes a commit with one `README.md` that names the task. `createdAtMs` is Unix milliseconds. */
export function makeInitialCommit(taskId: string, createdAtMs: number): InitialCommit {
  const readme = object(
    "blob",
    bytesOf(
      `# Task ${taskId}\n\nThe Assembly Line Repository of this task: what its stations hand to each other.\n` +
        "Commit to `main` and push before you finish.\n",
    ),
  );
  const tree = object("tree", encodeTree([{ mode: "100644", name: "README.md", id: readme.id }]));
  const stamp = `${AUTHOR} ${Math.floor(createdAtMs / 1000)} +0000`;
  const text = `tree ${tree.id}\nauthor ${stamp}\ncommitter ${stamp}\n\nRepository of task ${taskId}\n`;
  const commit = object("commit", bytesOf(text));
  return { commitId: commit.id, objects: [readme, tree, commit] };
}

/** The same as a pack, with the records of its index. */
export function packInitialCommit(
  { objects }: InitialCommit,
): { readonly pack: Uint8Array; readonly records: readonly ObjectRecord[] } {
  const writer = new PackWriter();
  const parts = [writer.header(objects.length)];
  const records = objects.map(({ id, type, data }): ObjectRecord => {
    const offset = writer.bytes;
    parts.push(writer.entry(type, data.length), writer.data(deflate(data, DEFLATE_LEVEL)));
    return { id, type, offset, lengthBytes: writer.bytes - offset, sizeBytes: data.length, depth: 0 };
  });
  return { pack: concatBytes([...parts, writer.trailer()]), records };
}

function object(type: ObjectType, data: Uint8Array): InitialObject {
  return { id: hashObject(type, data), type, data };
}
