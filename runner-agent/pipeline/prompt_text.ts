/** Texts that a prompt is made of, from files, templates, commands and the specification (Pipeline s05.2, s05.9). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppendEntry } from "./ast.ts";
import { perform, type Routine } from "./effect.ts";
import { type Fault, fault } from "./fault.ts";
import { isFilePath, resolvePath } from "./paths.ts";
import type { RunState } from "./run_state.ts";
import { resolveTemplate } from "./template.ts";

/** Inline text, or the content of the file that it names; then its variables. */
export function* promptText(
  text: string,
  from: string | null,
  state: RunState,
): Routine<Result<string, Fault>> {
  if (!isFilePath(text)) return resolveTemplate(text, state.scope());
  const content = yield* readText(resolvePath(text.trim(), from, state.frame.input.surroundings));
  return content.ok ? resolveTemplate(content.value, state.scope()) : content;
}

/** The appended system prompts, in their order. */
export function* appendedTexts(
  entries: readonly AppendEntry[],
  state: RunState,
  timeoutMs: number | null,
): Routine<Result<readonly string[], Fault>> {
  const texts: string[] = [];
  for (const entry of entries) {
    const text = yield* appendedText(entry, state, timeoutMs);
    if (!text.ok) return text;
    texts.push(text.value);
  }
  return ok(texts);
}

function* appendedText(
  entry: AppendEntry,
  state: RunState,
  timeoutMs: number | null,
): Routine<Result<string, Fault>> {
  switch (entry.kind) {
    case "text":
      return resolveTemplate(entry.text, state.scope());
    case "file": {
      // Relative to the working directory, unlike a prompt's file.
      const content = yield* readText(resolvePath(entry.path, null, state.frame.input.surroundings));
      return content.ok ? resolveTemplate(content.value, state.scope()) : content;
    }
    case "shell": {
      const command = resolveTemplate(entry.command, state.scope());
      if (!command.ok) return command;
      const answer = yield* perform<"run_shell">({ kind: "run_shell", command: command.value, timeoutMs });
      return answer.ok ? ok(answer.value.stdout) : answer;
    }
    case "spec":
      return yield* perform<"read_spec">({ kind: "read_spec", query: entry.query });
  }
}

/** @returns `ail:config/file-not-found` for a file that cannot be read. */
export function* readText(path: string): Routine<Result<string, Fault>> {
  const content = yield* perform<"read_file">({ kind: "read_file", path });
  return content.ok ? content : err(fault("ail:config/file-not-found", content.error.message));
}
