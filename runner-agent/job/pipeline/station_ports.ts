/**
 * What the pipeline of a station needs of the world: programs inside the run's sandbox, and people who answer. The engine is
 * driven by the runner, outside of the sandbox, so that nothing inside can change what a pipeline is or what it has recorded.
 *
 * 1. Nothing here rejects: whatever the sandbox, the disk or the control plane does is an answer.
 * 2. A call and a question have an id that is the same in each life of the runner (`callId`). What was begun under an id is
 *    found again, and never begun twice.
 * 3. What comes out of a sandbox is anybody's: bounded, never trusted for a size, a number or a path.
 */

/** One program in the sandbox. */
export interface CallRequest {
  /** argv[0] is looked up in PATH of the sandbox. */
  readonly argv: readonly string[];
  /** Over the sandbox's own. */
  readonly env: Readonly<Record<string, string>>;
  /** UTF-8; null: an empty standard input. */
  readonly stdin: string | null;
  /** Texts by name, in a folder that the program can only read (`callFolder`), from its beginning to its end. */
  readonly files?: Readonly<Record<string, string>>;
  /** Null: the runner's own bound for this kind of call. */
  readonly timeoutMs: number | null;
  /** What is kept of each stream, and given to `onStdout`; the runner's own bound when absent. */
  readonly streamMaxBytes?: number;
  /**
   * What it writes on standard output, as it comes; from the beginning again after a restart of the runner. With it the end
   * has no `stdout`.
   */
  onStdout?(bytes: Uint8Array): void;
}

/** How a call ended. Texts have U+FFFD for odd bytes, and at most the bound of a stream. */
export type CallEnd =
  | {
    readonly kind: "ended";
    /** 128 and the signal's number when a signal ended it, as a shell says it; -1 when nobody knows. */
    readonly exitCode: number;
    readonly stdout: string;
    readonly stderr: string;
    /** More was written than is kept. */
    readonly isCut: boolean;
  }
  | { readonly kind: "timed_out" }
  | { readonly kind: "cancelled" }
  /** The sandbox is gone, the program wrote without end, or this machine's disk failed. For people, without secrets. */
  | { readonly kind: "failed"; readonly message: string };

/** Runs programs inside the sandbox of one run (`sandbox_calls.ts`). */
export interface SandboxCalls {
  /** When `signal` aborts, the program and all that it started are ended, and the end is `cancelled`. */
  run(id: string, request: CallRequest, signal: AbortSignal): Promise<CallEnd>;
  /** A line of the run's live output; bounded over the whole run, and lost rather than waited for. */
  say(text: string): void;
  /** The sandbox's command ends with this status, once what was said is out. May be repeated. */
  finish(exitCode: number): Promise<void>;
}

// People who answer: `control/run_questions.ts` asks them.
export type { QuestionDesk, RunQuestion, RunQuestionAnswer } from "../../question_ports.ts";
