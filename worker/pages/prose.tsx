/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * Markdown as text with headings and code: nothing of it becomes markup but what these few lines make, so that whoever
 * wrote it cannot bring markup of theirs.
 */

/** @param level Of the first heading's element. */
export function Prose({ text, level }: { readonly text: string; readonly level: 2 | 3 }) {
  return (
    <>
      {blocksOf(text).map((block, i) => {
        if (block.kind === "heading") {
          const Heading = level + block.depth - 1 <= 2 ? "h2" : "h3";
          return <Heading key={String(i)}>{block.text}</Heading>;
        }
        return (
          <pre key={String(i)} class={block.kind === "code" ? "source panel" : "text"}>{block.text}</pre>
        );
      })}
    </>
  );
}

type Block =
  | { readonly kind: "heading"; readonly depth: number; readonly text: string }
  | { readonly kind: "text" | "code"; readonly text: string };

/** Headings, fenced code, and what is in between as it stands; comments and the fields before the text are left out. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  const close = (kind: "text" | "code") => {
    const text = lines.join("\n").replace(/^\n+|\s+$/g, "");
    if (text !== "") blocks.push({ kind, text });
    lines = [];
  };
  const body = markdown.replace(/^<!--[^\n]*-->$/gm, "").replace(/^\s*---\n(?:[^\n]*\n){0,30}?---\n/, "");
  for (const line of body.split("\n")) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (fence !== null) {
      if (mark !== undefined && mark.startsWith(fence)) {
        close("code");
        fence = null;
      } else lines.push(line);
    } else if (mark !== undefined) {
      close("text");
      fence = mark;
    } else if (heading !== null) {
      close("text");
      blocks.push({ kind: "heading", depth: heading[1]!.length, text: heading[2]! });
    } else lines.push(line);
  }
  close(fence === null ? "text" : "code");
  return blocks;
}
