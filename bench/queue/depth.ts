/** P9: a claim with 100,000 jobs waiting against one with 100, and the first poll after workerd was killed. */
import { rm } from "node:fs/promises";
import { ADMIN_TOKEN, makeDataDir, startPlane } from "../plane.ts";
import { median, percentile } from "../result.ts";
import { openPeer, type Peer, submitCards } from "./clients/peer.ts";
import { openProject, type Project } from "./clients/project.ts";
import type { Part } from "./measurement_part.ts";

const DEPTHS = { shallow: 100, deep: 100_000 } as const;
const CARDS_PER_MESSAGE = 1_000;
/** Claims per block and blocks per depth; the depths take turns, and the first block of each warms up. */
const BLOCK_CLAIMS = 400;
const BLOCKS = 4;
const WAKE_UPS = 3;

/** Measures on a workerd of its own. */
export async function measureDepth(parentDir: string): Promise<Part> {
  const dataDir = await makeDataDir("depth", parentDir);
  try {
    const { shallow, deep, runners } = await claims(dataDir);
    const wakes = { empty: [] as number[], deep: [] as number[] };
    for (let n = 0; n < WAKE_UPS; n++) {
      for (const name of ["empty", "deep"] as const) {
        wakes[name].push(await firstPollMs(dataDir, name, runners[name]));
      }
    }
    const p = (values: readonly number[], share: number) => percentile(values, share);
    const wakeUpMs = median(wakes.deep) - median(wakes.empty);
    return {
      rows: [
        {
          name: "claim, 100 queued",
          kind: "depth",
          count: shallow.length,
          p50Ms: p(shallow, 0.5),
          p99Ms: p(shallow, 0.99),
        },
        {
          name: "claim, 100,000 queued",
          kind: "depth",
          count: deep.length,
          p50Ms: p(deep, 0.5),
          p99Ms: p(deep, 0.99),
        },
        {
          name: "first poll after kill -9, 100,000 queued",
          kind: "depth",
          emptyMs: median(wakes.empty),
          deepMs: median(wakes.deep),
          wakeUpMs,
        },
      ],
      extras: { claimP99DeepOverShallow: p(deep, 0.99) / p(shallow, 0.99), wakeUpMs },
    };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Claims at both depths, kept by one card for each claim; leaves workerd killed, and a runner's token per project. */
async function claims(dataDir: string) {
  const plane = await startPlane({ dataDir });
  const open = async (name: string) =>
    await openProject({ url: plane.url, adminToken: ADMIN_TOKEN, name, process: 0 });
  const projects = { empty: await open("empty"), shallow: await open("shallow"), deep: await open("deep") };
  const found = { shallow: [] as number[], deep: [] as number[] };
  const sides = {
    shallow: await openSide(projects.shallow, DEPTHS.shallow),
    deep: await openSide(projects.deep, DEPTHS.deep),
  };
  for (let block = 0; block < BLOCKS; block++) {
    for (const name of ["shallow", "deep"] as const) {
      const latencies = await sides[name].claim(BLOCK_CLAIMS);
      if (block > 0) found[name].push(...latencies);
    }
  }
  const waker = async (project: Project) => (await project.registerRunner("waker")).token;
  const runners = { empty: await waker(projects.empty), deep: await waker(projects.deep) };
  for (const side of Object.values(sides)) side.close();
  await plane.kill();
  return { ...found, runners };
}

async function openSide(project: Project, depth: number) {
  const submitter = await openPeer(project.base, ADMIN_TOKEN, 1);
  const runner = await project.registerRunner("claimer");
  const worker = await openPeer(project.base, runner.token, 1);
  for (let left = depth; left > 0; left -= CARDS_PER_MESSAGE) {
    await submitCards(submitter, Math.min(left, CARDS_PER_MESSAGE));
  }
  return {
    claim: async (count: number) => {
      const latencies: number[] = [];
      for (let n = 0; n < count; n++) latencies.push(await claimOne(worker, submitter));
      return latencies;
    },
    close: () => {
      submitter.close();
      worker.close();
    },
  };
}

/** Claims one, reports it, and submits another in its place; the time of the claim. */
async function claimOne(worker: Peer, submitter: Peer): Promise<number> {
  const startedAt = performance.now();
  const job = await new Promise<Parameters<Peer["onJobs"]>[0][number]>((resolve) => {
    worker.onJobs = (jobs) => resolve(jobs[0]!);
    worker.send({ type: "want", credit: 1 });
  });
  const tookMs = performance.now() - startedAt;
  await worker.ask((id) => ({
    type: "report",
    id,
    report: {
      jobResult: "success",
      exitCode: 0,
      jobId: job.id,
      runId: job.runId!,
      leaseEpoch: job.leaseEpoch!,
    },
  }));
  await submitCards(submitter, 1);
  return tookMs;
}

/** Starts workerd on the storage that was left, polls once, and kills it. */
async function firstPollMs(dataDir: string, project: string, token: string): Promise<number> {
  const plane = await startPlane({ dataDir });
  try {
    const startedAt = performance.now();
    const response = await fetch(`${plane.url}/api/owners/bench/projects/${project}/runners/jobs`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: '{"capabilities":[]}',
    });
    await response.text();
    if (!response.ok) throw new Error(`Cannot poll ${project}: ${response.status}`);
    return performance.now() - startedAt;
  } finally {
    await plane.kill();
  }
}
