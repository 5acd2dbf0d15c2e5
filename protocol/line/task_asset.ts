/**
 * Files that people put beside a task's card, and that its runs find in `.agentics/assets/` (Line 2.7, Line 18). Both
 * programs judge their names by {@link assetNameFault}: what one takes the other places.
 */
import { z } from "zod";

/** Of a name in UTF-8: a file system takes 255, and the runner needs room for a name beside it while it is written. */
export const ASSET_NAME_MAX_BYTES = 200;
/** The runner's own file beside the assets. */
export const ASSET_MANIFEST = "manifest.json";
/** A media type with its parameters; more is none. */
export const ASSET_TYPE_MAX_CHARS = 200;
export const ASSET_TYPE_DEFAULT = "application/octet-stream";
/** RFC 9110 8.3.1, with parameters as they come. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[\x20-\x7e\t]*)?$/;

/** Why a name cannot be a file's beside others in one folder; null: it can. */
export function assetNameFault(name: string): string | null {
  if (name === "" || new TextEncoder().encode(name).length > ASSET_NAME_MAX_BYTES) {
    return `it must have 1 to ${ASSET_NAME_MAX_BYTES} bytes`;
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f-\x9f/\\]/.test(name) || !name.isWellFormed()) {
    return "it must have no slash, no backslash and no control character";
  }
  if (name !== name.trim() || name.endsWith(".")) {
    return "it must not begin or end with a space, nor end with a dot";
  }
  // Also where a file system folds case: git reads such files wherever they are.
  if (/^\.git/i.test(name)) return "it must not begin with '.git'";
  if (assetPlace(name) === ASSET_MANIFEST) {
    return `it must not be '${ASSET_MANIFEST}', which the runner writes`;
  }
  return null;
}

/** Names with one of these are one file where a file system folds case or composes letters. */
export function assetPlace(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

export const assetName = z.string().superRefine((name, context) => {
  const fault = assetNameFault(name);
  if (fault !== null) context.addIssue({ code: "custom", message: `expected the name of a file: ${fault}` });
});

/** `Content-Type` of what is put. */
export const assetType = z.string().max(ASSET_TYPE_MAX_CHARS).regex(MEDIA_TYPE, {
  error: "expected a media type such as image/png",
});

/** SHA-256 in hex. */
export const assetHash = z.string().regex(/^[0-9a-f]{64}$/, { error: "expected 64 hexadecimal digits" });

/** PUT .../tasks/{taskId}/assets/{name}, apart from the bytes. */
export const assetInput = z.object({ name: assetName, type: assetType });

/** GET .../tasks/{taskId}/assets/{name}. */
export const assetQuery = z.object({
  sha256: assetHash.optional().meta({
    description:
      "These bytes, also when the name stands for others by now, or for none: what a job was given.",
  }),
});

export const assetAnswer = z.object({
  name: z.string(),
  size: z.number().int().meta({ description: "Bytes." }),
  sha256: z.string(),
  type: z.string(),
  url: z.string(),
  putAt: z.number().int().meta({ description: "Unix milliseconds." }),
});
export type AssetData = z.infer<typeof assetAnswer>;

export const assetListAnswer = z.object({ assets: z.array(assetAnswer) });

/** One of a job's `taskAssets`, with the reference's names (Line 2.7); other servers say neither `size` nor `sha256`. */
export const jobAsset = z.object({
  fileName: z.string(),
  mimeType: z.string(),
  size: z.number().int().optional().meta({ description: "Bytes." }),
  sha256: z.string().optional(),
  url: z.string().meta({ description: "Read with the run's `jobToken`, or the runner's token." }),
});
export type JobAsset = Readonly<z.infer<typeof jobAsset>>;
