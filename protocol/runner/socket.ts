/**
 * What goes over the socket of a runner, or of a client that submits in bulk: `GET B/runners/socket` (design 4a).
 * The decisions behind it are those of the HTTP calls; this is another shell around them.
 *
 * - A text frame is a JSON array of messages: what is ready together travels together, and is answered together.
 * - A binary frame is a chunk of output (`output_frame.ts`).
 * - The texts `ping` and `pong` are outside of the protocol (`SOCKET_PING`).
 *
 * Invariants:
 *   1. The first message is `hello`; nothing else is taken before it.
 *   2. A message with an `id` gets exactly one `answer` or `error` with that id, after its effect is durable. Ids are the
 *      client's; one that is not answered when the connection ends may or may not have had its effect, and is repeated;
 *      a `submit` with the idempotency key that it had.
 *   3. `want` adds credit; each `job` or `offer` that the server sends takes one. A server never sends more than it was
 *      given credit for. Jobs that the runner holds and did not name in its `hello` come again for no credit.
 *   4. An unknown or wrong message is answered with an `error`, and the connection stays. What is no frame of this
 *      protocol, or goes over a limit, is answered with an `error` and closed with 1008.
 *   5. Codes of errors are those of the HTTP API, and `status` is the one that it would answer with.
 */
import { z } from "zod";
import { type AgentCommand, commandOutcome } from "../agent/commands.ts";
import type { WorktreeAsk } from "../agent/worktree.ts";
import { labels, reason } from "../line/fields.ts";
import type { WireError } from "../line/error.ts";
import { claimBody, type PolledJob, type ReportAnswer, runnerReport } from "../line/runner.ts";
import type { TaskCard } from "../line/task.ts";
import { RUNNER_JOBS_MAX } from "../limits.ts";
import { SOCKET_CREDIT_MAX, SOCKET_ITEMS_MAX, SOCKET_KEYED_CARDS_MAX } from "./socket_limits.ts";

const id = z.number().int().nonnegative();
const entityId = z.string().min(1).max(100);
const leaseEpoch = z.number().int().nonnegative();

/** One run in a `hello`: what the runner knows that it holds. */
const knownRun = z.object({ runId: entityId, leaseEpoch });

/**
 * First message. `takes`: `claim` gets jobs that are claimed already, `offer` gets offers and sends `claim` for those
 * that it takes. `runs`: every run that the runner holds, so that a job whose message was lost is sent again.
 */
export const helloMessage = z.object({
  type: z.literal("hello"),
  id,
  version: z.number().int(),
  capabilities: labels.nullable().default(null),
  maxJobs: z.number().int().min(1).max(RUNNER_JOBS_MAX).default(1),
  takes: z.enum(["claim", "offer"]).default("claim"),
  runs: z.array(knownRun).max(SOCKET_ITEMS_MAX).default([]),
  /** The runner's own version and its harnesses, for the list of runners. */
  software: z.string().max(100).nullable().default(null),
  harnesses: labels.nullable().default(null),
});

/** This many more jobs, please. No answer: jobs are. */
export const wantMessage = z.object({
  type: z.literal("want"),
  credit: z.number().int().min(1).max(SOCKET_CREDIT_MAX),
});

/** No more jobs: takes all credit back. After the answer no job comes. */
export const drainMessage = z.object({ type: z.literal("drain"), id });

/** Claims an offered job, or again one whose answer was lost. */
export const claimMessage = z.object({ type: z.literal("claim"), id, jobId: claimBody.shape.jobId });

/** The report of one run, as `PATCH B/runners/{runner}` takes it; it must name the run. */
export const reportMessage = z.object({
  type: z.literal("report"),
  id,
  report: runnerReport.refine((report) => report.runId !== undefined, {
    error: "expected the run's id",
    path: ["runId"],
  }),
});

