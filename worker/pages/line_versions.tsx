/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The versions of a line, page by page, and what two of them differ in, file by file of its folder. */
import type { FileChange } from "../domain/task_repository_api.ts";
import type { LineVersionView } from "../domain/job_queue_api.ts";
import { ChangedFile } from "./evidence.tsx";
import type { ProjectName } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { linePath, linesPath } from "./line_parts.tsx";
import { counted } from "./lines.tsx";
import { Ago } from "./parts.tsx";

export interface LineVersionsView {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly lineId: string;
  readonly name: string;
  readonly versions: readonly LineVersionView[];
  readonly nextCursor: string | null;
}

/** The page at `/p/{owner}/{project}/lines/{line}/versions`. */
export function LineVersionsPage({ view }: { readonly view: LineVersionsView }) {
  const { at, lineId, name, versions, nextCursor, nowMs } = view;
  return (
    <Layout title={`Versions of ${name}`} at="lines" crumbs={crumbsOf(view, "versions")}>
      <h1>Versions of {name}</h1>
      <form class="row refs" method="get" action={linePath(at, lineId, "/diff")}>
        <div>
          <label for="from">From version</label>
          <input id="from" name="from" inputmode="numeric" pattern="[0-9]+" required />
        </div>
        <div>
          <label for="to">to version</label>
          <input id="to" name="to" inputmode="numeric" pattern="[0-9]+" required />
        </div>
        <button class="fixed" type="submit">Compare</button>
      </form>
      <ul class="files panel" aria-label="Versions">
        {versions.map(({ version, name: was, createdAtMs, warnings }) => (
          <li key={String(version)}>
            <a href={linePath(at, lineId, `/versions/${version}`)}>Version {version}: {was}</a>
            <span class="meta">
              {warnings.length > 0
                ? <span class="pill wait">{counted(warnings.length, "warning")}</span>
                : null}
              {version > 1
                ? (
                  <a href={linePath(at, lineId, `/diff?from=${version - 1}&to=${version}`)}>
                    What changed<span class="unseen">{` in version ${version}`}</span>
                  </a>
                )
                : <span>the first</span>}
              <Ago ms={createdAtMs} nowMs={nowMs} />
            </span>
          </li>
        ))}
      </ul>
      {nextCursor === null
        ? null
        : (
          <a href={linePath(at, lineId, `/versions?cursor=${encodeURIComponent(nextCursor)}`)}>
            Older versions
          </a>
        )}
    </Layout>
  );
}

export interface LineDiffView {
  readonly at: ProjectName;
  readonly lineId: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly changes: readonly FileChange[];
}

/** The page at `/p/{owner}/{project}/lines/{line}/diff`. */
export function LineDiffPage({ view }: { readonly view: LineDiffView }) {
  const { at, lineId, name, from, to, changes } = view;
  const title = `${name}: version ${from} to ${to}`;
  return (
    <Layout title={title} at="lines" crumbs={crumbsOf(view, `${from} to ${to}`)}>
      <h1>{title}</h1>
      <nav class="meta" aria-label="Versions">
        <a href={linePath(at, lineId, `/versions/${from}`)}>Version {from}</a>
        <a href={linePath(at, lineId, `/versions/${to}`)}>Version {to}</a>
        <a href={linePath(at, lineId, `/diff?from=${to}&to=${from}`)}>The other way round</a>
        <a href={linePath(at, lineId, "/versions")}>All versions</a>
      </nav>
      <p class="small soft">
        As the files of its <code>.agentics/</code> folder.
      </p>
      {changes.length === 0 ? <p class="empty">Nothing differs.</p> : null}
      {changes.map((change) => (
        <ChangedFile
          key={change.path}
          change={change}
          isOpen={changes.length <= 12}
        />
      ))}
    </Layout>
  );
}

function crumbsOf(
  { at, lineId, name }: { readonly at: ProjectName; readonly lineId: string; readonly name: string },
  here: string,
) {
  return [{ text: "Lines", href: linesPath(at) }, { text: name, href: linePath(at, lineId) }, { text: here }];
}
