/**
 * How a station's pipeline came to its end, on the disk before the sandbox is told to end.
 *
 * ```
 * <run root>/pipeline_end.json   {"outcome": "completed" | "failed", "summary": null | "...", "fault": null | "..."}
 * ```
 *
 * 1. Texts are without our secrets, and bounded as a report's are.
 */
import { join } from "node:path";
import { z } from "zod";
import { REASON_MAX_CHARS } from "../../../protocol/limits.ts";
import type { ConclusionReading } from "../../domain/outcome.ts";
import { shownStart } from "../../domain/shown_text.ts";
import { faultText } from "../../pipeline/fault.ts";
import type { RunOutcome } from "../../pipeline/run_pipeline.ts";
import { writeWholeToDisk } from "../whole_file.ts";

const pipelineEnd = z.object({
  outcome: z.enum(["completed", "failed"]),
  /** The last answer of a step. */
  summary: z.string().nullable(),
  /** Why it failed. */
  fault: z.string().nullable(),
});
export type PipelineEnd = z.infer<typeof pipelineEnd>;

/** @param overBudget Which budget was used up, in words; null: none. */
export function endOf(
  { end, entries }: RunOutcome,
  overBudget: string | null,
  clean: (text: string) => string,
): PipelineEnd {
  const failure = overBudget ??
    (end.kind === "failed"
      ? `${end.fault.stepId === undefined ? "" : `step '${end.fault.stepId}': `}${faultText(end.fault)}`
      : end.kind === "killed"
      ? "the pipeline was stopped"
      : null);
  const last = entries.findLast(({ response }) => response !== null)?.response ?? null;
  const text = (value: string | null) => value === null ? null : shownStart(value, REASON_MAX_CHARS, clean);
  return {
    outcome: failure === null ? "completed" : "failed",
    summary: text(last === "" ? null : last),
    fault: text(failure),
  };
}

/** As the status of the sandbox's command. */
export function exitCodeOf({ outcome }: PipelineEnd): 0 | 1 {
  return outcome === "completed" ? 0 : 1;
}

/**
 * The conclusion of a run that followed a pipeline: what its agent told the operator, unless the pipeline failed.
 *
 * @param told By the agent.
 */
export function concludedBy(end: PipelineEnd, told: ConclusionReading): ConclusionReading {
  if (end.outcome === "completed" && told.kind === "read") return told;
  const isWell = end.outcome === "completed";
  return {
    kind: "read",
    by: "pipeline",
    conclusion: {
      conclusion: isWell ? "success" : "failure",
      summary: isWell ? end.summary : end.fault,
      exitCode: null,
    },
  };
}

/** Null: it has not ended, or the file is not what was written. */
export async function readPipelineEnd(root: string): Promise<PipelineEnd | null> {
  try {
    return pipelineEnd.safeParse(JSON.parse(await Deno.readTextFile(endFile(root)))).data ?? null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whole or not at all, and on the disk before the sandbox ends. */
export async function writePipelineEnd(root: string, end: PipelineEnd): Promise<void> {
  await writeWholeToDisk(endFile(root), JSON.stringify(end));
}

function endFile(root: string): string {
  return join(root, "pipeline_end.json");
}
