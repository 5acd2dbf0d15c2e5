/**
 * Our Worker's place in the output bench: `TaskLog` as it is, with its rows counted, behind the way that output takes
 * from a runner's socket: a program that parses messages and hands what came in one turn to the log, in one call.
 *
 * `GET /socket?name=&run=` is such a socket; a message is as in `bare_worker.ts`. `POST /life?batches=&bytes=` lives
 * one task's output from the first byte to the end of its retention, and answers with what was counted.
 */
import type { OutputChunk } from "../../worker/domain/task_log_api.ts";
import type { Env } from "../../worker/env.ts";
import { TaskLog as RealTaskLog } from "../../worker/objects/task_log.ts";

export { HumanGate } from "../../worker/objects/human_gate.ts";
export { JobQueue } from "../../worker/objects/job_queue.ts";
export { People } from "../../worker/objects/people.ts";
export { TaskRepository } from "../../worker/objects/task_repository.ts";

const HEADER_BYTES = 4;
const CHUNK_BYTES = 2_000;
const DAY_MS = 86_400_000;

/** What one object wrote since it was made. */
export interface LogCounts {
  readonly rowsWritten: number;
  readonly databaseBytes: number;
}

/** The real log, counted. */
export class TaskLog extends RealTaskLog {
  readonly #cursors: { readonly rowsWritten: number }[];
  #putsAndAlarms: { puts: number; alarms: number };

  constructor(ctx: DurableObjectState, env: Env) {
    const cursors: { readonly rowsWritten: number }[] = [];
    const other = { puts: 0, alarms: 0 };
    const { sql, kv } = ctx.storage;
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, "exec", {
      value: (...args: Parameters<typeof exec>) => {
        const cursor = exec(...args);
        cursors.push(cursor);
        return cursor;
      },
    });
    const put = kv.put.bind(kv);
    Object.defineProperty(kv, "put", {
      value: (...args: Parameters<typeof put>) => {
        // The moved clock is the bench's.
        if (args[0] !== "clock_offset_ms") other.puts++;
        return put(...args);
      },
    });
    const setAlarm = ctx.storage.setAlarm.bind(ctx.storage);
    Object.defineProperty(ctx.storage, "setAlarm", {
      value: (...args: Parameters<typeof setAlarm>) => {
        other.alarms++;
        return setAlarm(...args);
      },
    });
    super(ctx, { ...env, SHOPFLOOR_CLOCK: "fake" });
    this.#cursors = cursors;
    this.#putsAndAlarms = other;
  }

  async counts(): Promise<LogCounts> {
    const rows = this.#cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0);
    const { puts, alarms } = this.#putsAndAlarms;
    return await Promise.resolve({
      // An alarm that is set is a row, and so is a value that is put.
      rowsWritten: rows + puts + alarms,
      databaseBytes: this.ctx.storage.sql.databaseSize,
    });
  }
}

type LogStub = Pick<
  InstanceType<typeof TaskLog>,
  "append" | "appendMany" | "recordMany" | "advanceClock" | "counts" | "read"
>;

function logOf(env: Env, name: string): LogStub {
  return env.TASK_LOG.getByName(name) as unknown as LogStub;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const query = (name: string) => url.searchParams.get(name) ?? "";
    if (url.pathname === "/life") {
      return Response.json(
        await liveOnce(env, query("name"), Number(query("batches")), Number(query("bytes"))),
      );
    }
    const log = logOf(env, query("name"));
    // The object is awake before the first chunk: what it takes to wake is not what is measured.
    if (url.pathname === "/wake") return Response.json((await log.read(0, 0)).totalBytes);
    const { 0: client, 1: server } = new WebSocketPair();
    relay(server, log, query("run"));
    return new Response(null, { status: 101, webSocket: client });
  },
};

/** Hands on what comes over the socket, one call per turn of the event loop. */
function relay(socket: WebSocket, log: LogStub, runId: string): void {
  let chunks: OutputChunk[] = [];
  let messages = 0;
  const flush = async () => {
    const [taken, count] = [chunks, messages];
    chunks = [];
    messages = 0;
    const answers = await log.appendMany(taken);
    if (answers.length !== taken.length) throw new Error("Cannot go on as each chunk must have an answer");
    for (let n = 0; n < count; n++) socket.send("ok");
  };
  socket.binaryType = "arraybuffer";
  socket.accept();
  socket.addEventListener("close", () => socket.close(1000));
  socket.addEventListener("message", ({ data }) => {
    const bytes = data as ArrayBuffer;
    const first = new DataView(bytes).getUint32(0);
    if (messages === 0) setTimeout(() => void flush(), 0);
    messages++;
    for (let at = HEADER_BYTES, n = 0; at < bytes.byteLength; at += CHUNK_BYTES, n++) {
      chunks.push({
        runId,
        stationId: "station",
        sequence: first + n,
        offset: null,
        bytes: new Uint8Array(bytes, at, Math.min(CHUNK_BYTES, bytes.byteLength - at)),
      });
    }
  });
}

/** One task of one station. What is delivered together is what its queue tells together. */
async function liveOnce(env: Env, name: string, batches: number, bytes: number) {
  const log = logOf(env, name);
  let sequence = 0;
  const event = (kind: string, ends: "completed" | null = null) => ({
    entry: {
      eventId: `bench/site:${++sequence}`,
      atMs: Date.now(),
      kind,
      stationId: "station",
      jobId: "01jbrc9nf6m6sc7n75yr3hga9t",
      runId: "01jbrc9nf6m6sc7n75yr3hga9u",
      runnerName: "attic",
      detail: "attempt 1",
    },
    ends,
  });
  let calls = 0;
  const tell = async (...events: ReturnType<typeof event>[]) => {
    calls++;
    await log.recordMany(events);
  };
  await tell(event("task_submitted"), event("job_queued"), event("run_claimed"));
  await tell(event("run_started"));
  for (let n = 0; n < batches; n++) {
    calls++;
    const chunk = { runId: "run", stationId: "station", sequence: n, offset: null };
    await log.append({ ...chunk, bytes: new Uint8Array(bytes).fill(97) });
  }
  await tell(event("job_finished"), event("task_completed", "completed"));
  const ended = await log.counts();
  await log.advanceClock(DAY_MS);
  await log.advanceClock(90 * DAY_MS);
  const expired = await log.counts();
  return { calls, ended, expired };
}
