/**
 * Mends a chat of Gemini CLI before it is resumed. The CLI (0.61.0) writes what a tool answered twice, with the call and as
 * a message of its own, and on resume sends both, which the API refuses with 400 from then on; so the messages that repeat
 * an answer are left out. The file is a log: lines are messages, or `$set` with all messages so far.
 */

import { asFields, filledField, objectField } from "./session_events.ts";
import { fieldsOfLine } from "./usage_lines.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The text of the file without what is there twice; the same text when nothing is. */
export function mendGeminiChat(text: string): string {
  const lines = text.split("\n");
  const answered = new Set(lines.flatMap((line) => messagesOf(fieldsOfLine(line)).flatMap(answeredCalls)));
  return lines.flatMap((line) => {
    const fields = fieldsOfLine(line);
    const messages = objectField(fields, "$set").messages;
    if (!Array.isArray(messages)) return isRepeated(fields, answered) ? [] : [line];
    const kept = messages.filter((message) => !isRepeated(asFields(message), answered));
    if (kept.length === messages.length) return [line];
    return [JSON.stringify({ ...fields, $set: { ...objectField(fields, "$set"), messages: kept } })];
  }).join("\n");
}

function messagesOf(line: Fields): readonly Fields[] {
  const { messages } = objectField(line, "$set");
  return Array.isArray(messages) ? messages.map(asFields) : [line];
}

/** The ids of the calls whose answers are kept with them. */
function answeredCalls({ type, toolCalls }: Fields): readonly string[] {
  if (type !== "gemini" || !Array.isArray(toolCalls)) return [];
  return toolCalls.map(asFields).filter(({ result }) => result !== null && result !== undefined)
    .flatMap((call) => filledField(call, "id") ?? []);
}

function isRepeated({ type, content }: Fields, answered: ReadonlySet<string>): boolean {
  if (type !== "user" || !Array.isArray(content) || content.length === 0) return false;
  return content.every((part) => {
    const id = filledField(objectField(asFields(part), "functionResponse"), "id");
    return id !== null && answered.has(id);
  });
}
