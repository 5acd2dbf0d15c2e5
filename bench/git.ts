/**
 * Clone and push of a task's repository with stock git, against `git http-backend` serving the same repository, both
 * over HTTP on this machine (P12), and what memory and processor time our server takes. `deno run -A bench/git.ts`
 *
 * Each round pushes to a fresh repository of both, in turn, and clones what was pushed without checking it out, which
 * would cost both the same. Medians of the rounds. Ours is the whole Worker as `wrangler.toml` says, with its
 * authorisation; `git http-backend` has none, and starts a process for each request.
 *
 * Memory: how far the peak of workerd's resident memory (`VmHWM`) in any round is above its memory before the first push.
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
/** Where the pack of a runner's work goes; our server gives its first commit to `main`. */
const REF = "refs/heads/work/bench";
/** Git tells nobody's settings from those of the person who runs this. */
const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

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

const dataDir = await makeDataDir("git");
const backendDir = join(dataDir, "backend");
const scratch = join(dataDir, "scratch");
for (const dir of [backendDir, scratch, join(dataDir, "plane")]) await Deno.mkdir(dir);
const plane = await startPlane({ dataDir: join(dataDir, "plane") });
const backend = serveHttpBackend(backendDir);
const ticksPerSecond = Number((await run("getconf", ["CLK_TCK"])).trim());
/** Resident memory of workerd before the first push. */
let idleBytes = 0;
const rows: BenchRow[] = [];
const ratios: Record<string, number> = {};
try {
  await call("PUT", "/assembly-lines/l", ADMIN_TOKEN, {
    name: "L",
    stations: [{ id: "a", name: "a", trigger: { type: "dispatch_worker" } }],
  });
  for (const { name, options, rounds } of SIZES) {
    const source = join(dataDir, name);
    await generateRepository(source, options);
    const ours: Record<"push" | "clone", Sample[]> = { push: [], clone: [] };
    const theirs: Record<"push" | "clone", Sample[]> = { push: [], clone: [] };
    // The first round warms both up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      const target = await ourTarget();
      if (idleBytes === 0) idleBytes = (await usage(plane)).residentBytes;
      const peer = await theirTarget(`${name}_${round}`);
      for (const [samples, { url, options: config }] of [[ours, target], [theirs, peer]] as const) {
        const push = await measure(() => git(source, ...config, "push", "-q", url, `main:${REF}`));
        const clone = join(scratch, "clone");
        const cloned = await measure(() => git(".", ...config, "clone", "-q", "--bare", url, clone));
        const tip = await git(clone, "rev-parse", REF);
        assert.equal(tip, await git(source, "rev-parse", "main"), "the clone has what was pushed");
        await Deno.remove(clone, { recursive: true });
        if (round === 0) continue;
        samples.push.push(push);
        samples.clone.push(cloned);
      }
      await Deno.remove(join(backendDir, `${name}_${round}.git`), { recursive: true });
    }
    const { objects, bytes } = await sizeOf(source);
    for (const what of ["push", "clone"] as const) {
      const [oursMs, theirsMs] = [ours[what], theirs[what]].map((samples) =>
        median(samples.map(({ ms }) => ms))
      );
      const growth = Math.max(...ours[what].map(({ peakGrowthBytes }) => peakGrowthBytes));
      rows.push({
        name: `${what} ${name}`,
        megabytes: bytes / 1e6,
        objects,
        oursMs: oursMs!,
        httpBackendMs: theirsMs!,
        oursCpuMs: median(ours[what].map(({ cpuMs }) => cpuMs)),
        peakGrowthMb: growth / 1e6,
      });
      ratios[`${what}_${name}_over_http_backend`] = oursMs! / theirsMs!;
      ratios[`${what}_${name}_peak_growth_mb`] = growth / 1e6;
    }
  }
} finally {
  await backend.stop();
  await plane.stop();
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

/** A fresh task whose job a fresh runner holds, which may push its work. */
async function ourTarget(): Promise<Target> {
  const runner = await call("POST", "/runners", ADMIN_TOKEN, { name: `r${crypto.randomUUID().slice(0, 8)}` });
  const { id } = await call("POST", "/stages/l/tasks", ADMIN_TOKEN, { title: "t" });
  const polled = await call("POST", "/runners/jobs", runner.token, {});
  assert.equal(polled.jobs[0].agentDefinition.taskId, id);
  const basic = btoa(`runner:${runner.token}`);
  return {
    url: `${plane.url}/api/git/bench/git/${id}.git`,
    options: ["-c", `http.extraHeader=Authorization: Basic ${basic}`],
  };
}

async function theirTarget(name: string): Promise<Target> {
  const folder = join(backendDir, `${name}.git`);
  await git(".", "init", "-q", "--bare", "-b", "main", folder);
  return { url: `${backend.url}/${name}.git`, options: [] };
}

async function call(method: string, path: string, token: string, body: unknown) {
  const response = await fetch(`${plane.url}/api/owners/bench/projects/git${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

async function measure(operation: () => Promise<unknown>): Promise<Sample> {
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
