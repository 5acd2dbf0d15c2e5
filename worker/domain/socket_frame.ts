/**
 * Reads a text frame of a runner's socket: what of it are messages, what are wrong messages (answered, the connection
 * stays), and what is no frame at all (the connection ends). Protocol: `protocol/runner/socket.ts`, invariant 4.
 */
import type { z } from "zod";
import { err, ok, type Result } from "../../protocol/result.ts";
import { type ClientMessage, clientMessages, type ClientMessageType } from "../../protocol/runner/socket.ts";
import { SOCKET_FRAME_MAX_BYTES, SOCKET_MESSAGES_MAX } from "../../protocol/runner/socket_limits.ts";
import { quickRead } from "./socket_quick_read.ts";

/** One entry of a frame. `id` null: it has none that an error could name. */
export type FrameEntry =
  | { readonly kind: "message"; readonly message: ClientMessage }
  | { readonly kind: "unknown"; readonly id: number | null; readonly type: string }
  | {
    readonly kind: "invalid";
    readonly id: number | null;
    readonly error: z.ZodError;
    readonly input: unknown;
  };

/** Why a frame ends the connection. `came` is a size, a count or a type, never content. */
export type FrameFault =
  | { readonly reason: "frame_too_large"; readonly came: number }
  | { readonly reason: "too_many_messages"; readonly came: number }
  | { readonly reason: "malformed_frame"; readonly came: string };

/** The fault as its sender is told of it. */
export function frameFaultText(fault: FrameFault): string {
  switch (fault.reason) {
    case "frame_too_large":
      return `Cannot read frame as it must be at most 1 MiB: current value is ${fault.came} bytes`;
    case "too_many_messages":
      return `Cannot read frame as it may hold at most 1000 messages: current value is ${fault.came}`;
    case "malformed_frame":
      return `Cannot read frame as it must be a JSON array of messages: current value is ${fault.came}`;
  }
}

/** The entries of a frame in order. */
export function readFrame(text: string): Result<readonly FrameEntry[], FrameFault> {
  // UTF-8 takes at most three bytes for a unit of a string: only texts near the limit are measured.
  if (text.length * 3 > SOCKET_FRAME_MAX_BYTES) {
    const sizeBytes = new TextEncoder().encode(text).length;
    if (sizeBytes > SOCKET_FRAME_MAX_BYTES) return err({ reason: "frame_too_large", came: sizeBytes });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return err({ reason: "malformed_frame", came: "no JSON" });
  }
  if (!Array.isArray(json)) {
    return err({ reason: "malformed_frame", came: json === null ? "null" : typeof json });
  }
  if (json.length > SOCKET_MESSAGES_MAX) return err({ reason: "too_many_messages", came: json.length });
  const strange = json.find((entry) => typeof entry !== "object" || entry === null || Array.isArray(entry));
  if (strange !== undefined) return err({ reason: "malformed_frame", came: "an entry that is no object" });
  return ok(json.map(readEntry));
}

function readEntry(entry: Readonly<Record<string, unknown>>): FrameEntry {
  const message = quickRead(entry);
  if (message !== null) return { kind: "message", message };
  const { type, id } = entry;
  const answerTo = Number.isSafeInteger(id) && (id as number) >= 0 ? id as number : null;
  if (typeof type !== "string" || !Object.hasOwn(clientMessages, type)) {
    return { kind: "unknown", id: answerTo, type: String(type).slice(0, 40) };
  }
  const parsed = clientMessages[type as ClientMessageType].safeParse(entry);
  return parsed.success
    ? { kind: "message", message: parsed.data }
    : { kind: "invalid", id: answerTo, error: parsed.error, input: entry };
}
