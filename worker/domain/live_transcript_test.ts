/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { LIVE_SYNC_KEPT_MAX, LIVE_SYNC_TEXT_MAX_CHARS } from "../limits.ts";
import { readTranscript } from "./live_transcript.ts";

const NONE = { untilMs: 0, kept: 0 };
const line = (second: number, content: unknown, type = "assistant") =>
  JSON.stringify({ type, timestamp: new Date(second * 1_000).toISOString(), message: { content } });
const text = (words: string) => ({ type: "text", text: words });

Deno.test("texts and tools of the agent are kept, and nothing that others said or that is no line", () => {
  const lines = [
    line(1, [text("I look."), { type: "tool_use", name: "Bash", id: "t", input: { command: "ls" } }]),
    line(2, "Done."),
    line(3, "Do it.", "user"),
    line(4, [{ type: "thinking", thinking: "hm" }, { type: "tool_result", content: "secret" }, null, 5]),
    "{",
    "[]",
    JSON.stringify({ type: "assistant", message: { content: "no time" } }),
    JSON.stringify({ type: "assistant", timestamp: "x", message: 5 }),
  ];
  const { events, mark } = readTranscript(lines, NONE);
  assert.deepEqual(events, [
    { atMs: 1_000, type: "text", payload: { text: "I look." } },
    { atMs: 1_000, type: "tool_call", payload: { tool: "Bash" } },
    { atMs: 2_000, type: "text", payload: { text: "Done." } },
  ]);
  assert.deepEqual(mark, { untilMs: 2_000, kept: 3 });
  assert.deepEqual(readTranscript(lines, mark), { events: [], mark }, "sent again it is known");
  assert.equal(readTranscript([...lines, line(5, "More.")], mark).events.length, 1);
});

Deno.test("long texts are cut, and a session keeps so many and no more", () => {
  const long = readTranscript([line(1, "x".repeat(LIVE_SYNC_TEXT_MAX_CHARS + 1))], NONE).events[0]!;
  assert.equal((long.payload["text"] as string).length, LIVE_SYNC_TEXT_MAX_CHARS + 1);
  const full = { untilMs: 0, kept: LIVE_SYNC_KEPT_MAX - 1 };
  assert.equal(readTranscript([line(1, "a"), line(2, "b")], full).events.length, 1);
});
