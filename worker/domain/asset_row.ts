/** How a task keeps its assets, and how the queue refuses them. Types only. */

/** A file beside a task's card (`task_asset.ts`); its bytes are in object storage by their hash. */
export interface TaskAsset {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
  /** The media type that it was put with. */
  readonly type: string;
  readonly putAtMs: number;
}

/** `of` `puts`: so many were put into the task, and what was replaced is kept. `name_taken`: by one that it has. */
export type AssetError =
  | { readonly reason: "too_many_assets"; readonly of: "task" | "puts"; readonly assetsMax: number }
  | { readonly reason: "asset_name_taken"; readonly name: string; readonly by: string };
