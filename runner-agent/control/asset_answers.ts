/** A list of assets as servers write it: the reference in a job, ours in its own list (Line 2.7). */
import { z } from "zod";
import { ASSET_TYPE_DEFAULT, type JobAsset } from "../../protocol/line/task_asset.ts";

const text = z.string().nullish().catch(undefined);
/** What cannot be read says nothing, and is not checked. */
const size = z.number().int().nonnegative().nullish().catch(undefined);
const hash = z.string().toLowerCase().regex(/^[0-9a-f]{64}$/).nullish().catch(undefined);

const asset = z.object({
  fileName: text,
  name: text,
  mimeType: text,
  contentType: text,
  type: text,
  size,
  sha256: hash,
  url: text,
});

/** One that cannot be read at all has no name, and is left out as such. */
export function readAssets(list: readonly unknown[]): readonly JobAsset[] {
  return list.map((one): JobAsset => {
    const read = asset.safeParse(one).data ?? {};
    return {
      fileName: read.fileName ?? read.name ?? "",
      mimeType: read.mimeType ?? read.contentType ?? read.type ?? ASSET_TYPE_DEFAULT,
      url: read.url ?? "",
      ...(read.size == null ? {} : { size: read.size }),
      ...(read.sha256 == null ? {} : { sha256: read.sha256 }),
    };
  });
}

/** A job's `taskAssets`; undefined: it says nothing of any. */
export const taskAssets = z.array(z.unknown()).nullish().catch(undefined).transform((list) =>
  list == null || list.length === 0 ? undefined : readAssets(list)
);
