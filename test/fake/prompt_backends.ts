/** Prompt backends for tests (Pipeline r01): fixed, echo, counting, recording and sequence. */
import { backendOf } from "../../runner-agent/ail/backend/invoke_within.ts";
import type { PromptBackend } from "../../runner-agent/ail/ports.ts";
import { answered } from "../../runner-agent/pipeline/backend_stream.ts";
import type { PromptCall } from "../../runner-agent/pipeline/effect.ts";

/** Always the same text. */
export function fixedText(text: string, name = "fixed"): PromptBackend {
  return backendOf(name, () => Promise.resolve(answered({ response: text })));
}

/** The prompt itself. */
export function echoBackend(name = "echo"): PromptBackend {
  return backendOf(name, ({ prompt }) => Promise.resolve(answered({ response: prompt })));
}

/** Counts its calls. */
export function countingBackend(text: string, name = "counting"): PromptBackend & { readonly count: number } {
  let count = 0;
  const backend = backendOf(name, () => {
    count++;
    return Promise.resolve(answered({ response: text }));
  });
  return {
    ...backend,
    get count() {
      return count;
    },
  };
}

/** Keeps its calls. */
export function recordingBackend(
  text: string,
  name = "recording",
): PromptBackend & { readonly calls: readonly PromptCall[] } {
  const calls: PromptCall[] = [];
  const backend = backendOf(name, (call) => {
    calls.push(call);
    return Promise.resolve(answered({ response: text }));
  });
  return { ...backend, calls };
}

/** One text after the other. */
export function sequenceBackend(texts: readonly string[], name = "sequence"): PromptBackend {
  let next = 0;
  return backendOf(
    name,
    () =>
      Promise.resolve(
        answered({ response: texts[next++] ?? "[SequenceStubRunner: sequence exhausted]" }),
      ),
  );
}
