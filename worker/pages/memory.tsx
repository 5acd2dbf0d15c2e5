/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Memory: what people noted for agents to recall. The list, the newest first; forgetting a note, and writing one. */
import type { MemoryView } from "../domain/library_api.ts";
import { May, type ProjectName } from "./frame.tsx";
import { Who } from "./gate_parts.tsx";
import { LibraryLayout, libraryPath } from "./library_parts.tsx";
import { Ago } from "./parts.tsx";

export interface MemoryPageView {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly memories: readonly MemoryView[];
  readonly nextCursor: string | null;
  readonly fault: string | null;
}

/** The page at `/p/{owner}/{project}/memory`. */
export function MemoryPage({ view }: { readonly view: MemoryPageView }) {
  const { at, memories, nextCursor, fault, nowMs } = view;
  const path = libraryPath(at, "memory");
  return (
    <LibraryLayout at={at} part="memory" title="Memory" fault={fault}>
      <p class="soft">Notes that agents recall. They cannot write any.</p>
      {memories.length === 0 ? <p class="empty">Nothing is noted.</p> : (
        <ul class="cards">
          {memories.map((memory) => (
            <li key={memory.id} class="card">
              <p class="text">{memory.content}</p>
              <div class="meta">
                <span>known from {memory.provenance}</span>
                <span>{whoReads(memory)}</span>
                {memory.confidence === null
                  ? null
                  : <span>{Math.round(memory.confidence * 100)} % sure</span>}
                <span>
                  by <Who principal={memory.by} />
                </span>
                <Ago ms={memory.recordedAtMs} nowMs={nowMs} />
              </div>
              <May scope="lines:write">
                <form class="actions" method="post" action={`${libraryPath(at, "memory", memory.id)}/forget`}>
                  <button class="plain" type="submit" aria-label={`Forget: ${memory.content.slice(0, 60)}`}>
                    Forget
                  </button>
                </form>
              </May>
            </li>
          ))}
        </ul>
      )}
      {nextCursor === null ? null : (
        <nav class="pager" aria-label="More">
          <a class="button plain" href={`${path}?cursor=${encodeURIComponent(nextCursor)}`}>Older ones</a>
        </nav>
      )}
      <May scope="lines:write">
        <details id="new">
          <summary>Note something</summary>
          <form class="stack fold" method="post" action={path}>
            <div>
              <label for="content">Note</label>
              <textarea id="content" name="content" rows={3} required></textarea>
            </div>
            <div class="row">
              <div>
                <label for="provenance">Known from</label>
                <input id="provenance" name="provenance" required maxlength={1000} />
              </div>
              <div>
                <label for="namespace">For the project, a line (line:NAME) or a task (task:ID)</label>
                <input id="namespace" name="namespace" value="project" required maxlength={120} />
              </div>
            </div>
            <button type="submit">Note it</button>
          </form>
        </details>
      </May>
    </LibraryLayout>
  );
}

function whoReads({ principal, namespace }: MemoryView): string {
  const whose = principal === "*" ? "every agent" : principal.replace("station:", "agents of ");
  return namespace === "project" ? `for ${whose}` : `for ${whose}, about ${namespace.replace(":", " ")}`;
}
