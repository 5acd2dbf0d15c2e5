/**
 * Scripts as data: what the model answers to which message of a conversation. The model keeps no state of a conversation:
 * which message it is at and how far it is in its steps are read from what the CLI sends, so that retries, resumed
 * sessions and side requests cannot shift a script. Only how often an error was given is counted.
 */

import { z } from "zod";
import type { ModelCall } from "./format.ts";
import { type ScriptedStep, stepSchema } from "./step.ts";

export const scriptSchema = z.strictObject({
  about: z.string().min(1),
  messages: z.array(
    z.strictObject({
      /** A text that the message holds; null is for conversations with no message that another entry names. */
      when: z.string().min(1).nullable(),
      steps: z.array(stepSchema).min(1),
    }),
  ).min(1),
});

export type Script = z.input<typeof scriptSchema>;

/** Given a request with tools; `turn` is the number of tool results in the conversation. */
export type ScriptFunction = (turn: number, call: ModelCall) => ScriptedStep;

/** What comes after the last step: the turn ends. */
const END: ScriptedStep = { kind: "text", text: "(the script has ended)" };

/**
 * Reads a script file.
 *
 * @throws {z.ZodError} it is no script.
 */
export function parseScript(text: string): Script {
  return scriptSchema.parse(JSON.parse(text));
}

/** A script as a function; it holds how often each error was given. */
export function playScript(script: Script): ScriptFunction {
  const errorsGiven = new Map<ScriptedStep, number>();
  return (_turn, call) => {
    const place = placeOf(script, call);
    if (place === null) return END;
    // Each answer so far was one step; errors leave no trace in a conversation.
    let answersLeft = place.answers;
    for (const step of place.steps) {
      if (step.kind !== "error") {
        if (answersLeft === 0) return step;
        answersLeft--;
        continue;
      }
      const given = errorsGiven.get(step) ?? 0;
      if (answersLeft > 0 || given >= (step.times ?? Infinity)) continue;
      errorsGiven.set(step, given + 1);
      return step;
    }
    return END;
  };
}

/** The entry of the last message that one names, and how many answers came after it. */
function placeOf(
  script: Script,
  { items }: ModelCall,
): { readonly steps: readonly ScriptedStep[]; readonly answers: number } | null {
  let answers = 0;
  for (const item of items.toReversed()) {
    if (item.kind === "answer") answers++;
    if (item.kind !== "user") continue;
    const entry = script.messages.find(({ when }) => when !== null && item.text.includes(when));
    if (entry !== undefined) return { steps: entry.steps, answers };
  }
  const fallback = script.messages.find(({ when }) => when === null);
  return fallback === undefined ? null : { steps: fallback.steps, answers };
}
