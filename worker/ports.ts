/** The ports of the control plane: what its shells need from the world. */
import type { IssueData, PipelineRun } from "../protocol/agent/tool_results.ts";
import type { Result } from "../protocol/result.ts";
import type { OutboxRow } from "./domain/event.ts";
import type { IssuePatch, IssueQuery, LibraryError } from "./domain/library_api.ts";
import type { ProviderError } from "./domain/tool_error.ts";

/** Reads the wall clock, in integer Unix milliseconds, and translates a due time for the platform's alarm. */
export interface Clock {
  nowMs(): number;
  /** The platform's own time at which `dueMs` of this clock is reached. Equal to `dueMs` in production. */
  toPlatformMs(dueMs: number): number;
}

/** Makes bytes that nobody can guess. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}

/**
 * Delivers rows of one receiver, in order, at least once; called for several receivers at a time. Resolves when all are
 * taken; rejects when the receiver could not take them (they are tried again later, in the same order). Idempotent at the
 * receiver by event id.
 */
export type OutboxSender = (rows: readonly OutboxRow[]) => Promise<void>;

/** One notice to one person through one channel. Holds what the person may see, and a link that is the person's alone. */
export interface Notice {
  /** The same in every try: a receiver that knows it has had it already. */
  readonly noticeId: string;
  /** Where it goes: an address of mail, a chat id, a login. */
  readonly address: string;
  /** Whom it is for, e.g. `user:ada`. */
  readonly principal: string;
  readonly owner: string;
  readonly project: string;
  /** What happened: `gate.opened` and so on, or `notice` for one that asks nothing. */
  readonly type: string;
  /** Why this person is told, for people, e.g. `schedule:primary on call`. */
  readonly why: string;
  readonly title: string;
  /** The words of a notice that asks nothing; "" for an ask, which is read behind its link. */
  readonly text: string;
  /** The ask, its type and state; null for a notice that asks nothing. */
  readonly ask: {
    readonly askId: string;
    readonly askType: string;
    readonly state: string;
    readonly taskId: string | null;
    readonly nextDeadlineMs: number | null;
    /** As it stood when the notice was made: an answer to it by a channel's button is to that. */
    readonly seq: number;
    readonly subject: { readonly ref: string; readonly rev: string } | null;
  } | null;
  /** Where to answer, with the token in the fragment; null: nothing to answer, or nobody knows our address. Never to be logged. */
  readonly link: string | null;
}

/** `off`: the channel has no configuration. `detail` is kept and shown: never a link, a token or a key. */
export interface NoticeResult {
  readonly result: "sent" | "failed" | "off";
  readonly detail: string;
}

/**
 * Tells one person something. Called at least once per notice, several at a time, from an object's alarm; must settle
 * within `NOTICE_TIMEOUT_MS` and never reject: what fails is tried again later.
 */
export interface NotificationChannel {
  readonly kind: "mail" | "slack" | "github";
  send(notice: Notice, signal: AbortSignal): Promise<NoticeResult>;
}

type Asked<T> = Promise<Result<T, ProviderError | LibraryError>>;

/**
 * The issues of one project of one tracker. Each call is one request of an agent or a person: nothing is tried again here.
 * `key` is a word of the tracker; one that it could not have made is not found.
 */
export interface IssueTracker {
  readonly name: "builtin" | "github";
  /** `owner/name`. */
  readonly project: string;
  /** `offset` counts issues; `hasMore`: there are some behind these. Comments are left out. */
  search(query: IssueQuery): Asked<{ readonly issues: readonly IssueData[]; readonly hasMore: boolean }>;
  get(key: string): Asked<IssueData>;
  create(
    input: {
      readonly title: string;
      readonly body: string;
      readonly labels: readonly string[];
      readonly assignee: string | null;
    },
  ): Asked<IssueData>;
  comment(key: string, body: string): Asked<IssueData>;
  update(key: string, patch: IssuePatch): Asked<IssueData>;
}

/** Pipelines of one repository; reads only. */
export interface CiProvider {
  /** The newest first, without their jobs. All filters hold at once. */
  list(
    filter: {
      readonly branch?: string | undefined;
      readonly sha?: string | undefined;
      readonly pr?: number | undefined;
      readonly page: number;
      readonly limit: number;
    },
  ): Asked<{ readonly runs: readonly PipelineRun[]; readonly hasMore: boolean }>;
  run(id: string): Asked<PipelineRun>;
  /** The end of a job's log, if it is larger than what is kept. */
  log(jobId: string): Asked<{ readonly text: string; readonly isTruncated: boolean }>;
}

export interface WebHit {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  readonly publishedAt?: string;
}

/** A search engine. What it answers is data from strangers. */
export interface WebSearch {
  search(
    query: {
      readonly words: string;
      readonly count: number;
      readonly site?: string | undefined;
      readonly recency?: "day" | "week" | "month" | "year" | undefined;
    },
  ): Asked<readonly WebHit[]>;
}
