/** A scripted model that says when a prompt has come to it, and lets its agent end its station at once. */
import { type ScriptedModel, startScriptedModel } from "../../test/fake/scripted_model.ts";
import { nowMs } from "./timed_runtime.ts";

export const MODEL_KEY = "key-of-the-bench-0001";

export interface PromptModel extends AsyncDisposable {
  readonly url: string;
  /** When the first request came whose conversation holds `text`. */
  prompted(text: string): Promise<number>;
}

/** @param endsStation Whether the agent is told to call `complete_station`, or says a word and waits. */
export function startPromptModel(endsStation: boolean): PromptModel {
  const waiting = new Map<string, (atMs: number) => void>();
  const model: ScriptedModel = startScriptedModel({
    keys: { anthropic: MODEL_KEY },
    script(turn, call) {
      for (const [text, resolve] of waiting) {
        if (!call.items.some((item) => item.kind === "user" && item.text.includes(text))) continue;
        waiting.delete(text);
        resolve(nowMs());
      }
      return endsStation && turn === 0
        ? { kind: "call", tool: "complete_station", input: { conclusion: "success", summary: "done" } }
        : { kind: "text", text: "Done." };
    },
  });
  return {
    url: model.url,
    prompted: (text) => new Promise((resolve) => waiting.set(text, resolve)),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
