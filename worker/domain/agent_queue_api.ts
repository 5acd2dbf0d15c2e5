/** What of a `JobQueue` object is about agents at work: who they are, their subtasks, what people want of them. Types only. */
import type { WorktreeAnswer, WorktreeAsk, WorktreeSeen } from "../../protocol/agent/worktree.ts";
import type { z } from "zod";
import type { CommandData, CommandOutcome } from "../../protocol/agent/commands.ts";
import type { QuestionAnswer, QuestionWish } from "../../protocol/agent/question.ts";
import type {
  Capability,
  SubtaskData,
  SubtaskState,
  verificationInput,
} from "../../protocol/agent/subtask.ts";
import type { Result } from "../../protocol/result.ts";
import type { CommandWish } from "./agent_command.ts";
import type { Caller } from "./caller.ts";
import type { QueueError } from "./queue_error.ts";
import type { Move, Subtask } from "./subtask.ts";
import type { RepositoryAccess } from "./task_repository_api.ts";

/** What an agent is, as its token proves it: the scope of everything that its tools read and write (Runtime 3.6). */
export interface AgentIdentity {
  readonly runId: string;
  readonly jobId: string;
  readonly taskId: string;
  readonly stationId: string;
  readonly lineId: string;
  readonly capability: Capability;
  /** When the run began: what is pinned is pinned as of then. */
  readonly claimedAtMs: number;
  readonly gitUrl: string | null;
}

/** Where a task's specs are, frozen as its station found them. */
export interface SpecPlace {
  readonly lineId: string;
  readonly lineVersion: number;
  /** Of `.agentics/specs/` of the task's version of its line: path -> text. */
  readonly files: Readonly<Record<string, string>>;
  /** What the station before left in the task's repository; null: nothing yet. */
  readonly commit: string | null;
  readonly access: RepositoryAccess;
}

/** A subtask to be made. */
export type NewSubtask = Pick<Subtask, "id" | "spec" | "title" | "requirementIds" | "stationId"> & {
  readonly state: "pending" | "queued";
};

type Answer<T> = Promise<Result<T, QueueError>>;

export interface AgentQueueApi {
  /** Who is the agent of this run? Its job's own token only. */
  authorizeAgent(caller: Caller, input: { readonly runId: string }): Answer<AgentIdentity>;
  /**
   * Where the specs of a task are. As `runId`, an active run of the task, found them; null: as the next station will. For
   * its own job, and for whoever may read the task.
   */
  locateSpecs(
    caller: Caller,
    input: { readonly taskId: string; readonly runId: string | null },
  ): Answer<SpecPlace>;
  listSubtasks(caller: Caller, input: { readonly taskId: string }): Answer<readonly SubtaskData[]>;
  /** Those whose id is there already stay as they are, if `isRepeatFine`; else they are refused. Answers all of the task's. */
  createSubtasks(
    caller: Caller,
    input: {
      readonly taskId: string;
      readonly subtasks: readonly NewSubtask[];
      readonly isRepeatFine: boolean;
    },
  ): Answer<readonly SubtaskData[]>;
  /** By a person. */
  moveSubtask(
    caller: Caller,
    input: Move & { readonly taskId: string; readonly subtaskId: string },
  ): Answer<SubtaskData>;
  /** All checks of one verification, by a person; they decide the state. */
  verifySubtask(
    caller: Caller,
    input: {
      readonly taskId: string;
      readonly subtaskId: string;
      readonly outcomes: z.output<typeof verificationInput>["outcomes"];
    },
  ): Answer<SubtaskData>;
  /** By an agent, which moves its own. */
  moveOwnSubtask(
    caller: Caller,
    input: Move & { readonly runId: string; readonly subtaskId?: string },
  ): Answer<{ readonly previous: SubtaskState; readonly subtask: SubtaskData }>;
  /** A person wants something of a running agent. */
  commandAgent(
    caller: Caller,
    input: { readonly runId: string; readonly wish: CommandWish },
  ): Answer<CommandData>;
  listCommands(caller: Caller, input: { readonly runId: string }): Answer<readonly CommandData[]>;
  /** Its runner says that a command is over. Idempotent. */
  settleCommand(
    caller: Caller,
    input: { readonly runId: string; readonly commandId: string; readonly done: CommandOutcome },
  ): Answer<{ readonly commandId: string }>;
  /** Its runner asks people. The same id is the same question. */
  askQuestion(
    caller: Caller,
    input: { readonly runId: string; readonly wish: QuestionWish },
  ): Answer<QuestionAnswer>;
  /** For people, and for the run's runner. Waits up to `waitMs` for its end. */
  readQuestion(
    caller: Caller,
    input: { readonly runId: string; readonly questionId: string; readonly waitMs: number },
  ): Answer<QuestionAnswer>;
  listQuestions(caller: Caller, input: { readonly runId: string }): Answer<readonly QuestionAnswer[]>;
  /** Its runner does not wait any more. Idempotent; what has ended stays as it is. */
  withdrawQuestion(
    caller: Caller,
    input: { readonly runId: string; readonly questionId: string },
  ): Answer<QuestionAnswer>;
  /** Asks the runner of a run what is in its worktree. Waits for it, for a while. */
  lookIntoWorktree(caller: Caller, input: Omit<WorktreeAsk, "commandId">): Answer<WorktreeSeen>;
  /** Its runner says what is there. */
  answerWorktree(
    caller: Caller,
    input: { readonly runId: string; readonly commandId: string; readonly answer: WorktreeAnswer },
  ): Answer<{ readonly isHeard: boolean }>;
}
