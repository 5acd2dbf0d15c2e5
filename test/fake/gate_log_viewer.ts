/** What tests of a task's log share: chunks, entries, and a viewer that keeps every frame. */
import assert from "node:assert/strict";
import type { TimelineEntry, ViewerFrame } from "../../protocol/line/log.ts";
import type { LogUnderTest } from "./gate_log_harness.ts";

export const entry = (eventId: string): TimelineEntry => ({
  eventId,
  atMs: 1,
  kind: "job_queued",
  stationId: "format",
  jobId: null,
  runId: null,
  runnerName: null,
  detail: "",
});
export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const chunk = (sequence: number | null, bytes: Uint8Array) => ({
  runId: "run1",
  stationId: "format",
  sequence,
  offset: null,
  bytes,
});

/** The entry with which a task ends. */
export const end = (log: LogUnderTest, eventId: string, ends: "completed" | "failed") =>
  log.recordMany([{ entry: { ...entry(eventId), kind: `task_${ends}` }, ends }]);

/** A viewer that keeps every frame; `until` waits for a condition with a deadline. */
export async function join(url: string) {
  const socket = new WebSocket(url);
  const frames: ViewerFrame[] = [];
  let wake = () => {};
  socket.onmessage = (message) => {
    frames.push(JSON.parse(message.data as string));
    wake();
  };
  await new Promise((resolve) => socket.onopen = resolve);
  const text = () => frames.flatMap((f) => f.kind === "output" ? [f.text] : []).join("");
  async function until(isDone: () => boolean): Promise<void> {
    const deadline = setTimeout(() => wake(), 30_000);
    const endMs = Date.now() + 30_000;
    while (!isDone()) {
      assert.ok(Date.now() < endMs, `never came; frames: ${JSON.stringify(frames)}`);
      await new Promise<void>((resolve) => wake = resolve);
    }
    clearTimeout(deadline);
  }
  const close = () =>
    new Promise((resolve) => {
      socket.onclose = resolve;
      socket.close();
    });
  const acknowledge = (offset: number) => socket.send(JSON.stringify({ kind: "ack", offset }));
  const say = (text: string) => socket.send(text);
  /** Where its output goes on. */
  const at = () => frames.flatMap((f) => f.kind === "output" ? [f.nextOffset] : []).at(-1) ?? 0;
  return { frames, text, until, close, acknowledge, say, at };
}
