/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The lines of a project, and how another one comes in. */
import type { LineView } from "../domain/job_queue_api.ts";
import type { HistoryAnswer } from "../store/history/line_read.ts";
import { May, type ProjectName } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Faults, linePath, linesPath } from "./line_parts.tsx";
import { Ago } from "./parts.tsx";

export interface LinesView {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly lines: readonly LineView[];
  readonly open: HistoryAnswer<readonly { readonly lineId: string; readonly tasks: number }[]>;
  /** Why nothing was imported; null: nothing was tried. */
  readonly fault: string | null;
  /** What the form had. */
  readonly gitUrl: string;
  readonly ref: string;
}

/** The page at `/p/{owner}/{project}/lines`. */
export function LinesPage({ view }: { readonly view: LinesView }) {
  const { at, lines, open, nowMs } = view;
  const tasksOf = new Map(open.kind === "ok" ? open.value.map(({ lineId, tasks }) => [lineId, tasks]) : []);
  return (
    <Layout title="Lines" at="lines" crumbs={[{ text: "Lines" }]}>
      <h1>Lines</h1>
      <p class="soft">
        A line is stations in order, the rules between them, and the gates where people decide.
      </p>
      {lines.length === 0 ? <p class="empty">This project has no line yet.</p> : (
        <ul class="cards">
          {lines.map((line) => (
            <li key={line.id} class={line.warnings.length > 0 ? "card wait" : "card"}>
              <h3>
                <a href={linePath(at, line.id)}>{line.definition.name}</a>
              </h3>
              <p class="small soft">
                {line.definition.stations.map(({ name }) => name).join(" → ").slice(0, 300)}
              </p>
              <div class="meta">
                {open.kind === "ok" ? <span>{tasksNow(tasksOf.get(line.id) ?? 0)}</span> : null}
                <span>version {line.version}</span>
                <Ago ms={line.createdAtMs} nowMs={nowMs} />
                {line.warnings.length > 0
                  ? <span class="pill wait">{counted(line.warnings.length, "warning")}</span>
                  : null}
              </div>
            </li>
          ))}
        </ul>
      )}
      <May scope="lines:write">
        <h2>Another line</h2>
        {view.fault === null ? null : (
          <Faults
            title="Nothing was imported."
            faults={[{ lineNumber: null, path: "", message: view.fault, excerpt: null }]}
          />
        )}
        <p>
          <a class="button" href={`${linesPath(at)}/new`}>Write a new line</a>
        </p>
        <div class="plots">
          <form
            class="panel stack"
            method="post"
            action={`${linesPath(at)}/import`}
            enctype="multipart/form-data"
          >
            <h3>Import from a public repository</h3>
            <div>
              <label for="git-url">Address, with https</label>
              <input
                id="git-url"
                name="gitUrl"
                type="url"
                required
                maxlength={2000}
                value={view.gitUrl}
                placeholder="https://host/owner/repository.git"
              />
            </div>
            <div>
              <label for="ref">Branch or tag, if not the first</label>
              <input id="ref" name="ref" maxlength={300} value={view.ref} />
            </div>
            <button type="submit">Import from the repository</button>
          </form>
          <form
            class="panel stack"
            method="post"
            action={`${linesPath(at)}/import`}
            enctype="multipart/form-data"
          >
            <h3>Import a file</h3>
            <div>
              <label for="file">An export (.tar or .json), or a definition (.json)</label>
              <input id="file" name="file" type="file" required accept=".tar,.json" />
            </div>
            <p class="small soft">
              An import always makes a line of its own. A <code>.agentics/</code> folder goes in as a tar.
            </p>
            <button type="submit">Import the file</button>
          </form>
        </div>
      </May>
    </Layout>
  );
}

/** `1` becomes "1 task now". */
export function tasksNow(tasks: number): string {
  return `${counted(tasks, "task")} now`;
}

/** `2` and "gate" become "2 gates". */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
