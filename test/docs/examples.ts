/**
 * The examples of a Markdown page, in its order.
 *
 * - A fenced block whose first line names a file after its language (` ```yaml .ail/review/default.yaml`) is that file.
 * - A block of `console` has commands after `$ `, and below each what it prints. A line `...` stands for any lines, a
 *   `…` for any part of a line; `(exit N)` is the last line of a command that fails.
 * - Each heading of the second level begins an empty folder.
 */
export type Example =
  | { readonly kind: "file"; readonly path: string; readonly text: string }
  | {
    readonly kind: "command";
    readonly command: string;
    readonly environment: Readonly<Record<string, string>>;
    /** Without the program's name. */
    readonly args: readonly string[];
    readonly input: readonly string[];
    readonly output: string;
  };

export interface Section {
  readonly heading: string;
  readonly examples: readonly Example[];
}

const FENCE = /^```(\w+)?(?: (\S+))?$/;
/** What is shown and not run: other languages' files and shapes. */
const SHOWN_ONLY: ReadonlySet<string> = new Set(["text", "json", "sh"]);

/** @returns Sections with examples; problems: blocks that nothing would run. */
export function examplesOf(
  page: string,
): { readonly sections: readonly Section[]; readonly problems: readonly string[] } {
  const sections: { heading: string; examples: Example[] }[] = [];
  const problems: string[] = [];
  const lines = page.split("\n");
  let at = 0;
  while (at < lines.length) {
    const line = lines[at++]!;
    const heading = /^## (.+)$/.exec(line)?.[1];
    if (heading !== undefined) sections.push({ heading, examples: [] });
    const fence = FENCE.exec(line);
    if (fence === null) continue;
    const begin = at;
    while (at < lines.length && lines[at] !== "```") at++;
    const body = lines.slice(begin, at++);
    const [, language = "", path] = fence;
    const section = sections.at(-1);
    if (section === undefined) problems.push(`line ${begin}: an example before the first heading`);
    else if (path !== undefined) {
      section.examples.push({ kind: "file", path, text: `${body.join("\n")}\n` });
    } else if (language === "console") section.examples.push(...commandsOf(body));
    else if (!SHOWN_ONLY.has(language)) {
      problems.push(`line ${begin}: a block of ${language} that is no file`);
    }
  }
  return { sections: sections.filter(({ examples }) => examples.length > 0), problems };
}

function commandsOf(lines: readonly string[]): readonly Example[] {
  const commands: Example[] = [];
  for (let at = 0; at < lines.length;) {
    const command = lines[at]!.slice(2);
    if (!lines[at]!.startsWith("$ ")) {
      throw new Error(`Cannot run '${lines[at]}': a command begins with '$ '`);
    }
    let end = at + 1;
    while (end < lines.length && !lines[end]!.startsWith("$ ")) end++;
    const output = lines.slice(at + 1, end);
    commands.push({
      kind: "command",
      command,
      ...wordsOf(command),
      output: output.map((one) => `${one}\n`).join(""),
    });
    at = end;
  }
  return commands;
}

/** Words as a shell has them, as far as examples need: quotes, settings before the program, lines of a pipe's `printf`. */
function wordsOf(command: string) {
  const piped = /^printf '(.*)' \| (.*)$/.exec(command);
  const words = [...(piped?.[2] ?? command).matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, a, b) => a ?? b)
  );
  const isSetting = (word: string) => /^[A-Z_]+=/.test(word);
  const program = words.findIndex((word) => !isSetting(word));
  if (words[program] !== "ail") throw new Error(`Cannot run '${command}': it does not start ail`);
  const settings = words.slice(0, program).map((word) =>
    word.split(/=(.*)/s).slice(0, 2) as [string, string]
  );
  return {
    environment: Object.fromEntries(settings),
    args: words.slice(program + 1),
    input: (piped?.[1] ?? "").split("\\n").filter((line) => line !== ""),
  };
}

/** Whether a text is as the page says, but for empty lines at its end. */
export function isLike(text: string, said: string): boolean {
  const source = said.trimEnd().split("\n").map((line) =>
    line === "..."
      ? "(?:.*\\n)*?"
      : `${line.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}\\n`
  ).join("");
  return new RegExp(`^${source}$`).test(`${text.trimEnd()}\n`);
}
