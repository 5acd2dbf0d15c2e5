/**
 * Clone and push of a task's repository with stock git, against `git http-backend` serving the same repository, both
 * over HTTP on this machine (P12), and what memory and processor time our server takes. `deno run -A bench/git.ts`
 *
 * Each round pushes to a fresh repository of both, in turn, and clones what was pushed without checking it out, which
 * would cost both the same. Medians of the rounds. Ours is the whole Worker as `wrangler.toml` says, with its
 * authorisation; `git http-backend` has none, and starts a process for each request.
 *
 * Memory: how far the peak of workerd's resident memory (`VmHWM`) is above its memory before, for one push and for one
 * clone, each in a workerd that was just started. Over many rounds it grows further, as nothing presses V8 to collect what
 * it could; how far after all rounds is in the results, too.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SHOPFLOOR_VERSION } from "../protocol/version.ts";
import {
  type GenerateOptions,
  generateRepository,
  LARGE_REPOSITORY,
  SMALL_REPOSITORY,
} from "../test/fake/git_generate.ts";
import { serveHttpBackend } from "./git_http_backend.ts";
import { ADMIN_TOKEN, makeDataDir, type Plane, startPlane, workerdVersion } from "./plane.ts";
import { type BenchRow, median, reportBench } from "./result.ts";

const SIZES: readonly {
  readonly name: string;
  readonly options: GenerateOptions;
  readonly rounds: number;
}[] = [
  { name: "4_mb", options: SMALL_REPOSITORY, rounds: 9 },
  { name: "50_mb", options: LARGE_REPOSITORY, rounds: 5 },
];
/** What a runner may push to. */
const REF = "refs/heads/work/bench";
/** Git sees no settings of the person who runs this, and never asks anything. */
const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

const WHATS = ["push", "clone"] as const;
type What = typeof WHATS[number];

/** One operation on one server. */
interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakGrowthBytes: number;
}

/** A repository that can be pushed to, and everything that git needs to know for it. */
interface Target {
  readonly url: string;
  readonly options: readonly string[];
}

/** A workerd with our Worker, and a project to push in. */
interface Server {
  readonly plane: Plane;
  /** Resident memory before anything was pushed. */
  readonly idleBytes: number;
}

const dataDir = await makeDataDir("git");
const backendDir = join(dataDir, "backend");
const scratch = join(dataDir, "scratch");
for (const dir of [backendDir, scratch]) await Deno.mkdir(dir);
const ticksPerSecond = Number((await run("getconf", ["CLK_TCK"])).trim());
const backend = serveHttpBackend(backendDir);
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
try {
  for (const { name, options, rounds } of SIZES) {
    const source = join(dataDir, name);
    await generateRepository(source, options);
    const growth = await measureGrowth(name, source);
    const server = await startServer(name);
    const ours: Record<What, Sample[]> = { push: [], clone: [] };
    const theirs: Record<What, Sample[]> = { push: [], clone: [] };
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (
        const [samples, target] of [
          [ours, await ourTarget(server)],
          [theirs, await theirTarget(`${name}_${round}`)],
        ] as const
      ) {
        const sample = await roundTrip(server, source, target);
        if (round === 0) continue;
        for (const what of WHATS) samples[what].push(sample[what]);
      }
      await Deno.remove(join(backendDir, `${name}_${round}.git`), { recursive: true });
    }
    const afterBytes = (await usage(server.plane)).residentBytes - server.idleBytes;
    await server.plane.stop();
    const { objects, bytes } = await sizeOf(source);
    for (const what of WHATS) {
      const [oursMs, theirsMs] = [ours[what], theirs[what]].map((samples) =>
        median(samples.map(({ ms }) => ms))
      );
      rows.push({
        name: `${what} ${name}`,
        megabytes: bytes / 1e6,
        objects,
        oursMs: oursMs!,
        httpBackendMs: theirsMs!,
        oursCpuMs: median(ours[what].map(({ cpuMs }) => cpuMs)),
        peakGrowthMb: growth[what] / 1e6,
        growthAfterAllRoundsMb: afterBytes / 1e6,
      });
      ratios[`${what}_${name}_over_http_backend`] = oursMs! / theirsMs!;
      ratios[`${what}_${name}_peak_growth_mb`] = growth[what] / 1e6;
    }
  }
} finally {
  await backend.stop();
  await Deno.remove(dataDir, { recursive: true });
}
await reportBench({
  name: "git",
  at: new Date().toISOString(),
  versions: {
    shopfloor: SHOPFLOOR_VERSION,
    deno: Deno.version.deno,
    workerd: await workerdVersion(),
    git: (await run("git", ["version"])).trim().replace("git version ", ""),
  },
  rows,
  ratios,
});
// Connections that are kept alive would keep this process.
Deno.exit(0);

