/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** A card is written, or comes as a file: where the work of a line begins. */
import { DESCRIPTION_MAX_BYTES, TITLE_MAX_CHARS } from "../../protocol/limits.ts";
import { May, type ProjectName, projectPath } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Faults, linesPath } from "./line_parts.tsx";
import type { TextFault } from "./line_text.ts";

export interface CardFields {
  readonly title: string;
  readonly description: string;
  readonly priority: string;
  /** With commas between. */
  readonly labels: string;
}

export interface CardEditView {
  readonly at: ProjectName;
  readonly lines: readonly { readonly id: string; readonly name: string }[];
  /** The line that is chosen; null: the first. */
  readonly lineId: string | null;
  readonly fields: CardFields;
  readonly faults: readonly TextFault[];
  /** Sent with the form: the same form twice makes one task. */
  readonly once: string;
}

export const NO_FIELDS: CardFields = { title: "", description: "", priority: "medium", labels: "" };

/** The page of cards of a project, for a line if one is named. */
export function cardsPath(at: ProjectName, lineId?: string): string {
  const query = lineId === undefined ? "" : `?line=${encodeURIComponent(lineId)}`;
  return `${projectPath(at)}/cards${query}`;
}

/** The page at `/p/{owner}/{project}/cards`. */
export function CardEditPage({ view }: { readonly view: CardEditView }) {
  const { at, lines, faults } = view;
  return (
    <Layout title="A new card" at="board" crumbs={[{ text: "new card" }]}>
      <h1>A new card</h1>
      <p class="soft">A card says what is to be done. It goes to the first station of its line.</p>
      <Faults title="Nothing was submitted." faults={faults} />
      {lines.length === 0
        ? (
          <p class="empty">
            This project has no line yet, so there is nowhere for a card to go.{" "}
            <May scope="lines:write">
              <a href={linesPath(at)}>Make a line first</a>.
            </May>
          </p>
        )
        : (
          <>
            <Written view={view} />
            <h2>Or from a file</h2>
            <Uploaded view={view} />
          </>
        )}
    </Layout>
  );
}

function Written({ view }: { readonly view: CardEditView }) {
  const { at, fields, faults, once } = view;
  const isWrong = (path: string) =>
    faults.some((fault) => fault.path === path)
      ? { "aria-invalid": "true", "aria-describedby": "faults" }
      : {};
  return (
    <form class="panel stack" method="post" action={cardsPath(at)} enctype="multipart/form-data">
      <input type="hidden" name="once" value={once} />
      <Line view={view} id="line" />
      <div>
        <label for="title">Title</label>
        <input
          id="title"
          name="title"
          required
          maxlength={TITLE_MAX_CHARS}
          value={fields.title}
          {...isWrong("title")}
        />
      </div>
      <div>
        <label for="description">Text</label>
        <textarea
          id="description"
          name="description"
          rows={12}
          maxlength={DESCRIPTION_MAX_BYTES}
          aria-describedby="text-how"
          {...isWrong("description")}
        >
          {/* A browser takes the first line break of a text area away. */}
          {`\n${fields.description}`}
        </textarea>
        <p class="small soft" id="text-how">
          What the agents read. Markdown, if you like; it is passed on as it is.
        </p>
      </div>
      <div class="row">
        <div>
          <label for="priority">Priority</label>
          <select id="priority" name="priority">
            {["high", "medium", "low"].map((word) => (
              <option key={word} value={word} selected={word === fields.priority}>{word}</option>
            ))}
          </select>
        </div>
        <div>
          <label for="labels">Labels, by commas</label>
          <input
            id="labels"
            name="labels"
            value={fields.labels}
            placeholder="docs, small"
            {...isWrong("labels")}
          />
        </div>
      </div>
      <div class="actions">
        <button type="submit">Submit the card</button>
        <a href={projectPath(at)}>Leave without submitting</a>
      </div>
    </form>
  );
}

function Uploaded({ view }: { readonly view: CardEditView }) {
  return (
    <form
      class="panel stack"
      method="post"
      action={`${cardsPath(view.at)}/upload`}
      enctype="multipart/form-data"
    >
      <input type="hidden" name="once" value={view.once} />
      <Line view={view} id="file-line" />
      <div>
        <label for="file">A card in Markdown (.md) or JSON (.json)</label>
        <input id="file" name="file" type="file" required accept=".md,.markdown,.json,.txt" />
      </div>
      <p class="small soft">
        Markdown: the first heading is the title, the rest the text; <code>priority:</code> and{" "}
        <code>labels:</code> between <code>---</code> at its top. JSON: as in the <a href="/api-docs">API</a>.
      </p>
      <button type="submit">Submit the file</button>
    </form>
  );
}

function Line({ view: { lines, lineId }, id }: { readonly view: CardEditView; readonly id: string }) {
  return (
    <div>
      <label for={id}>Line</label>
      <select id={id} name="line">
        {lines.map((line) => (
          <option key={line.id} value={line.id} selected={line.id === lineId}>
            {line.name === line.id ? line.name : `${line.name} (${line.id})`}
          </option>
        ))}
      </select>
    </div>
  );
}
