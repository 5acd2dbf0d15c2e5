/** What may be asked of a queue and of a job's channel about chats (Line 4.5). Types only. */
import type { RunId } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import type { Caller } from "./caller.ts";
import type { QueueError } from "./queue_error.ts";

type Answer<T> = Promise<Result<T, QueueError>>;

export interface ChannelPlace {
  readonly jobId: string;
  readonly runId: RunId;
  /** The job serves a model: people ask it for completions, and their messages stay where they are. */
  readonly isModel: boolean;
}

/** What is still to be told, the oldest first. `isOver`: nothing that the channel does matters any more. */
export interface ChatTold {
  readonly isOver: boolean;
  readonly messages: readonly { readonly id: string; readonly text: string }[];
}

/** The part of `JobQueueApi` that is about chats. */
export interface ChatQueueApi {
  /** May the caller open the channel of a job: its own token, or that of the runner that holds it? */
  openChannel(caller: Caller, input: { readonly jobId: string }): Answer<ChannelPlace>;
  /** May this user chat with a job that a runner holds? */
  authorizeChat(caller: Caller, input: { readonly jobId: string }): Answer<ChannelPlace>;
  /**
   * By the job's channel: messages that were told are done, and what the agent replied is on the timeline.
   */
  tellChat(input: {
    readonly runId: string;
    readonly toldIds: readonly string[];
    readonly reply: string | null;
  }): Answer<ChatTold>;
}

/** One `ChatChannel` object, named `{owner}/{project}/{jobId}`. */
export interface ChatChannelApi {
  /** There may be messages to tell. */
  wake(): Promise<void>;
  /** Ends the chat. False: nobody was there. */
  end(reason: string): Promise<boolean>;
  /** A channel (`/join?run=...&model=...`, an upgrade), a completion (`/completions`) or the list of models (`/models`). */
  fetch(request: Request): Promise<Response>;
}
