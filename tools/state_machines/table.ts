/** A state machine written down by running it: what each event does in each state. Pure. */

/** What one event did in one state. */
export type Cell =
  | { readonly kind: "moved"; readonly to: string }
  | { readonly kind: "stayed" }
  /** Accepted without a change of state, e.g. a renewed lease. */
  | { readonly kind: "noted"; readonly what: string }
  | { readonly kind: "refused"; readonly code: string };

export interface StateTable {
  readonly title: string;
  /** One paragraph: whose machine it is, and what decides it. */
  readonly about: string;
  readonly states: readonly string[];
  readonly rows: readonly { readonly event: string; readonly cells: readonly Cell[] }[];
}

/** Runs every pair. `play` starts anew in a state, applies one event and says what came of it. */
export function runPairs(
  states: readonly string[],
  events: readonly string[],
  play: (state: string, event: string) => Cell,
): StateTable["rows"] {
  return events.map((event) => ({ event, cells: states.map((state) => play(state, event)) }));
}

/** The tables as one Markdown page. */
export function renderPage(tables: readonly StateTable[]): string {
  const parts = [
    "# State machines",
    "",
    "Made by `deno task state:machines`, which starts anew in each state, applies each event to the real decider and",
    "writes down what came of it; a test holds this page against the code. An empty cell: nothing changes. `no`: refused",
    "with that code, and nothing changes.",
  ];
  for (const table of tables) {
    parts.push("", `## ${table.title}`, "", table.about, "");
    parts.push(`| event | ${table.states.map((state) => `\`${state}\``).join(" | ")} |`);
    parts.push(`| ${["---", ...table.states.map(() => "---")].join(" | ")} |`);
    for (const { event, cells } of table.rows) {
      parts.push(`| ${event} | ${cells.map(cellText).join(" | ")} |`);
    }
  }
  return `${parts.join("\n")}\n`;
}

function cellText(cell: Cell): string {
  switch (cell.kind) {
    case "moved":
      return `**${cell.to}**`;
    case "noted":
      return cell.what;
    case "refused":
      return `no: ${cell.code}`;
    case "stayed":
      return "";
  }
}
