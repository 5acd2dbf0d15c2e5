/**
 * Permissions of Claude Code, by its PreToolUse hooks: the settings that install them, what a hook sends to the run and
 * gets back (one JSON line each), and what it prints for Claude Code (Pipeline r02).
 *
 * 1. What goes wrong between hook and run denies; only a hook that was not told what it is about allows, as Claude Code's
 *    own rules still apply then.
 * 2. Answers to questions travel to the hook as a denial with a reason, and leave it as an allowance with answers.
 */
import { type Fields, fieldsOf, parseFields, parseJson, textOf } from "./backend_fields.ts";
import { answeredInput, QUESTION_TOOL, readQuestions } from "./backend_question.ts";
import { DETAIL_VALUE_MAX_CHARS } from "./limits.ts";

export const HOOK_COMMANDS = { ask: "ask-user-hook", check: "check-permission-hook" } as const;
export type HookKind = keyof typeof HOOK_COMMANDS;

/** Seconds. The run decides how long it waits for people; this only must be longer. */
const HOOK_TIMEOUT_S = 3_600;

/**
 * All tools but questions. The reference has `.*` and lets its check hook allow questions; since Claude Code 2.1 that
 * allowance, which has no answers, hides the one that has them.
 */
const ALL_OTHERS = `^(?!${QUESTION_TOOL}$).*`;

/** The wish to use a tool. */
export interface ToolWish {
  readonly toolName: string;
  readonly toolInput: unknown;
}

export interface WishAnswer {
  readonly isAllowed: boolean;
  readonly reason: string | null;
}

/** The text of the settings file. @param ail The words that start this program. */
export function hookSettings(ail: readonly string[], socketPath: string): string {
  const hook = (matcher: string, kind: HookKind) => ({
    matcher,
    hooks: [{
      type: "command",
      command: [...ail, HOOK_COMMANDS[kind], "--socket", socketPath].map(shellWord).join(" "),
      timeout: HOOK_TIMEOUT_S,
    }],
  });
  return JSON.stringify({ hooks: { PreToolUse: [hook(QUESTION_TOOL, "ask"), hook(ALL_OTHERS, "check")] } });
}

/** What Claude Code tells its hook; null when it cannot be read. */
export function readHookInput(text: string): ToolWish | null {
  return readWish(parseFields(text));
}

export function wishLine({ toolName, toolInput }: ToolWish): string {
  return JSON.stringify({ tool_name: toolName, tool_input: toolInput });
}

/** Null for a line that is no wish. */
export function readWishLine(line: string): ToolWish | null {
  return readWish(parseFields(line));
}

function readWish(fields: Fields | null): ToolWish | null {
  const toolName = textOf(fields?.["tool_name"]);
  return toolName === null ? null : { toolName, toolInput: fields?.["tool_input"] ?? {} };
}

export function answerLine({ isAllowed, reason }: WishAnswer, { toolInput }: ToolWish): string {
  return JSON.stringify(
    isAllowed
      ? { behavior: "allow", updatedInput: toolInput }
      : { behavior: "deny", ...(reason === null ? {} : { message: reason }) },
  );
}

/** Null for a line that is no answer. */
export function readAnswerLine(line: string): WishAnswer | null {
  const fields = parseFields(line);
  const behavior = fields?.["behavior"];
  if (behavior !== "allow" && behavior !== "deny") return null;
  return { isAllowed: behavior === "allow", reason: textOf(fields?.["message"]) };
}

/** Does the hook decide by itself, without asking the run? */
export function needsNoAnswer(kind: HookKind, wish: ToolWish | null): boolean {
  return wish === null || (kind === "check" && wish.toolName === QUESTION_TOOL);
}

/** What the hook prints. @param answer Null when the run could not be reached. */
export function hookOutput(kind: HookKind, wish: ToolWish | null, answer: WishAnswer | null): string {
  if (wish === null || needsNoAnswer(kind, wish)) return decision("allow", null);
  if (answer === null) return decision("deny", "ail permission bridge error");
  if (answer.isAllowed) return decision("allow", null);
  return kind === "ask" && answer.reason !== null
    ? decision("allow", null, answeredInput(wish.toolInput, answer.reason))
    : decision("deny", answer.reason);
}

function decision(
  permissionDecision: "allow" | "deny",
  reason: string | null,
  updatedInput?: Fields,
): string {
  return JSON.stringify({
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision,
      // The second is the name that Claude Code reads.
      ...(reason === null ? {} : { reason, permissionDecisionReason: reason }),
      ...(updatedInput === undefined ? {} : { updatedInput }),
    },
  });
}

/** What people are shown, and what the event carries: questions in their one shape. */
export function shownInput({ toolName, toolInput }: ToolWish): unknown {
  return toolName === QUESTION_TOOL ? readQuestions(toolInput) ?? toolInput : toolInput;
}

/** One line for each argument, cut by characters. */
export function displayDetail(input: unknown): string {
  const unpacked = typeof input === "string" ? parseJson(input) ?? input : input;
  return Object.entries(fieldsOf(unpacked)).map(([key, value]) => `\n    ${key}: ${shortValue(value)}`).join(
    "",
  );
}

function shortValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "null";
  const lines = text.split(/\r?\n/);
  const characters = Array.from(lines[0] ?? "");
  const isCut = characters.length > DETAIL_VALUE_MAX_CHARS;
  const first = characters.slice(0, DETAIL_VALUE_MAX_CHARS).join("");
  return lines.length > 1 ? `${first}… (${lines.length} lines)` : isCut ? `${first}…` : first;
}

/** A word as the shell reads it whole. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
