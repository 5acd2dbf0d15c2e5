/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** A line's definition as text: written, judged, and saved as the next version if it is still the one that was seen. */
import { type ProjectName } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Faults, linePath, linesPath } from "./line_parts.tsx";
import type { TextFault } from "./line_text.ts";

export interface LineEditView {
  readonly at: ProjectName;
  /** Null: a line that does not exist yet. */
  readonly lineId: string | null;
  readonly name: string;
  readonly text: string;
  /** The version that the text began as, 0 for a new line. */
  readonly version: number;
  readonly faults: readonly TextFault[];
  /** The version that somebody saved meanwhile; null: nobody did. */
  readonly savedMeanwhile: number | null;
}

/** The pages at `/p/{owner}/{project}/lines/new` and `/p/{owner}/{project}/lines/{line}/edit`. */
export function LineEditPage({ view }: { readonly view: LineEditView }) {
  const { at, lineId, name, text, version, faults, savedMeanwhile } = view;
  const title = lineId === null ? "A new line" : `Edit ${name}`;
  const back = lineId === null ? linesPath(at) : linePath(at, lineId);
  const crumbs = [
    { text: "Lines", href: linesPath(at) },
    ...(lineId === null ? [] : [{ text: name, href: back }]),
    { text: lineId === null ? "new" : "edit" },
  ];
  return (
    <Layout title={title} at="lines" crumbs={crumbs}>
      <h1>{title}</h1>
      <Faults title="Nothing was saved." faults={faults} />
      {savedMeanwhile === null || lineId === null ? null : (
        <div class="note wait" role="alert">
          <strong>Nothing was saved: somebody saved version {savedMeanwhile} meanwhile.</strong>
          <p>
            Your text below began as an older one.{" "}
            <a href={linePath(at, lineId, `/versions/${savedMeanwhile}`)}>Look at version {savedMeanwhile}</a>
            . Saving again puts yours in its place.
          </p>
        </div>
      )}
      <form
        class="stack"
        method="post"
        action={lineId === null ? `${linesPath(at)}/new` : linePath(at, lineId, "/edit")}
        enctype="multipart/form-data"
      >
        <input type="hidden" name="version" value={String(savedMeanwhile ?? version)} />
        <div>
          <label for="definition">Definition, as JSON</label>
          <textarea
            id="definition"
            name="definition"
            class="editor mono"
            rows={28}
            spellcheck={false}
            required
            aria-invalid={faults.length > 0 ? "true" : undefined}
            aria-describedby={faults.length > 0 ? "faults" : "how"}
          >
            {text}
          </textarea>
        </div>
        <p class="small soft" id="how">
          The same fields as in the{" "}
          <a href="/api-docs">API</a>. Tasks on the line go on with the version that they started with.
        </p>
        <div class="actions">
          <button type="submit">{lineId === null ? "Save the line" : "Save as the next version"}</button>
          <a href={back}>Leave without saving</a>
        </div>
      </form>
    </Layout>
  );
}
