/** Runs an agent's CLI to its end, with a decoder for what it prints. */
import type { Result } from "../../../protocol/result.ts";
import { failed, type LineDecoder, type ProgramExit, settleProgram } from "../../pipeline/backend_stream.ts";
import type { PromptAnswer } from "../../pipeline/effect.ts";
import type { Fault } from "../../pipeline/fault.ts";
import type { CallSurroundings } from "../ports.ts";
import { ChildProgram, type ProgramRequest } from "./child_program.ts";
import { LEAVE_GRACE_MS, LINE_MAX_CHARS } from "./limits.ts";

export interface DecodedRun {
  readonly result: Result<PromptAnswer, Fault>;
  /** Null when it did not start, or was ended by us. */
  readonly exit: ProgramExit | null;
}

/** @param leaveGraceMs How long it may stay after its answer. */
export async function runDecoded(
  request: ProgramRequest,
  decoder: LineDecoder,
  { signal, onEvent }: Pick<CallSurroundings, "signal" | "onEvent">,
  leaveGraceMs = LEAVE_GRACE_MS,
): Promise<DecodedRun> {
  const started = ChildProgram.start(request);
  if (!started.ok) return { result: failed(started.error), exit: null };
  const child = started.value;
  const onAbort = () => child.end();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    for await (const line of child.lines()) {
      if (!line.ok) {
        return {
          result: failed(
            `'${request.program}' printed a line that is too long: expected at most ${LINE_MAX_CHARS} characters`,
          ),
          exit: null,
        };
      }
      for (const event of decoder.accept(line.value)) onEvent(event);
      if (decoder.end !== null) break;
    }
    // Who has told of a fault, or is being ended, has nothing more to say.
    const isOver = decoder.end?.ok === false || signal.aborted;
    const exit = isOver ? null : await child.exitWithin(leaveGraceMs);
    return { result: settleProgram(decoder, exit), exit };
  } finally {
    signal.removeEventListener("abort", onAbort);
    await child.dispose();
  }
}
