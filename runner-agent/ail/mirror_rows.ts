/** Log lines as rows of `ail.db`, and rows as the log's fold takes them (Pipeline 3.6). */
import type { InStatement, Row } from "@libsql/client";
import { EVENT_OF_ACTION, type LogRow } from "../pipeline/ail_log.ts";
import type { LogLine, ToolEvent } from "../pipeline/entry.ts";

type EntryLine = Extract<LogLine, { readonly type?: undefined }>;

/** What is written for a line: the beginning and end of a run, of a pass and of a branch are no steps. */
export function lineStatements(runId: string, line: LogLine, nowMs: number): readonly InStatement[] {
  switch (line.type) {
    case "step_started":
      return [step(runId, line.step_id, "step_started", nowMs, { prompt: line.prompt })];
    case "step_error":
      return [step(runId, line.step_id, EVENT_OF_ACTION[line.on_error_action], nowMs, {
        response: line.error_detail,
        error_type: line.error_type,
      })];
    case "step_cancelled":
      return [step(runId, line.step_id, "step_cancelled", nowMs, { response: line.reason })];
    case undefined:
      return entryStatements(runId, line, nowMs);
    default:
      return [];
  }
}

function entryStatements(runId: string, entry: EntryLine, nowMs: number): readonly InStatement[] {
  const { step_id, prompt, response, thinking } = entry;
  const texts = [prompt, response, thinking].map((text) => text ?? "");
  return [
    step(runId, step_id, "step_completed", nowMs, {
      prompt,
      response: response ?? entry.modified,
      cost_usd: entry.cost_usd,
      input_tokens: entry.input_tokens,
      output_tokens: entry.output_tokens,
      thinking,
      stdout: entry.stdout,
      stderr: entry.stderr,
      exit_code: entry.exit_code,
    }),
    { sql: "insert into traces values (?, ?, ?)", args: [runId, step_id, texts.join("\n")] },
    { sql: "insert into traces_fts values (?, ?, ?, ?, ?)", args: [runId, step_id, ...texts] },
    ...entry.tool_events.map((event) => ({
      sql: `insert into run_events
        (run_id, step_id, seq, event_type, tool_name, tool_id, content_json, recorded_at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
      args: [
        runId,
        step_id,
        event.seq,
        event.event_type,
        event.tool_name,
        event.tool_id,
        event.content_json,
        nowMs,
      ],
    })),
  ];
}

function step(
  runId: string,
  stepId: string,
  eventType: string,
  nowMs: number,
  columns: Readonly<Record<string, string | number | null>>,
): InStatement {
  const all = { run_id: runId, step_id: stepId, event_type: eventType, recorded_at: nowMs, ...columns };
  const names = Object.keys(all);
  return {
    sql: `insert into steps (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`,
    args: Object.values(all),
  };
}

/** The rows of one run as its log's fold takes them. */
export function logRowsOf(steps: readonly Row[], events: readonly Row[]): readonly LogRow[] {
  return steps.map((row) => {
    const stepId = String(row["step_id"]);
    const eventType = String(row["event_type"]);
    const text = (name: string) => row[name] === null ? null : String(row[name]);
    const number = (name: string) => row[name] === null ? null : Number(row[name]);
    return {
      step_id: stepId,
      event_type: eventType,
      response: text("response"),
      thinking: text("thinking"),
      stdout: text("stdout"),
      stderr: text("stderr"),
      cost_usd: number("cost_usd"),
      input_tokens: number("input_tokens"),
      output_tokens: number("output_tokens"),
      tool_events: eventType === "step_completed"
        ? events.filter((one) => one["step_id"] === stepId).map(toolEvent)
        : [],
    };
  });
}

function toolEvent(row: Row): ToolEvent {
  return {
    event_type: row["event_type"] === "tool_call" ? "tool_call" : "tool_result",
    tool_name: String(row["tool_name"] ?? ""),
    tool_id: String(row["tool_id"] ?? ""),
    content_json: String(row["content_json"] ?? ""),
    seq: Number(row["seq"]),
  };
}