/** How far the peak of memory rises by the first push to a fresh workerd, and by the first clone after a restart. */
async function measureGrowth(name: string, source: string): Promise<Record<What, number>> {
  const before = await startServer(`fresh_${name}`);
  const target = await ourTarget(before);
  const push = await measurePush(before, source, target);
  await before.plane.stop();
  const after = await startServer(`fresh_${name}`);
  const url = target.url.replace(before.plane.url, after.plane.url);
  const clone = await measureClone(after, source, { ...target, url });
  await after.plane.stop();
  return { push: push.peakGrowthBytes, clone: clone.peakGrowthBytes };
}

/** Starts workerd on what was stored under the name. */
async function startServer(name: string): Promise<Server> {
  const planeDir = join(dataDir, `plane_${name}`);
  await Deno.mkdir(planeDir, { recursive: true });
  const plane = await startPlane({ dataDir: planeDir });
  await call(plane, "PUT", "/assembly-lines/l", ADMIN_TOKEN, {
    name: "L",
    stations: [{ id: "a", name: "a", trigger: { type: "dispatch_worker" } }],
  });
  const { url, options } = await ourTarget({ plane, idleBytes: 0 });
  await git(".", ...options, "ls-remote", url);
  return { plane, idleBytes: (await usage(plane)).residentBytes };
}

/** A fresh task whose job a fresh runner holds, which may push its work. */
async function ourTarget({ plane }: Server): Promise<Target> {
  const name = `r${crypto.randomUUID().slice(0, 8)}`;
  const runner = await call(plane, "POST", "/runners", ADMIN_TOKEN, { name });
  const { id } = await call(plane, "POST", "/stages/l/tasks", ADMIN_TOKEN, { title: "t" });
  const polled = await call(plane, "POST", "/runners/jobs", runner.token, {});
  assert.equal(polled.jobs[0].agentDefinition.taskId, id);
  const basic = btoa(`runner:${runner.token}`);
  return {
    url: `${plane.url}/api/git/bench/git/${id}.git`,
    options: ["-c", `http.extraHeader=Authorization: Basic ${basic}`],
  };
}

/** One push to a fresh repository, and one clone of it. */
async function roundTrip(server: Server, source: string, target: Target): Promise<Record<What, Sample>> {
  const push = await measurePush(server, source, target);
  return { push, clone: await measureClone(server, source, target) };
}

function measurePush(server: Server, source: string, { url, options }: Target): Promise<Sample> {
  return measure(server, () => git(source, ...options, "push", "-q", url, `main:${REF}`));
}

async function measureClone(server: Server, source: string, { url, options }: Target): Promise<Sample> {
  const folder = join(scratch, "clone");
  const sample = await measure(server, () => git(".", ...options, "clone", "-q", "--bare", url, folder));
  const tip = await git(folder, "rev-parse", REF);
  assert.equal(tip, await git(source, "rev-parse", "main"), "the clone has what was pushed");
  await Deno.remove(folder, { recursive: true });
  return sample;
}

async function theirTarget(name: string): Promise<Target> {
  const folder = join(backendDir, `${name}.git`);
  await git(".", "init", "-q", "--bare", "-b", "main", folder);
  return { url: `${backend.url}/${name}.git`, options: [] };
}

async function call(plane: Plane, method: string, path: string, token: string, body: unknown) {
  const response = await fetch(`${plane.url}/api/owners/bench/projects/git${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

async function measure({ plane, idleBytes }: Server, operation: () => Promise<unknown>): Promise<Sample> {
  const before = await usage(plane);
  // Makes the peak start from here.
  await Deno.writeTextFile(`/proc/${plane.pid}/clear_refs`, "5");
  const startedAt = performance.now();
  await operation();
  const ms = performance.now() - startedAt;
  const after = await usage(plane);
  return { ms, cpuMs: after.cpuMs - before.cpuMs, peakGrowthBytes: after.peakBytes - idleBytes };
}

async function usage({ pid }: Plane) {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]) * 1024;
  const stat = (await Deno.readTextFile(`/proc/${pid}/stat`)).replace(/^.*\) /, "").split(" ");
  const ticks = Number(stat[11]) + Number(stat[12]);
  return {
    residentBytes: kilobytes("VmRSS"),
    peakBytes: kilobytes("VmHWM"),
    cpuMs: ticks * 1_000 / ticksPerSecond,
  };
}

async function sizeOf(folder: string) {
  const counted = await git(folder, "count-objects", "-v");
  const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(counted)![1]);
  return { objects: number("in-pack"), bytes: number("size-pack") * 1024 };
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  return (await run("git", args, cwd)).replace(/\n$/, "");
}

async function run(command: string, args: readonly string[], cwd = "."): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: ENVIRONMENT,
    stdin: "null",
  }).output();
  if (code === 0) return new TextDecoder().decode(stdout);
  throw new Error(
    `Cannot ${command} ${args.find((arg) => !arg.includes("Authorization")) ?? ""}: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}
