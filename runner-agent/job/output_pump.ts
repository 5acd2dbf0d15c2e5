/** Takes an agent's output from the container to the control plane and the terminal, with secrets cut out on the way. */
import type { RunPhase } from "../domain/job_phase.ts";
import { createRedactor } from "../domain/redaction.ts";
import { LOG_FINISH_MAX_MS } from "../limits.ts";
import { createLogStreamer, type LogPosition } from "../log/log_streamer.ts";
import { createStationPrinter } from "../log/station_printer.ts";
import type { OutputStream } from "../ports.ts";
import type { RunContext } from "./run_context.ts";
import type { RunWatch } from "./run_watch.ts";

export interface OutputPump {
  /** When the agent last wrote; when the pump was made, if it has not yet. */
  lastOutputAtMs(): number;
  /** After the container's end: reads the rest and waits until it is sent, for a bounded time. */
  finish(abandon: AbortSignal): Promise<void>;
}

export interface OutputOptions {
  /** Files with what former sandboxes of the run have written; all of the output is one stream. */
  readonly former: readonly string[];
  /** Where that stream stands. */
  readonly start: LogPosition;
  /** Gets what the agent writes on its standard output, as it is. */
  readonly onStdout: (bytes: Uint8Array) => void;
}

/** Reads from the beginning; what the control plane has already is not sent again. */
export function startOutputPump(
  context: RunContext,
  containerId: string,
  watch: RunWatch,
  { former, start, onStdout }: OutputOptions,
): OutputPump {
  const { deps, ids } = context;
  const { clock } = deps;
  let lastOutputAtMs = clock.nowMs();
  const streamer = createLogStreamer({
    start,
    clock,
    random: deps.random,
    savePosition: (position) => deps.journal.writeLogPosition(context.run.runId, position),
    async send(chunk) {
      const outcome = await deps.controlPlane.sendLog(context.ref, chunk);
      if (outcome.kind === "unreachable") return "unreachable";
      if (outcome.kind === "ok") {
        watch.see(outcome.value.cancel ? "cancel" : "standing");
        // Other servers do not say.
        return outcome.value.isWatched === false ? "kept_unwatched" : "kept";
      }
      // Why is for the next heartbeat to find out: only it speaks of the lease.
      deps.log("log_refused", { ...ids, status: outcome.status, code: outcome.code });
      return "refused";
    },
  });
  const stopListening = deps.controlPlane.onWatched(context.run.runId, () => streamer.watched());
  const printer = deps.print === null
    ? null
    : createStationPrinter(context.run.job.stationName || ids.stationId, untilItFails(context, deps.print));
  const redactors = { stdout: createRedactor(context.secrets), stderr: createRedactor(context.secrets) };
  const emit = (bytes: Uint8Array) => {
    if (bytes.length === 0) return;
    streamer.push(bytes);
    printer?.push(bytes);
  };
  const reading = new AbortController();
  const onBytes = (stream: OutputStream, bytes: Uint8Array) => {
    lastOutputAtMs = clock.nowMs();
    if (stream === "stdout") onStdout(bytes);
    emit(redactors[stream].push(bytes));
  };
  // Nobody waits for it before the end: it must not reject.
  const read = (async () => {
    for (const path of former) await pushFormer(context, path, streamer.push);
    await readToEnd(context, containerId, onBytes, reading.signal);
  })();

  return {
    lastOutputAtMs: () => lastOutputAtMs,
    async finish(abandon) {
      const limit = new AbortController();
      const timer = clock.sleep(LOG_FINISH_MAX_MS, limit.signal).then(() => reading.abort(), () => undefined);
      const giveUp = () => reading.abort();
      abandon.addEventListener("abort", giveUp);
      if (abandon.aborted || watch.lease === "lost") giveUp();
      await read;
      emit(redactors.stdout.end());
      emit(redactors.stderr.end());
      printer?.end();
      const { unsentBytes, droppedBytes } = await streamer.finish(reading.signal);
      stopListening();
      abandon.removeEventListener("abort", giveUp);
      limit.abort();
      await timer;
      if (unsentBytes + droppedBytes > 0) deps.log("log_cut", { ...ids, unsentBytes, droppedBytes });
    },
  };
}

/** A terminal that is gone is no reason to stop: the output is for the control plane. */
function untilItFails({ deps, ids }: RunContext, print: (text: string) => void): (text: string) => void {
  let hasFailed = false;
  return (text) => {
    if (hasFailed) return;
    try {
      print(text);
    } catch (error) {
      hasFailed = true;
      deps.log("print_failed", { ...ids, fault: error instanceof Error ? error.name : "unknown" });
    }
  };
}

/** What a former sandbox wrote and the disk has no more costs that, not the run. */
async function pushFormer(
  { deps, ids }: RunContext,
  path: string,
  push: (bytes: Uint8Array) => void,
): Promise<void> {
  try {
    push(await Deno.readFile(path));
  } catch (error) {
    deps.log("log_cut", { ...ids, fault: error instanceof Error ? error.name : "unknown" });
  }
}

/** A driver that breaks off costs the rest of the output, not the run; what was lost is in the event. */
async function readToEnd(
  context: RunContext,
  containerId: string,
  onBytes: (stream: OutputStream, bytes: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await context.deps.runtime.output(containerId, onBytes, signal);
  } catch (error) {
    if (signal.aborted) return;
    context.deps.log("log_cut", { ...context.ids, fault: error instanceof Error ? error.name : "unknown" });
  }
}

/** How long the agent has been silent, as its deadline counts it; nothing while there is no agent, none while it is suspended. */
export function silence(
  context: RunContext,
  phase: RunPhase,
  pump: OutputPump | null,
): { readonly idleMs?: number } {
  // Said, as the control plane would go on to count from the last word.
  if (phase.kind === "suspending" || phase.kind === "suspended") return { idleMs: 0 };
  if (phase.kind !== "started" || pump === null) return {};
  const { activity, deps: { clock } } = context;
  return { idleMs: Math.max(0, clock.nowMs() - Math.max(pump.lastOutputAtMs(), activity.lastAtMs())) };
}