/** Signs of life of all runs in one message. */
export const heartbeatMessage = z.object({
  type: z.literal("heartbeat"),
  id,
  runs: z.array(
    z.record(z.string(), z.unknown()).transform((run): unknown => ({ ...run, jobResult: "in_progress" }))
      .pipe(runnerReport)
      .refine((run) => run.runId !== undefined, { error: "expected the run's id", path: ["runId"] }),
  ).max(SOCKET_ITEMS_MAX),
});

/** A command to an agent (`agent_command`) is over; until this is answered it is pushed again. */
export const agentCommandDoneMessage = commandOutcome.extend({
  type: z.literal("agent_command_done"),
  id,
  runId: entityId,
  commandId: entityId,
});

/**
 * Task cards in bulk (user tokens). Cards are checked one by one: a wrong one does not cost the others.
 *
 * `idempotencyKey` is what the header `Idempotency-Key` is to a POST, for 24 hours and this token: the same line and cards
 * again, also on another connection, are answered with the same tasks. Cards that were refused are decided again. The key
 * of another request is refused with 422 `idempotency_key_reused`.
 */
export const submitMessage = z.object({
  type: z.literal("submit"),
  id,
  lineId: entityId,
  cards: z.array(z.unknown()).min(1).max(SOCKET_ITEMS_MAX),
  idempotencyKey: z.string().regex(/^[\x20-\x7e]{1,255}$/).optional(),
}).refine(
  ({ cards, idempotencyKey }) => idempotencyKey === undefined || cards.length <= SOCKET_KEYED_CARDS_MAX,
  { error: `expected at most ${SOCKET_KEYED_CARDS_MAX} cards with an idempotency key`, path: ["cards"] },
);

/** Cancels a task, as `POST B/tasks/{task}/cancel` does (user tokens). */
export const cancelTaskMessage = z.object({
  type: z.literal("cancel_task"),
  id,
  taskId: entityId,
  reason: reason.default(""),
});

/** Every message that a client may send, by its type. */
export const clientMessages = {
  hello: helloMessage,
  want: wantMessage,
  drain: drainMessage,
  claim: claimMessage,
  report: reportMessage,
  heartbeat: heartbeatMessage,
  agent_command_done: agentCommandDoneMessage,
  submit: submitMessage,
  cancel_task: cancelTaskMessage,
} as const;

export type ClientMessageType = keyof typeof clientMessages;
/** A message after its schema. */
export type ClientMessage = { [K in ClientMessageType]: z.output<(typeof clientMessages)[K]> }[
  ClientMessageType
];
/** A message as it may be written, with fields that have defaults left out. */
export type ClientMessageInput =
  | { [K in Exclude<ClientMessageType, "submit">]: z.input<(typeof clientMessages)[K]> }[
    Exclude<ClientMessageType, "submit">
  ]
  | (Omit<z.input<typeof submitMessage>, "cards"> & {
    readonly cards: readonly (Partial<TaskCard> & { readonly title: string })[];
  });

/** The answer to `hello`: who the server takes the client for, and its limits. */
export interface HelloAnswer {
  readonly version: number;
  readonly kind: "runner" | "user";
  readonly runnerId: string | null;
  readonly pingMs: number;
  readonly creditMax: number;
  readonly messagesMax: number;
  readonly frameMaxBytes: number;
  /** Bytes of output that may be under way without acknowledgement. */
  readonly logWindowBytes: number;
}

/** No to one item of a list. */
export interface Refused {
  readonly ok: false;
  readonly status: number;
  readonly error: WireError["error"];
}

/** One run of a `heartbeat`: renewed (with the wish to cancel), or refused as the HTTP call would be. */
export type HeartbeatVerdict =
  | ({ readonly runId: string } & ReportAnswer)
  | ({ readonly runId: string } & Refused);

export interface HeartbeatAnswer {
  readonly runs: readonly HeartbeatVerdict[];
}

/** One card of a `submit`, in the order of the cards. */
export type SubmitVerdict = { readonly ok: true; readonly taskId: string } | Refused;

export interface SubmitAnswer {
  readonly tasks: readonly SubmitVerdict[];
}

