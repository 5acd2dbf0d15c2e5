/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What the stations of a task print: as text, and with scripts as a live terminal that shows any moment again. */
import { May } from "./frame.tsx";

/** Of an agent's terminal (`agent_session` on the runner): it never changes, so that all see the same. */
const AGENT_COLS = 200;
const AGENT_ROWS = 50;

export interface TerminalProps {
  /** The path of the task's output in the API. */
  readonly log: string;
  readonly tail: string;
  readonly tailOffset: number;
  /** Where the text ends: what came since is streamed. */
  readonly totalBytes: number;
  readonly isOver: boolean;
  /** The run whose agent lives in a terminal that can be typed in; null: none. */
  readonly agentRunId: string | null;
  /** The output was deleted at the end of its retention. */
  readonly isExpired: boolean;
  /** Addresses of the terminal's files. */
  readonly files: { readonly xterm: string; readonly fit: string };
  /** Names by station id. */
  readonly stations: Readonly<Record<string, string>>;
}

export function Terminal(props: TerminalProps) {
  const { log, agentRunId, tail, tailOffset, totalBytes, isOver, isExpired, files, stations } = props;
  return (
    <section aria-labelledby="output-heading">
      <h2 id="output-heading">
        Output <span class="count" id="output-status" role="status">{isOver ? "ended" : ""}</span>
        {isExpired ? null : <a class="small" href={log}>All of it as text</a>}
      </h2>
      <div
        class={agentRunId === null ? "terminal" : "terminal agent"}
        id="terminal"
        data-cols={agentRunId === null ? undefined : AGENT_COLS}
        data-rows={agentRunId === null ? undefined : AGENT_ROWS}
        data-stream={`${log}/ws`}
        data-tail={tailOffset}
        data-offset={totalBytes}
        data-expired={isExpired ? "" : undefined}
        data-xterm={files.xterm}
        data-fit={files.fit}
      >
        <pre class="log" id="output" tabindex={0}>{tail}</pre>
      </div>
      {agentRunId === null ? null : <Typing log={log} runId={agentRunId} />}
      {tailOffset > 0 ? <p class="soft small">What was printed before this is in the text.</p> : null}
      {isExpired ? null : <Replay log={log} stations={stations} />}
    </section>
  );
}

/** For who may press keys in the agent's terminal. Not seen, but in its place, until the terminal is there. */
function Typing({ log, runId }: { readonly log: string; readonly runId: string }) {
  const keys = log.replace(/\/tasks\/.*$/, `/runs/${encodeURIComponent(runId)}/keys`);
  return (
    <May scope="tasks:write">
      <div class="actions typing off" id="typing" data-keys={keys}>
        <button type="button" class="plain" id="typing-button" aria-pressed="false">
          Type in this terminal
        </button>
        <span class="small soft" id="typing-status" role="status">
          That you type goes on record, not what.
        </span>
      </div>
    </May>
  );
}

/** Not seen, but in its place, until the terminal is there. */
function Replay({ log, stations }: Pick<TerminalProps, "log" | "stations">) {
  return (
    <details
      class="replay off"
      id="replay"
      data-log={log}
      data-pace={`${log}/pace`}
      data-stations={JSON.stringify(stations)}
    >
      <summary>
        Replay <span class="small soft">from any moment; close it to be live again</span>
      </summary>
      <div class="stack">
        <div>
          <label for="replay-at">
            Moment <output id="replay-time" for="replay-at" class="soft"></output>
          </label>
          <input type="range" id="replay-at" min={0} max={0} step={1} value={0} />
        </div>
        <div class="row">
          <div class="fixed">
            <button type="button" id="replay-play">Play</button>
          </div>
          <div>
            <label for="replay-pace">Pace</label>
            <select id="replay-pace">
              <option value="short" selected>As recorded, pauses of 2 s at most</option>
              <option value="recorded">As recorded</option>
              <option value="fast">Ten times as fast</option>
            </select>
          </div>
          <div>
            <label for="replay-run">Jump to</label>
            <select id="replay-run"></select>
          </div>
        </div>
      </div>
    </details>
  );
}
