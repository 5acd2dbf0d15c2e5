/**
 * The log of runs: one file each, one JSON object a line (Pipeline 3.6).
 *
 * 1. A line is on the disk before the engine goes on.
 * 2. A run holds a lock on its file until it ends, however it ends: whoever follows it sees by that whether it still lives.
 * 3. The file is the record; the tables of `ail.db` follow it. What cannot be written is told, and the run goes on.
 */
import type { Effect } from "../pipeline/effect.ts";
import type { LogLine } from "../pipeline/entry.ts";
import { writeAll } from "./journal.ts";
import { Mirror, openDatabase } from "./mirror.ts";
import { type ProjectPaths, runLogPath } from "./project.ts";

type BeginRun = Extract<Effect, { readonly kind: "begin_run" }>;
type EndRun = Extract<Effect, { readonly kind: "end_run" }>;

export interface RunLogOptions {
  readonly nowMs: () => number;
  readonly warn: (message: string) => void;
  /** Behind the status of each run: ` (dry run)`. */
  readonly statusSuffix?: string;
}

export class RunLog {
  readonly #files = new Map<string, Deno.FsFile>();
  readonly #broken = new Set<string>();
  readonly #encoder = new TextEncoder();
  #synced: Promise<void> = Promise.resolve();

  private constructor(
    private readonly paths: ProjectPaths,
    private readonly mirror: Mirror | null,
    private readonly options: RunLogOptions,
  ) {}

  /** Never fails: a log that cannot be made is told. */
  static async open(paths: ProjectPaths, options: RunLogOptions): Promise<RunLog> {
    try {
      await Deno.mkdir(paths.runs, { recursive: true, mode: 0o700 });
      const client = await openDatabase(paths.database);
      return new RunLog(paths, new Mirror(client, options.warn), options);
    } catch (error) {
      options.warn(`cannot open ail.db, the log files go on without it: ${(error as Error).message}`);
      return new RunLog(paths, null, options);
    }
  }

  async begin({ runId, parentRunId, source }: BeginRun): Promise<void> {
    const { hash } = this.paths;
    await this.mirror?.begin({ runId, parentRunId, source, projectHash: hash }, this.options.nowMs());
    await this.append(runId, {
      type: "run_started",
      pipeline_source: source,
      project_hash: hash,
      ...(parentRunId === null ? {} : { parent_run_id: parentRunId }),
    });
  }

  async append(runId: string, line: LogLine): Promise<void> {
    await this.#write(runId, line);
    const wait = this.mirror?.append(runId, line, this.options.nowMs());
    if (wait) await wait;
  }

  async end({ runId, status, totalCostUsd }: EndRun): Promise<void> {
    await this.append(runId, { type: "run_finished", status, total_cost_usd: totalCostUsd });
    this.#files.get(runId)?.close();
    this.#files.delete(runId);
    const shown = status + (this.options.statusSuffix ?? "");
    await this.mirror?.end(runId, shown, totalCostUsd, this.options.nowMs());
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
    await this.mirror?.close();
  }

  async #write(runId: string, line: LogLine): Promise<void> {
    if (this.#broken.has(runId)) return;
    try {
      const file = this.#files.get(runId) ?? this.#open(runId);
      writeAll(file, this.#encoder.encode(`${JSON.stringify(line)}\n`));
      // One after the other: what is told is not waited for, and the file is closed behind the last line.
      this.#synced = this.#synced.catch(() => {}).then(() => file.syncData());
      await this.#synced;
    } catch (error) {
      this.#broken.add(runId);
      this.options.warn(`cannot write the log of run ${runId}: ${(error as Error).message}`);
    }
  }

  #open(runId: string): Deno.FsFile {
    const file = Deno.openSync(runLogPath(this.paths, runId), { append: true, create: true, mode: 0o600 });
    // Somebody who looks holds it for no longer than a look takes.
    file.lockSync(true);
    this.#files.set(runId, file);
    return file;
  }
}

/** Whether nobody writes the log of a run any more: its program ended, if only because it was killed. */
export async function isAbandoned(paths: ProjectPaths, runId: string): Promise<boolean> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(runLogPath(paths, runId));
  } catch (error) {
    // Without its file it cannot be told.
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  try {
    return await file.tryLock(false);
  } finally {
    file.close();
  }
}