/** What each request is answered with. */
export interface AnswerOf {
  readonly hello: HelloAnswer;
  readonly drain: { readonly credit: 0 };
  readonly claim: PolledJob;
  readonly report: ReportAnswer;
  readonly heartbeat: HeartbeatAnswer;
  readonly agent_command_done: { readonly commandId: string };
  readonly submit: SubmitAnswer;
  readonly cancel_task: { readonly taskId: string };
}

/** What the server sends, in frames that are arrays too. */
export type ServerMessage =
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  /** `id` null: about a message without an id, or about the frame. */
  | {
    readonly type: "error";
    readonly id: number | null;
    readonly status: number;
    readonly error: WireError["error"];
  }
  /** A job for one credit: `job` is claimed for this runner, `offer` waits for its `claim`. */
  | { readonly type: "job"; readonly job: PolledJob }
  | { readonly type: "offer"; readonly job: PolledJob }
  /** Somebody ended the run: stop it. Said again by the answers to heartbeats and chunks. */
  | { readonly type: "cancel"; readonly runId: string; readonly jobId: string }
  /** A request that the runner holds was decided, or is over: `GET B/runners/{runner}/approval-requests/{id}` says how. */
  | { readonly type: "approval"; readonly jobId: string; readonly requestId: string }
  /**
   * What a person does to an agent of this runner (`protocol/agent/commands.ts`). Said again at each `hello`, and in the
   * answers to heartbeats as `agentCommands` of the run, until the runner's `agent_command_done`; a runner carries each `commandId` out once.
   */
  | ({ readonly type: "agent_command" } & AgentCommand)
  /** Somebody wants to look into a worktree and waits for it; said once (`protocol/agent/worktree.ts`). */
  | ({ readonly type: "agent_command" } & WorktreeAsk)
  /** Take no more jobs and finish those that are held. The credit is void. */
  | { readonly type: "drain" }
  /**
   * Every chunk of the run up to `sequence` is kept. Frees their bytes of the window. `isWatched` is that of the HTTP
   * answer; with `sequence` -1 nothing is acknowledged: somebody has begun to watch.
   */
  | {
    readonly type: "kept";
    readonly runId: string;
    readonly sequence: number;
    readonly nextOffset: number;
    readonly cancel: boolean;
    readonly isWatched?: boolean;
  }
  /** This chunk was not kept, nor was any later one that was under way; `isRetryable`: send them again. Frees its bytes. */
  | {
    readonly type: "log_refused";
    readonly runId: string;
    readonly sequence: number;
    readonly isRetryable: boolean;
    readonly status: number;
    readonly error: WireError["error"];
  };

const wireError = z.looseObject({ code: z.string(), message: z.string() });

/** A message of the server as a client reads it; `value` and `job` have schemas of their own, by what was asked. */
export const serverMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("answer"), id, value: z.unknown() }),
  z.object({ type: z.literal("error"), id: id.nullable(), status: z.number().int(), error: wireError }),
  z.object({ type: z.literal("job"), job: z.unknown() }),
  z.object({ type: z.literal("offer"), job: z.unknown() }),
  z.object({ type: z.literal("cancel"), runId: z.string(), jobId: z.string() }),
  z.object({ type: z.literal("approval"), jobId: z.string(), requestId: z.string() }),
  z.looseObject({
    type: z.literal("agent_command"),
    runId: z.string(),
    commandId: z.string(),
    kind: z.string(),
  }),
  z.object({ type: z.literal("drain") }),
  z.object({
    type: z.literal("kept"),
    runId: z.string(),
    sequence: z.number().int(),
    nextOffset: z.number().int(),
    cancel: z.boolean(),
    isWatched: z.boolean().optional(),
  }),
  z.object({
    type: z.literal("log_refused"),
    runId: z.string(),
    sequence: z.number().int(),
    isRetryable: z.boolean(),
    status: z.number().int(),
    error: wireError,
  }),
]);
export type ReadServerMessage = z.output<typeof serverMessage>;
