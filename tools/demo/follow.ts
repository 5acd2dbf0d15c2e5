/**
 * Follows one task on the terminal: its live output over a WebSocket, replayed from where it broke off, and its status.
 * The connection may break at any time (the control plane may be killed and restarted); following goes on.
 */
import type { TaskData } from "../../protocol/line/task.ts";
import type { ViewerFrame } from "../../protocol/line/log.ts";
import type { Api } from "./api.ts";

const STATUS_EVERY_MS = 250;
const RECONNECT_MS = 300;

export interface Follower {
  /** Resolves when the task waits on a gate or has ended; rejects after `deadlineMs` without that. */
  settled(deadlineMs: number): Promise<TaskData>;
  /** Prints what is left of the output and stops. */
  close(): void;
}

/** Starts to follow. `print` gets whole lines, behind the name of their station. */
export function followTask(api: Api, taskId: string, print: (line: string) => void): Follower {
  let offset = 0;
  let socket: WebSocket | null = null;
  let isClosed = false;
  let reconnect: ReturnType<typeof setTimeout> | undefined;
  const rest = new Map<string, string>();

  function show(station: string, text: string): void {
    const lines = ((rest.get(station) ?? "") + text).split("\n");
    rest.set(station, lines.pop()!);
    for (const line of lines) print(`${station} | ${line}`);
  }

  function onFrame(frame: ViewerFrame): void {
    switch (frame.kind) {
      case "output":
        offset = frame.offset + new TextEncoder().encode(frame.text).length;
        return show(frame.stationId, frame.text);
      case "timeline":
        if (frame.entry.kind === "run_claimed") {
          print(`${frame.entry.stationId} > claimed by ${frame.entry.runnerName} (${frame.entry.detail})`);
        }
        if (frame.entry.kind === "job_finished") print(`${frame.entry.stationId} > ${frame.entry.detail}`);
        if (frame.entry.kind === "run_lost") {
          print(`${frame.entry.stationId} > run lost: ${frame.entry.detail}`);
        }
        return;
      case "end":
        return;
    }
  }

  function connect(): void {
    if (isClosed) return;
    socket = api.logSocket(taskId, offset);
    socket.onmessage = (event) => onFrame(JSON.parse(event.data));
    socket.onclose = () => reconnect = setTimeout(connect, RECONNECT_MS);
    socket.onerror = () => {};
  }
  connect();

  return {
    settled: async (deadlineMs) => {
      for (;;) {
        const task = await api.task(taskId).catch((error: unknown) => error as Error);
        if (!(task instanceof Error) && ["awaiting_review", "completed", "failed"].includes(task.status)) {
          await new Promise((resolve) => setTimeout(resolve, STATUS_EVERY_MS));
          return task;
        }
        if (Date.now() > deadlineMs) {
          throw new Error(
            `Cannot go on as the task must settle in time: ${
              task instanceof Error ? task.message : `it is '${task.status}' at '${task.columnId}'`
            }`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, STATUS_EVERY_MS));
      }
    },
    close: () => {
      isClosed = true;
      clearTimeout(reconnect);
      socket?.close();
      for (const [station, text] of rest) if (text !== "") print(`${station} | ${text}`);
    },
  };
}
