/** Lines of a transcript on their way into the activity log of a run. */
import { readTranscript, type TranscriptMark } from "../domain/live_transcript.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import type { OutputOf } from "./live_output.ts";

/** Adds what is new after what the log has; answers how far it is then. */
export async function keepTranscript(
  log: Pick<TaskLogApi, "addActivity">,
  of: OutputOf,
  lines: readonly string[],
  known: TranscriptMark | undefined,
): Promise<TranscriptMark | undefined> {
  const { events, mark } = readTranscript(lines, known ?? { untilMs: 0, kept: 0 });
  if (events.length === 0) return known;
  const next = await log.addActivity(of.runId, of.stationId, []);
  await log.addActivity(of.runId, of.stationId, events.map((event, i) => ({ ...event, sequence: next + i })));
  return mark;
}
