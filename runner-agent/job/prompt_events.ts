/**
 * What an agent is told besides its messages, as entries of its activity log, so that it can be read afterwards word for word
 * (Runtime 3.3). Pure.
 */
import { createHash } from "node:crypto";
import { type EventOf, textEvents } from "../agent/event_payloads.ts";

/** Texts that a CLI reads have this ending; what it is configured by has others. */
const PROMPT_ENDING = ".md";

/**
 * The files of the home that are prompts. A CLI that takes the system prompt out of its configuration has no file of it: then
 * it is an entry of its own.
 *
 * @param clean Takes our secrets out of a text; the hash is of the bytes that the agent gets.
 */
export function promptEvents(
  homeFiles: Readonly<Record<string, string>>,
  systemPrompt: string,
  clean: (text: string) => string,
): readonly EventOf[] {
  const files = Object.entries(homeFiles).filter(([path]) => path.endsWith(PROMPT_ENDING));
  const isInFile = systemPrompt === "" || files.some(([, text]) => text.includes(systemPrompt));
  const prompts = isInFile ? files : [...files, ["system_prompt", systemPrompt] as const];
  return prompts.flatMap(([what, text]) =>
    textEvents(
      "prompt_assembled",
      { what, sha256: createHash("sha256").update(text).digest("hex") },
      clean(text),
    )
  );
}
