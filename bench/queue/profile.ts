/**
 * Where our server's processor time goes for a job: one measurement of the queue bench against our Worker, with V8's
 * sampling profiler over workerd's inspector. Prints self time by function in microseconds per job; times of native
 * code that JavaScript called are with the function that called it or under `(program)`.
 *
 * `deno run -A bench/queue/profile.ts --workers 100 --jobs 10000 --batch 10 --submit-batch 10`. Not a measurement to
 * quote: sampling costs, and what the processor did outside of V8 (sockets, SQLite's writes) is in no sample.
 */
import { Command } from "commander";
import { ADMIN_TOKEN, makeDataDir, startPlane } from "../plane.ts";
import { measure } from "./run_measurement.ts";
import type { Spec, SystemName } from "./spec.ts";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const SAMPLING_US = 100;

const command = new Command("deno run -A bench/queue/profile.ts")
  .option("--system <name>", "socket, mixed or http", "socket")
  .option("--workers <count>", "workers and submitters", "100")
  .option("--jobs <count>", "jobs", "10000")
  .option("--batch <count>", "jobs per claim and report", "1")
  .option("--submit-batch <count>", "cards per message", "1")
  .option("--warm-up <count>", "jobs before the profile begins", "10000")
  .option("--rows <count>", "functions to print", "60")
  .option("--save <path>", "writes the profile, for a browser's developer tools")
  .parse(Deno.args, { from: "user" });
const options = command.opts<Record<string, string>>();
const [workers, jobs, batch, submitBatch, warmUp, rows] = [
  "workers",
  "jobs",
  "batch",
  "submitBatch",
  "warmUp",
  "rows",
].map((name) => Number(options[name])) as [number, number, number, number, number, number];
const spec: Spec = {
  system: options["system"] as SystemName,
  kind: "throughput",
  workers,
  jobs,
  batch,
  submitBatch,
  jobsPerSecond: 0,
  variant: "one",
};

const dataDir = await makeDataDir("profile");
const plane = await startPlane({ dataDir, hasInspector: true });
const server = { url: plane.url, pid: plane.pid, adminToken: ADMIN_TOKEN, stop: () => plane.stop() };
try {
  if (warmUp > 0) await measure({ ...spec, jobs: warmUp }, server, "warm-up", 1);
  const inspector = await openInspector(await plane.inspectorUrl());
  await inspector.call("Profiler.enable");
  await inspector.call("Profiler.setSamplingInterval", { interval: SAMPLING_US });
  const measured = await measure(
    spec,
    server,
    "profiled",
    1,
    async () => void await inspector.call("Profiler.start"),
  );
  const { profile } = await inspector.call("Profiler.stop") as { profile: Profile };
  if (options["save"] !== undefined) await Deno.writeTextFile(options["save"], JSON.stringify(profile));
  print(profile);
  console.log(
    `server CPU ${measured.serverCpuUs.toFixed(1)} us a job while profiled, ${
      Math.round(measured.jobsPerSecond)
    } jobs/s`,
  );
} finally {
  await plane.stop();
  await Deno.remove(dataDir, { recursive: true });
}
Deno.exit(0);

function print({ nodes, samples, timeDeltas }: Profile): void {
  const nameOf = new Map(nodes.map(({ id, callFrame: { functionName, lineNumber, columnNumber } }) => [
    id,
    functionName.startsWith("(")
      ? functionName
      : `${functionName || "?"}:${lineNumber + 1}:${columnNumber + 1}`,
  ]));
  const selfUs = new Map<string, number>();
  samples.forEach((id, at) => {
    const name = nameOf.get(id)!;
    selfUs.set(name, (selfUs.get(name) ?? 0) + timeDeltas[at]!);
  });
  for (const [name, us] of [...selfUs].sort((a, b) => b[1] - a[1]).slice(0, rows)) {
    console.log(`${(us / jobs).toFixed(2).padStart(8)}  ${name}`);
  }
}

async function openInspector(url: string) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("Cannot profile as the inspector must answer"));
  });
  const asked = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    asked.get(id)?.(result);
  };
  return {
    call: (method: string, params = {}) => {
      const id = ++lastId;
      socket.send(JSON.stringify({ id, method, params }));
      return new Promise<unknown>((resolve) => asked.set(id, resolve));
    },
  };
}
