/**
 * Mends a chat of Gemini CLI before it is resumed. The CLI (0.61.0) writes what a tool answered twice, with the call and as
 * a message of its own, and on resume sends both, which the API refuses with 400 from then on; so the messages that repeat
 * an answer are left out. The file is a log: lines are messages, or `$set` with all messages so far.
 */

import { asFields, filledField, objectField } from "./session_events.ts";
import { fieldsOfLine } from "./usage_lines.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Far more than a chat has, in lines and in characters: more is none, and would hold up who mends it. */
const LINES_MAX = 20_000;
const CHAT_MAX_CHARS = 16 * 1_048_576;

/**
 * The text of the file without what is there twice; the same text when nothing is, or when it is larger than a chat: the file is
 * the agent's.
 */
export function mendGeminiChat(text: string): string {
  if (text.length > CHAT_MAX_CHARS) return text;
  const lines = text.split("\n", LINES_MAX + 1);
  if (lines.length > LINES_MAX) return text;
  const parsed = lines.map(fieldsOfLine);
  const answered = new Set(parsed.flatMap((fields) => messagesOf(fields).flatMap(answeredCalls)));
  return lines.flatMap((line, at) => {
    const fields = parsed[at]!;
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
