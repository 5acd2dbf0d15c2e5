/** What each wire format of the scripted model says about itself, so that the server only routes, checks keys and keeps records. */

import type { Result } from "../../../protocol/result.ts";
import type { AnswerStep, ModelErrorKind } from "./step.ts";
import type { ShellTool } from "./tools.ts";

/** One entry of a conversation, in the words of any format. */
export type ConversationItem =
  | { readonly kind: "user"; readonly text: string }
  /** One answer of the model: a text or a call of a tool. */
  | { readonly kind: "answer" }
  | { readonly kind: "tool_result" };

/** The request of a CLI, in the words of any format. */
export interface ModelCall {
  readonly items: readonly ConversationItem[];
  /** Tool results in the conversation so far. */
  readonly turn: number;
  /** The CLI's own shell tool, and the arguments that run a command; null if it offered none (side requests). */
  readonly shellTool: ShellTool | null;
  /** Names of all tools that it offered; a tool in a namespace is `NAMESPACE/NAME`. */
  readonly toolNames: readonly string[];
  readonly isStreaming: boolean;
  /** The text of the whole request, for assertions about prompts. */
  readonly text: string;
}

/** What the server adds to a call: ids are never used twice. */
export interface Answering {
  readonly call: ModelCall;
  readonly step: AnswerStep;
  readonly serial: number;
  readonly signal: AbortSignal;
}

/** One wire format: reads a request, writes an answer. */
export interface ModelFormat {
  readonly provider: "anthropic" | "openai" | "gemini";
  /** Whether the path belongs to this format. */
  matches(pathname: string): boolean;
  /** The call, or what the real provider would say is wrong with it. */
  read(body: string, url: URL, headers: Headers): Result<ModelCall, string>;
  write(answering: Answering): Response;
  /** An error in this format's shape. */
  error(kind: ModelErrorKind, message: string): Response;
}

/** The calls' count of a conversation. */
export function toolResultCount(items: readonly ConversationItem[]): number {
  return items.filter(({ kind }) => kind === "tool_result").length;
}
