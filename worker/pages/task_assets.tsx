/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The files beside a task's card. */
import type { AssetData } from "../../protocol/line/task_asset.ts";
import { size } from "./repository_parts.tsx";

/** Nothing where there are none. */
export function TaskAssets({ assets }: { readonly assets: readonly AssetData[] }) {
  if (assets.length === 0) return null;
  return (
    <>
      <h3>Files</h3>
      <ul class="files panel" aria-label="Files">
        {assets.map((asset) => (
          <li>
            <a href={pathOf(asset.url)} download={asset.name}>{asset.name}</a>{" "}
            <span class="small soft">{asset.type}, {size(asset.size)}</span>
          </li>
        ))}
      </ul>
      <p class="small soft">
        Agents find them in <code>.agentics/assets/</code>.
      </p>
    </>
  );
}

/** On this page's own origin, whatever address is told to programs. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
