/**
 * The rows of a run as `ail-log/1`: one turn per step, in the order in which steps first appear (Pipeline 3.7).
 *
 * 1. The text grows at its end only: a turn is told when it and all before it are complete, so what a follower has printed
 *    is what the whole log begins with.
 * 2. Several rows of one step are one turn; what is newer and not empty stands.
 */
import type { LogLine, ToolEvent } from "./entry.ts";

/** What a fold needs of a row; a field that is absent or null was not there. */
export interface LogRow {
  readonly step_id: string;
  readonly event_type: string;
  /** Of a failure: what went wrong. */
  readonly response?: string | null;
  readonly thinking?: string | null;
  readonly stdout?: string | null;
  readonly stderr?: string | null;
  readonly cost_usd?: number | null;
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly tool_events?: readonly ToolEvent[];
}

type ErrorAction = Extract<LogLine, { readonly type: "step_error" }>["on_error_action"];

/** What a step's error is called in the tables. */
export const EVENT_OF_ACTION: Readonly<Record<ErrorAction, string>> = {
  abort_pipeline: "step_failed",
  continue: "step_error_continued",
  retry: "step_retrying",
  pause_for_human: "step_error_paused",
};

const FAILURES: readonly string[] = [
  EVENT_OF_ACTION.abort_pipeline,
  EVENT_OF_ACTION.continue,
  EVENT_OF_ACTION.pause_for_human,
  "step_cancelled",
];

export const AIL_LOG_HEADER = "ail-log/1\n";

/** The row of a log line; null for what is no step. */
export function rowOfLine(line: LogLine): LogRow | null {
  switch (line.type) {
    case "step_started":
      return { step_id: line.step_id, event_type: "step_started" };
    case "step_error":
      return {
        step_id: line.step_id,
        event_type: EVENT_OF_ACTION[line.on_error_action],
        response: line.error_detail,
      };
    case "step_cancelled":
      return { step_id: line.step_id, event_type: "step_cancelled", response: line.reason };
    case undefined:
      return { ...line, event_type: "step_completed", response: line.response ?? line.modified };
    // Of the run, of loops and branches, or of a writer that knows more.
    default:
      return null;
  }
}

interface Turn {
  readonly stepId: string;
  failure: { readonly isCancelled: boolean; readonly message: string } | null;
  isComplete: boolean;
  thinking: string;
  response: string;
  stdout: string;
  stderr: string;
  costUsd: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  toolEvents: readonly ToolEvent[];
}

export class AilLog {
  readonly #turns = new Map<string, Turn>();
  #told = 0;

  add(row: LogRow): void {
    const turn = this.#turns.get(row.step_id) ?? this.#begin(row.step_id);
    if (FAILURES.includes(row.event_type)) {
      turn.failure = { isCancelled: row.event_type === "step_cancelled", message: row.response ?? "" };
      turn.isComplete = true;
      return;
    }
    if (row.event_type !== "step_completed") return;
    turn.isComplete = true;
    turn.failure = null;
    turn.thinking = row.thinking || turn.thinking;
    turn.response = row.response || turn.response;
    turn.stdout = row.stdout || turn.stdout;
    turn.stderr = row.stderr || turn.stderr;
    turn.costUsd = row.cost_usd ?? turn.costUsd;
    turn.inputTokens = row.input_tokens ?? turn.inputTokens;
    turn.outputTokens = row.output_tokens ?? turn.outputTokens;
    if ((row.tool_events ?? []).length > 0) turn.toolEvents = row.tool_events!;
  }

  /** The text of the turns that are complete and were not taken yet; the header is not in it. */
  take(isWhole: boolean): string {
    const turns = [...this.#turns.values()];
    let text = "";
    while (this.#told < turns.length && (isWhole || turns[this.#told]!.isComplete)) {
      text += turnText(turns[this.#told]!, this.#told + 1);
      this.#told++;
    }
    return text;
  }

  #begin(stepId: string): Turn {
    const turn: Turn = {
      stepId,
      failure: null,
      isComplete: false,
      thinking: "",
      response: "",
      stdout: "",
      stderr: "",
      costUsd: null,
      inputTokens: null,
      outputTokens: null,
      toolEvents: [],
    };
    this.#turns.set(stepId, turn);
    return turn;
  }
}

/** The whole text of a run. */
export function ailLogText(rows: readonly LogRow[]): string {
  const log = new AilLog();
  for (const row of rows) log.add(row);
  return AIL_LOG_HEADER + log.take(true);
}

function turnText(turn: Turn, number: number): string {
  const { failure } = turn;
  const parts = [`## Turn ${number} — \`${turn.stepId}\``, ...block("thinking", turn.thinking)];
  for (const event of [...turn.toolEvents].sort((a, b) => a.seq - b.seq)) {
    const name = event.event_type === "tool_call" ? "tool-call" : "tool-result";
    parts.push(...block(`${name} name="${event.tool_name}"`, event.content_json));
  }
  if (failure !== null) {
    const what = failure.isCancelled ? "cancelled" : "failed";
    const message = failure.message.trimEnd().replaceAll("\n", "\n> ");
    parts.push(`> [!WARNING]\n> **Step ${what}:** ${message}`);
  } else {
    if (turn.response !== "") parts.push(turn.response);
    parts.push(
      ...block('stdio stream="stdout"', turn.stdout),
      ...block('stdio stream="stderr"', turn.stderr),
    );
    const cost = costLine(turn);
    if (cost !== null) parts.push(`---\n${cost}`);
  }
  return parts.map((part) => `\n${part.endsWith("\n") ? part : `${part}\n`}`).join("");
}

function block(opening: string, text: string): readonly string[] {
  return text === "" ? [] : [`:::${opening}\n${text.endsWith("\n") ? text : `${text}\n`}:::`];
}

function costLine({ costUsd, inputTokens, outputTokens }: Turn): string | null {
  const tokens = inputTokens === null || outputTokens === null
    ? ""
    : ` | ${inputTokens}in / ${outputTokens}out tokens`;
  if (costUsd !== null) return `_Cost: $${costUsd.toFixed(4)}${tokens}_`;
  if (inputTokens === null && outputTokens === null) return null;
  if ((inputTokens ?? 0) === 0 && (outputTokens ?? 0) === 0) return "_No cost (context step)_";
  return `_Cost: unknown${tokens}_`;
}
