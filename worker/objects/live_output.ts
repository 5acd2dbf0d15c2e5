/**
 * What a broadcaster shows on its terminal, on its way into the log of its task: collected for a moment, written in order,
 * one write at a time. In memory only: what is lost with the object the operator's screen shows again.
 */
import { LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import { LIVE_OUTPUT_WAITING_MAX_BYTES, LIVE_OUTPUT_WRITE_MS } from "../limits.ts";

export interface LiveOutput {
  /** False: too much waits already, and this was not taken. */
  add(bytes: Uint8Array): boolean;
}

/** Which run the output is of. */
export interface OutputOf {
  readonly runId: string;
  readonly stationId: string;
}

/** Makes the way into one log. A write that fails is said, and what it was about is gone. */
export function createLiveOutput(log: Pick<TaskLogApi, "appendMany">, of: OutputOf): LiveOutput {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isWriting = false;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const taken = joined(waiting, waitingBytes);
      waiting = [];
      waitingBytes = 0;
      const chunks = [];
      for (let at = 0; at < taken.length; at += LOG_CHUNK_MAX_BYTES) {
        const bytes = taken.slice(at, at + LOG_CHUNK_MAX_BYTES);
        chunks.push({ ...of, sequence: null, offset: null, bytes });
      }
      try {
        await log.appendMany(chunks);
      } catch (cause) {
        const errorName = cause instanceof Error ? cause.name : "unknown";
        console.warn(JSON.stringify({ event: "live_output_lost", bytes: taken.length, errorName }));
      }
    }
    isWriting = false;
  }

  return {
    add: (bytes) => {
      if (waitingBytes + bytes.length > LIVE_OUTPUT_WAITING_MAX_BYTES) return false;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (!isWriting) {
        isWriting = true;
        setTimeout(() => void write(), LIVE_OUTPUT_WRITE_MS);
      }
      return true;
    },
  };
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
