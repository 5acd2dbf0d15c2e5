/** What the probe says to an agent, and what the built-in model answers it. */
import type { Script } from "./model/script.ts";

export const MESSAGES = {
  first: "probe-message-one",
  second: "probe-message-two",
  third: "probe-message-three",
  fourth: "probe-message-four",
} as const;
export const ANSWERS = {
  first: "probe-answer-one",
  third: "probe-answer-three",
  fourth: "probe-answer-four",
} as const;
/** What the bridge's tool is called with; a CLI shows it nowhere else. */
export const STATUS_MESSAGE = "probe-status";
export const STATUS_ANSWER = "noted: waiting";
export const SHELL_SAYS = "probe-shell-said";

/** What the turns that nobody interrupts use by the model's word, no token in two counters. */
export const SCRIPTED_USAGE = { inputTokens: 1_300, outputTokens: 70, cacheReadTokens: 40 } as const;

/** 200 KB, a part of it not ASCII, that begins and ends with what must not be lost. */
export const LARGE_MESSAGE =
  `${MESSAGES.first}: \`id\` $HOME \\ !ls\n`.padEnd(160_000, "A line of the paste. 1\n") +
  "ä✓😀\n".repeat(4_000) + "the end of it";

export const PROBE_SCRIPT: Script = {
  about:
    "One conversation: a shell command and a tool of ours, a long answer that is broken into, and two more.",
  messages: [
    {
      when: MESSAGES.first,
      steps: [
        { kind: "tool", command: `echo ${SHELL_SAYS}`, usage: { inputTokens: 100, outputTokens: 20 } },
        {
          kind: "call",
          tool: "af_status",
          input: { state: "waiting", message: STATUS_MESSAGE },
          usage: { inputTokens: 200, outputTokens: 20 },
        },
        {
          kind: "text",
          text: ANSWERS.first,
          usage: { inputTokens: 1_000, outputTokens: 30, cacheReadTokens: 40 },
        },
      ],
    },
    {
      when: MESSAGES.second,
      steps: [{
        kind: "text",
        text: "a very long answer of which nobody hears the end as somebody breaks into it before",
        streamMs: 120_000,
      }],
    },
    { when: MESSAGES.third, steps: [{ kind: "text", text: ANSWERS.third }] },
    { when: MESSAGES.fourth, steps: [{ kind: "text", text: ANSWERS.fourth }] },
  ],
};
