/** `ail log`: what was said in one run, and with `--follow` what is said until its end, each thing once (Pipeline 3.7). */
import type { Client } from "@libsql/client";
import { AIL_LOG_HEADER, AilLog, type LogRow, rowOfLine } from "../pipeline/ail_log.ts";
import type { LogLine } from "../pipeline/entry.ts";
import { type Fault, fault, faultText } from "../pipeline/fault.ts";
import { rowsJson } from "../pipeline/run_overview.ts";
import type { Host } from "./host.ts";
import { onInterrupt } from "./interrupt.ts";
import { FOLLOW_POLL_MS, STALL_WARNING_MS } from "./limits.ts";
import { logRowsOf } from "./mirror_rows.ts";
import { isRunId, type ProjectPaths, projectPaths, runLogPath } from "./project.ts";
import { isAbandoned } from "./run_log.ts";
import { eventRows, newestRun, openRuns, runStatus, stepOf, stepRows } from "./run_table.ts";
import { waitMs } from "./wait.ts";

export interface LogOptions {
  readonly format: string;
  readonly follow?: boolean;
}

const FORMATS: readonly string[] = ["markdown", "json", "raw"];

export async function logCommand(host: Host, given: string | null, options: LogOptions): Promise<number> {
  const paths = await projectPaths(host.cwd, host.home);
  const refuse = (type: Fault["type"], detail: string, code: number) => {
    host.err(`${faultText(fault(type, detail))}\n`);
    return code;
  };
  let client: Client | null = null;
  try {
    client = await openRuns(paths);
    if (client === null) {
      return refuse("ail:storage/query-failed", "nothing has run in this folder: there is no ail.db", 2);
    }
    const runId = given ?? await newestRun(client, paths.hash);
    if (runId === null) return refuse("ail:storage/run-not-found", "nothing has run in this folder", 1);
    if (!isRunId(runId) || await runStatus(client, runId) === null) {
      return refuse("ail:storage/run-not-found", `no run '${runId}' in this folder`, 1);
    }
    if (!FORMATS.includes(options.format)) {
      host.err(`error: --format must be markdown, json or raw: it is '${options.format}'\n`);
      return 3;
    }
    const source = new RunSource(paths, client, runId);
    const printer = options.format === "json"
      ? new JsonPrinter(source, runId)
      : options.format === "raw"
      ? new RawPrinter(source)
      : new MarkdownPrinter(source);
    return await print(host, printer, source, options.follow === true, refuse);
  } catch (error) {
    return refuse("ail:storage/query-failed", (error as Error).message, 2);
  } finally {
    client?.close();
  }
}

interface Printer {
  /** What is new; with `isWhole` all that is left. Null: what it prints of is gone. */
  next(isWhole: boolean): Promise<string | null>;
}

async function print(
  host: Host,
  printer: Printer,
  source: RunSource,
  isFollowed: boolean,
  refuse: (type: Fault["type"], detail: string, code: number) => number,
): Promise<number> {
  const ended = new AbortController();
  const interruption = onInterrupt(() => ended.abort());
  try {
    let quietMs = 0;
    // Twice in a row: a run that has just begun may not have its lock yet.
    let abandonedLooks = 0;
    for (;;) {
      // Asked before reading: what is written until the end is read then.
      abandonedLooks = isFollowed && await source.isAbandoned() ? abandonedLooks + 1 : 0;
      const hasEnded = await source.hasEnded();
      const isBroken = !hasEnded && abandonedLooks > 1;
      const isWhole = !isFollowed || hasEnded || isBroken;
      const text = await printer.next(isWhole);
      if (text === null) return refuse("ail:pipeline/aborted", "the log file of this run is gone", 1);
      if (text !== "") host.out(text);
      if (isBroken) host.err("warning: this run was broken off: the program that ran it is gone\n");
      if (isWhole) return 0;
      quietMs = text === "" ? quietMs + FOLLOW_POLL_MS : 0;
      if (quietMs === STALL_WARNING_MS) host.err("warning: this run has said nothing for 5 minutes\n");
      if (!await waitMs(FOLLOW_POLL_MS, ended.signal)) return 0;
    }
  } finally {
    interruption.stop();
  }
}

/** A run's file and rows. */
class RunSource {
  #offset = 0;

  constructor(
    private readonly paths: ProjectPaths,
    readonly client: Client,
    readonly runId: string,
  ) {}

  async hasEnded(): Promise<boolean> {
    return await runStatus(this.client, this.runId) !== "running";
  }

  async isAbandoned(): Promise<boolean> {
    return await isAbandoned(this.paths, this.runId);
  }

  /** Whole lines that are new; null where there is no file. */
  async newText(): Promise<string | null> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(runLogPath(this.paths, this.runId));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    await file.seek(this.#offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(await new Response(file.readable).arrayBuffer());
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
    this.#offset += whole.length;
    return new TextDecoder().decode(whole);
  }
}

class RawPrinter implements Printer {
  constructor(private readonly source: RunSource) {}

  next(): Promise<string | null> {
    return this.source.newText();
  }
}

class MarkdownPrinter implements Printer {
  readonly #log = new AilLog();
  #header = AIL_LOG_HEADER;

  constructor(private readonly source: RunSource) {}

  async next(isWhole: boolean): Promise<string> {
    for (const row of await this.#rows(isWhole)) this.#log.add(row);
    const text = this.#header + this.#log.take(isWhole);
    this.#header = "";
    return text;
  }

  /** Of the file; where it is gone, of the tables, once all is there. */
  async #rows(isWhole: boolean): Promise<readonly LogRow[]> {
    const text = await this.source.newText();
    if (text === null) {
      const { client, runId } = this.source;
      return isWhole ? logRowsOf(await stepRows(client, runId), await eventRows(client, runId)) : [];
    }
    return text.split("\n").filter((line) => line !== "")
      .flatMap((line) => rowOfLine(JSON.parse(line) as LogLine) ?? []);
  }
}

class JsonPrinter implements Printer {
  #told = 0;

  constructor(private readonly source: RunSource, private readonly runId: string) {}

  async next(): Promise<string> {
    const steps = (await stepRows(this.source.client, this.runId)).map(stepOf);
    const lines = rowsJson(this.runId, steps, this.#told);
    this.#told = steps.length;
    return lines;
  }
}
