/**
 * An agent's CLI as a prompt backend, as plain data: what to run for a call, and what its output means. Whoever starts the
 * process (the `ail` command on its machine, a station in its sandbox) does the rest:
 *
 * 1. Make an empty directory for this call, which the program can read and nobody else write: `setting.directory` is its
 *    path as the program sees it. Write `plan.files` into it, mode 0600; show `plan.warnings`.
 * 2. Run `plan.program` with `plan.args`, exactly `plan.environment`, and `plan.stdin` as its whole standard input (null:
 *    none), leading a process group. Where it runs is the caller's.
 * 3. `decoder.add` each chunk of standard output; what it returns are events, in order. Once `isOver`, the program may be
 *    given a moment to leave and then be ended. At the end of the output: `decoder.close()`, which may return events, too.
 * 4. `decoder.settle(exit)` is the result: a fault of type `ail:runner/invocation-failed`, or the answer. `exit` is null
 *    where we ended the program. Times, cancelling, and a `completed` event after an answer are the caller's.
 * 5. When the result is a fault, `backend.otherwise(exit)` may be another backend to try once: this version of the program
 *    did not know the arguments, and did nothing.
 * 6. Before a session is resumed, its file may have to be mended, as its own program would stumble over it: `sessionFile`
 *    says which one it is, `mendGeminiChat` (`runner-agent/harness/gemini_mend.ts`) how.
 *
 * Nothing here throws for what a program prints, and what is kept of it is bounded (`backend_lines.ts`).
 */
import type { Result } from "../../protocol/result.ts";
import { LineReader, OUTPUT_BOUNDS, type OutputBounds } from "./backend_lines.ts";
import { failed, type LineDecoder, type ProgramExit, settleProgram } from "./backend_stream.ts";
import type { PromptAnswer, PromptCall } from "./effect.ts";
import type { BackendEvent } from "./event.ts";
import type { Fault } from "./fault.ts";

export const CLI_NAMES = ["claude", "codex", "gemini", "opencode"] as const;
export type CliName = typeof CLI_NAMES[number];

export interface CliBackend {
  readonly name: CliName;
  plan(call: PromptCall, setting: CliSetting): CliPlan;
  /** A new one for each run. */
  decoder(): CliDecoder;
  otherwise(exit: ProgramExit): CliBackend | null;
  readonly sessionFile: SessionFile | null;
}

/** What surrounds a call. */
export interface CliSetting {
  /** Nobody is asked before a tool is used. */
  readonly isHeadless: boolean;
  /** A sandbox of ours holds the program: its own, if it has one, is off when headless. */
  readonly isSandboxed: boolean;
  /** What the program would have; the plan's is made of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** An absolute path, see 1. */
  readonly directory: string;
  /** How a wish to use a tool reaches a person; null: nobody is asked, and the program's own rules decide. */
  readonly permissions: PermissionRoute | null;
}

/** The wish goes as one JSON line over a unix socket, and its answer comes back (`backend_permission.ts`). */
export interface PermissionRoute {
  /** The words that start `ail`, whose hidden subcommands are the hooks. */
  readonly ail: readonly string[];
  readonly socketPath: string;
}

export interface CliPlan {
  /** A path, or a name for the `PATH` of `environment`. */
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin: string | null;
  /** All of it. Holds the provider's key where the call has one: never log it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Texts by their names in the directory of the call. */
  readonly files: Readonly<Record<string, string>>;
  /** One sentence for each wish of the call that is not heeded. */
  readonly warnings: readonly string[];
}

export interface CliDecoder {
  add(chunk: Uint8Array): readonly BackendEvent[];
  readonly isOver: boolean;
  close(): readonly BackendEvent[];
  settle(exit: ProgramExit | null): Result<PromptAnswer, Fault>;
}

/** The file in which a program keeps a session. */
export interface SessionFile {
  /** Below the program's home. */
  readonly below: string;
  /** By its path within `below`: `PROJECT/chats/NAME`. */
  isNamedFor(path: string, sessionId: string): boolean;
}

/** Feeds a decoder of lines from chunks of bytes. */
export function chunkDecoder(
  name: CliName,
  decoder: LineDecoder,
  bounds: OutputBounds = OUTPUT_BOUNDS,
): CliDecoder {
  const reader = new LineReader(bounds);
  const decode = (lines: readonly string[]) => lines.flatMap((line) => [...decoder.accept(line)]);
  return {
    add: (chunk) => decode(reader.add(chunk)),
    get isOver() {
      return decoder.end !== null || reader.fault !== null;
    },
    close: () => decode(reader.end()),
    settle: (exit) =>
      reader.fault !== null && decoder.end === null
        ? failed(`'${name}' ${reader.fault}`)
        : settleProgram(decoder, exit),
  };
}
