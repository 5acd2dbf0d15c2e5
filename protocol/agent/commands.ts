/**
 * What people do to a running agent, on its way to the runner. A command is a row in the project's queue until its
 * runner says that it is done; it is pushed over the runner's socket, answered to its heartbeats and repeated, so a
 * runner tells commands apart by `commandId` and carries each out once.
 */
import { z } from "zod";
import { textUpToBytes } from "../line/fields.ts";
import {
  AGENT_KEY_MAX_CHARS,
  AGENT_KEYS_MAX,
  AGENT_MESSAGE_EXPIRES_MAX_S,
  AGENT_MESSAGE_MAX_BYTES,
} from "./limits.ts";

export const AGENT_COMMAND_KINDS = ["message", "interrupt", "keys", "suspend", "resume"] as const;
export type AgentCommandKind = (typeof AGENT_COMMAND_KINDS)[number];

/** What is one letter outside of ASCII is a key, too. */
const key = z.string().min(1).max(AGENT_KEY_MAX_CHARS).regex(/^(?:[\x21-\x7e]+|[^\p{ASCII}\p{C}\p{Z}])$/u, {
  error: "expected a key's tmux name, such as 'Escape', 'C-c' or 'y'",
});

const head = { runId: z.string(), commandId: z.string() };
/** A command as a runner gets it. */
export const agentCommand = z.discriminatedUnion("kind", [
  z.object({
    ...head,
    kind: z.literal("message"),
    text: z.string(),
    interrupt: z.boolean(),
    /** From now on; after it the message is not given to the agent any more. Absent: it waits as long as the session lasts. */
    expiresInMs: z.number().int().min(0).optional(),
  }),
  z.object({ ...head, kind: z.literal("interrupt") }),
  z.object({ ...head, kind: z.literal("keys"), keys: z.array(z.string()) }),
  z.object({ ...head, kind: z.literal("suspend") }),
  /** `text`: what is said to the agent once it is back; null: nothing. */
  z.object({ ...head, kind: z.literal("resume"), text: z.string().nullable() }),
]);
export type AgentCommand = z.infer<typeof agentCommand>;

/** What came of a command. `unknown_run`: the runner has no such agent; `not_supported`: its harness cannot. */
export const COMMAND_OUTCOMES = [
  "done",
  "confirmed",
  "unconfirmed",
  "expired",
  "rejected",
  "failed",
  "unknown_run",
  "not_supported",
] as const;

/** A runner's word that a command is over; by `agent_command_done`, or `POST B/runs/{runId}/commands/{commandId}`. */
export const commandOutcome = z.strictObject({
  outcome: z.enum(COMMAND_OUTCOMES),
  detail: z.string().max(1_000).nullable().default(null),
});
export type CommandOutcome = z.output<typeof commandOutcome>;

const text = textUpToBytes(AGENT_MESSAGE_MAX_BYTES);
/** Bodies of `POST B/runs/{runId}/messages`, `/keys` and `/resume`; `/interrupt` and `/suspend` have none. */
export const messageInput = z.strictObject({
  text: text.min(1),
  interrupt: z.boolean().default(false),
  /** What the agent was not given by then is `expired`; absent: it waits as long as the run lasts. */
  expiresInS: z.number().int().min(1).max(AGENT_MESSAGE_EXPIRES_MAX_S).optional(),
});
export const keysInput = z.strictObject({ keys: z.array(key).min(1).max(AGENT_KEYS_MAX) });
export const resumeInput = z.strictObject({ text: text.nullable().default(null) });

export const commandState = z.enum(["queued", "sent", "done"]);
export type CommandState = z.infer<typeof commandState>;
/**
 * A command as people see it. The text of a message is theirs to read: they may read the agent's output, too. Keys are
 * told to nobody but the runner: they may be a password.
 */
export const commandData = z.object({
  id: z.string(),
  runId: z.string(),
  kind: z.enum(AGENT_COMMAND_KINDS),
  text: z.string().nullable(),
  interrupt: z.boolean(),
  state: commandState,
  outcome: z.enum(COMMAND_OUTCOMES).nullable(),
  detail: z.string().nullable(),
  by: z.string(),
  createdAt: z.string(),
  /** Of a message: when it is too late to give it to the agent. */
  expiresAt: z.string().nullable(),
  sentAt: z.string().nullable(),
  doneAt: z.string().nullable(),
});
export type CommandData = z.infer<typeof commandData>;
/** `GET B/runs/{runId}/messages`: commands of all kinds, the oldest first. */
export const commandList = z.object({ messages: z.array(commandData) });
