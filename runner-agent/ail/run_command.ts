/** `ail "<prompt>"`: one run in this folder, as text, as events, or dry (Pipeline 3.1, 3.2, 3.5). */
import type { Pipeline } from "../pipeline/ast.ts";
import { displayed } from "../pipeline/display.ts";
import { dryRunEnd, dryRunPlan, dryRunStep } from "../pipeline/dry_run.ts";
import { faultText } from "../pipeline/fault.ts";
import { footerText, leanText, showWorkText, watchText } from "../pipeline/report.ts";
import type { RunOutcome } from "../pipeline/run_pipeline.ts";
import { backendsOf, type FindBackend, findDryRunBackend } from "./backends.ts";
import { followControl } from "./control_input.ts";
import { ControlledDesk } from "./controlled_desk.ts";
import { findPipeline } from "./find_pipeline.ts";
import type { Host } from "./host.ts";
import { Loader } from "./loader.ts";
import { runHere, type RunRequest } from "./pipeline_run.ts";
import { RunControl } from "./run_control.ts";
import { onInterrupt } from "./interrupt.ts";
import { TerminalDesk } from "./terminal_desk.ts";

export interface ProviderOptions {
  readonly model?: string;
  readonly providerUrl?: string;
  readonly providerToken?: string;
}

export interface RunOptions extends ProviderOptions {
  readonly pipeline?: string;
  readonly headless?: boolean;
  readonly outputFormat?: "text" | "json";
  readonly showThinking?: boolean;
  readonly showWork?: boolean;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
}

/** After a Ctrl-C, as shells know it. */
const INTERRUPTED = 130;

/** @returns The exit code. */
export async function runCommand(host: Host, prompt: string, options: RunOptions): Promise<number> {
  const loader = await Loader.of(host);
  const pipeline = await findPipeline(host, loader, options.pipeline ?? null);
  if (pipeline === null) return 1;
  const control = new RunControl();
  const stopListening = onInterrupt(() => control.kill());
  try {
    const request = { loader, pipeline, prompt, control, ...commonOf(host, options) };
    const outcome = options.dryRun === true
      ? await runDry(host, request)
      : options.outputFormat === "json"
      ? await runAsEvents(host, request)
      : await runAsText(host, request, options);
    if (stopListening.wasInterrupted()) return INTERRUPTED;
    return outcome.end.kind === "failed" && !control.isKilled ? 1 : 0;
  } finally {
    stopListening.stop();
  }
}

/** What all forms of a run have in common. */
export function commonOf(
  host: Host,
  options: ProviderOptions & { readonly headless?: boolean },
  backends: FindBackend = backendsOf(host),
) {
  return {
    runId: crypto.randomUUID(),
    cli: {
      model: options.model ?? null,
      provider: { baseUrl: options.providerUrl ?? null, authToken: options.providerToken ?? null },
    },
    isHeadless: options.headless === true,
    findBackend: backends,
    warn: (message: string) => host.err(`warning: ${message}\n`),
  };
}

type Common = Omit<RunRequest, "mode" | "human" | "emit" | "askPermission">;

async function runAsEvents(host: Host, common: Common): Promise<RunOutcome> {
  const desk = new ControlledDesk();
  const reading = followControl(host.lines(), common.control, desk);
  // A controller that is gone answers nothing; what its stream broke with is no fault of the run.
  reading.catch(() => desk.close());
  return await runHere({
    ...common,
    mode: "controlled",
    human: desk,
    askPermission: desk.askPermission,
    emit: (event) => host.out(`${JSON.stringify(event)}\n`),
  });
}

async function runAsText(host: Host, common: Common, options: RunOptions): Promise<RunOutcome> {
  const startedMs = performance.now();
  const isWatched = options.watch === true || options.showThinking === true;
  const show = { showsResponses: options.watch === true, showsThinking: options.showThinking === true };
  const outcome = await runHere({
    ...common,
    ...deskOf(host, common.isHeadless),
    mode: isWatched ? "controlled" : "simple",
    emit: (event) => {
      if (isWatched) host.err(watchText(event, show));
    },
  });
  const elapsedMs = performance.now() - startedMs;
  reportText(host, common.pipeline, outcome, elapsedMs, options.showWork === true);
  return outcome;
}

/** Whoever sits at the terminal is asked; where nobody does, gates are passed over with a warning. */
function deskOf(host: Host, isHeadless: boolean): Pick<RunRequest, "human" | "askPermission" | "isHeadless"> {
  const desk = new TerminalDesk(host);
  return host.isStdinTerminal
    ? { human: desk, askPermission: desk.askPermission, isHeadless }
    : { human: { ask: () => Promise.resolve({ kind: "headless" }) }, isHeadless };
}

function reportText(
  host: Host,
  pipeline: Pipeline,
  { end, entries }: RunOutcome,
  elapsedMs: number,
  showsWork: boolean,
): void {
  if (end.kind === "failed") return host.err(`${faultText(end.fault)}\n`);
  if (showsWork) return host.out(showWorkText(pipeline, entries, elapsedMs));
  host.out(leanText(pipeline, displayed(pipeline, entries)));
  if (host.isStdoutTerminal) host.out(footerText(entries, elapsedMs));
}

/** Prompts are answered with a fixed text, whoever would have answered them; commands run. */
async function runDry(host: Host, common: Common): Promise<RunOutcome> {
  host.out(dryRunPlan(common.pipeline, common.runId, common.prompt));
  const outcome = await runHere({
    ...common,
    mode: "simple",
    isHeadless: true,
    human: { ask: () => Promise.resolve({ kind: "headless" }) },
    findBackend: findDryRunBackend,
    statusSuffix: " (dry run)",
    emit: () => {},
    onLogLine: (line) => host.out(dryRunStep(line)),
  });
  const { text, isFailure } = dryRunEnd(outcome);
  if (isFailure) host.err(text);
  else host.out(text);
  return outcome;
}
