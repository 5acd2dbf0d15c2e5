/**
 * The runner's memory across crashes: one libSQL file. Each phase of a run is written here before it is acted on (R1).
 *
 * ```
 * claim_intents  a claim was sent and its answer is not known
 * runs           one row per run that is not cleaned up: the job as claimed, its phase, where its log stands
 * ```
 *
 * 1. Only this runner's process writes; a lock on the file beside it sees to that (`runner_lock.ts`).
 * 2. Rows leave when nothing is left to do, so the file never grows with the number of runs.
 * 3. A row holds the run's own tokens, which are no wider and no longer-lived than the run (S1); the file is 0600.
 */
import { type Client, createClient } from "@libsql/client";
import type { PolledJob } from "../../protocol/line/runner.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import type { LogPosition } from "../log/log_streamer.ts";

export interface JournalledRun {
  readonly runId: string;
  readonly job: PolledJob;
  readonly phase: RunPhase;
  readonly log: LogPosition;
}

export interface ClaimIntent {
  readonly jobId: string;
  /** What was offered, as a claim's answer need not repeat it. */
  readonly offer: PolledJob | null;
}

/** Methods reject only if the file cannot be used; then the runner must not go on. */
export interface RunJournal {
  intendClaim(jobId: string, offer: PolledJob | null): Promise<void>;
  forgetClaim(jobId: string): Promise<void>;
  claimIntents(): Promise<readonly ClaimIntent[]>;
  /** Writes a claimed run and takes away its intent, in one transaction. A run that is known is left as it is. */
  openRun(job: PolledJob & { readonly runId: string }): Promise<void>;
  writePhase(runId: string, phase: RunPhase): Promise<void>;
  writeLogPosition(runId: string, position: LogPosition): Promise<void>;
  /** Forgets a run. */
  closeRun(runId: string): Promise<void>;
  runs(): Promise<readonly JournalledRun[]>;
  close(): void;
}

/** The statements that lead from one version of the file to the next; the first makes it. */
const VERSIONS = [[
  "create table claim_intents (job_id text primary key)",
  `create table runs (
    run_id text primary key,
    job text not null,
    phase text not null,
    log_sequence integer not null,
    log_offset integer not null,
    log_inflight_bytes integer not null
  )`,
], ["alter table claim_intents add column offer text"]];

/** Opens the journal, and makes it on first use. */
export async function openJournal(path: string): Promise<RunJournal> {
  // Made by us first, so that its mode is right from its first byte.
  (await Deno.open(path, { create: true, write: true, mode: 0o600 })).close();
  const client = createClient({ url: `file:${path}` });
  await client.execute("pragma journal_mode = wal");
  await migrate(client, path);
  const write = async (sql: string, args: (string | number)[]) => {
    await client.execute({ sql, args });
  };
  return {
    intendClaim: (jobId, offer) =>
      write("insert or ignore into claim_intents (job_id, offer) values (?, ?)", [
        jobId,
        JSON.stringify(offer),
      ]),
    forgetClaim: (jobId) => write("delete from claim_intents where job_id = ?", [jobId]),
    async claimIntents() {
      return (await client.execute("select job_id, offer from claim_intents")).rows.map((row) => ({
        jobId: String(row["job_id"]),
        offer: JSON.parse(String(row["offer"] ?? "null")) as PolledJob | null,
      }));
    },
    async openRun(job) {
      const claimed: RunPhase = { kind: "claimed" };
      await client.batch([
        {
          sql: "insert or ignore into runs values (?, ?, ?, 0, 0, 0)",
          args: [job.runId, JSON.stringify(job), JSON.stringify(claimed)],
        },
        { sql: "delete from claim_intents where job_id = ?", args: [job.id] },
      ], "write");
    },
    writePhase: (runId, phase) =>
      write("update runs set phase = ? where run_id = ?", [JSON.stringify(phase), runId]),
    writeLogPosition: (runId, at) =>
      write("update runs set log_sequence = ?, log_offset = ?, log_inflight_bytes = ? where run_id = ?", [
        at.nextSequence,
        at.offset,
        at.inflightBytes,
        runId,
      ]),
    closeRun: (runId) => write("delete from runs where run_id = ?", [runId]),
    async runs() {
      const { rows } = await client.execute("select * from runs order by run_id");
      return rows.map((row) => ({
        runId: String(row["run_id"]),
        job: JSON.parse(String(row["job"])) as PolledJob,
        phase: JSON.parse(String(row["phase"])) as RunPhase,
        log: {
          nextSequence: Number(row["log_sequence"]),
          offset: Number(row["log_offset"]),
          inflightBytes: Number(row["log_inflight_bytes"]),
        },
      }));
    },
    close: () => client.close(),
  };
}

async function migrate(client: Client, path: string): Promise<void> {
  const version = Number((await client.execute("pragma user_version")).rows[0]?.["user_version"] ?? 0);
  if (version > VERSIONS.length) {
    throw new RangeError(
      `Cannot open journal as ${path} must have schema version ${VERSIONS.length} or less: current value is ${version}`,
    );
  }
  for (let next = version + 1; next <= VERSIONS.length; next++) {
    await client.batch([...VERSIONS[next - 1]!, `pragma user_version = ${next}`], "write");
  }
}
