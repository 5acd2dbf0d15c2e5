/**
 * A driver process: takes a share of the load on its command line, says when it is ready, and does one phase per line
 * that it reads. What it says are lines of JSON on its standard output (`Said`).
 *
 * Times are milliseconds since 1970 with fractions, comparable between the processes of one machine.
 */
import process from "node:process";
import { LOAD_MS, type Share, WARM_UP_MS } from "./spec.ts";

/** What a worker tells of its work. */
export interface WorkEvents {
  /** A job is in the worker's hands: its id, as `submit` gave it. */
  claimed(id: string): void;
  /** The server has acknowledged the completion of so many jobs. */
  completed(count: number): void;
}

/** One system's client side: what a share of submitters and workers does. */
export interface QueueClient {
  /** Submits one job; resolves with its id when the server has it. `n` says which submitter calls, from 0. */
  submit(n: number): Promise<string>;
  /** Submits so many at once. */
  submitMany(n: number, count: number): Promise<void>;
  /** Starts the workers; resolves when all of them wait or work. */
  startWorkers(events: WorkEvents): Promise<void>;
  /** Ends workers and connections. */
  close(): Promise<void>;
}

/** A line that a driver process says. */
export type Said =
  | { readonly type: "ready" }
  | { readonly type: "enqueued"; readonly startedAt: number; readonly endedAt: number }
  | { readonly type: "completed"; readonly count: number; readonly lastAt: number }
  | { readonly type: "latencies"; readonly ms: readonly number[] }
  | { readonly type: "stopped"; readonly cpuMs: number };

const PROGRESS_MS = 20;
/** A job that nobody has claimed by then is a failure of the bench. */
const CLAIM_MAX_MS = 20_000;

/** Runs the process: never returns. */
export async function runDriver(createClient: (share: Share) => Promise<QueueClient>): Promise<never> {
  const share: Share = JSON.parse(Deno.args[0]!);
  const client = await createClient(share);
  let cpuStart = process.cpuUsage();
  say({ type: "ready" });
  for await (const phase of lines(Deno.stdin.readable)) {
    if (phase === "enqueue") {
      cpuStart = process.cpuUsage();
      await enqueue(client, share);
    } else if (phase === "work") await startWork(client);
    else if (phase === "load") {
      cpuStart = process.cpuUsage();
      await load(client, share);
    } else if (phase === "stop") break;
  }
  const { user, system } = process.cpuUsage(cpuStart);
  say({ type: "stopped", cpuMs: (user + system) / 1_000 });
  // Whatever a client keeps open would keep this process.
  await Promise.race([client.close(), new Promise((resolve) => setTimeout(resolve, 1_000))]).catch(() => {});
  Deno.exit(0);
}

async function enqueue(client: QueueClient, share: Share): Promise<void> {
  const startedAt = now();
  let left = share.jobs;
  await Promise.all(Array.from({ length: share.workers }, async (_, n) => {
    while (left > 0) {
      const count = Math.min(left, share.submitBatch);
      left -= count;
      if (share.submitBatch === 1) await client.submit(n);
      else await client.submitMany(n, count);
    }
  }));
  say({ type: "enqueued", startedAt, endedAt: now() });
}

async function startWork(client: QueueClient): Promise<void> {
  let count = 0;
  let lastAt = 0;
  let saidCount = 0;
  setInterval(() => {
    if (count === saidCount) return;
    saidCount = count;
    say({ type: "completed", count, lastAt });
  }, PROGRESS_MS);
  await client.startWorkers({
    claimed: () => {},
    completed: (more) => {
      count += more;
      lastAt = now();
    },
  });
}

/** An open loop: jobs at a fixed rate, whether or not the last one was taken. */
async function load(client: QueueClient, share: Share): Promise<void> {
  const submitted = new Map<string, { readonly at: number; readonly isCounted: boolean }>();
  const claimedAt = new Map<string, number>();
  await client.startWorkers({ claimed: (id) => claimedAt.set(id, now()), completed: () => {} });
  const startedAt = now();
  const total = Math.round(LOAD_MS / 1_000 * share.jobsPerSecond);
  const out: Promise<void>[] = [];
  for (let n = 0; n < total; n++) {
    const dueAt = startedAt + n * 1_000 / share.jobsPerSecond;
    const leftMs = dueAt - now();
    if (leftMs > 1) await new Promise((resolve) => setTimeout(resolve, leftMs));
    const at = now();
    out.push(
      client.submit(n % share.workers).then((id) => {
        submitted.set(id, { at, isCounted: at - startedAt >= WARM_UP_MS });
      }),
    );
  }
  await Promise.all(out);
  const deadline = now() + CLAIM_MAX_MS;
  const open = () => [...submitted.keys()].filter((id) => !claimedAt.has(id)).length;
  while (open() > 0) {
    if (now() > deadline) {
      throw new Error(`Cannot end as every job must be claimed: ${open()} of ${submitted.size} are not`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const counted = [...submitted].filter(([, job]) => job.isCounted);
  say({ type: "latencies", ms: counted.map(([id, job]) => claimedAt.get(id)! - job.at) });
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function say(said: Said): void {
  console.log(JSON.stringify(said));
}

/** Cuts a stream of bytes into lines. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
