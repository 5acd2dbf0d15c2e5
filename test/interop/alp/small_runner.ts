/**
 * The smallest runner that meets every check of this suite, from the published protocol alone: it shows that the checks
 * can be met, and serves as another make of runner for any server. Not isolated: for tests only.
 *
 * Settings: the variables of `runner/bench.ts`. It polls with capabilities: a job that comes with a `runId` is claimed;
 * one without is an offer, to be claimed and reported in the reference's words (Line 4.2). With ALP_DIALECT=spec it polls
 * without a body, as the published text has it.
 */
import { EventStream } from "./sse.ts";
import { type Answer, call, isOk } from "./wire.ts";
import { sleep } from "./check.ts";

interface Work {
  readonly id: string;
  readonly runId?: string;
  readonly jobToken?: string;
  // deno-lint-ignore no-explicit-any -- what a server sends may be anything
  readonly agentDefinition: any;
}

interface Ending {
  readonly exitCode: number;
  readonly error: string | null;
}

const setting = (name: string) => Deno.env.get(`ALP_${name}`) ?? "";
const base = `${setting("SERVER")}/api/owners/${setting("OWNER")}/projects/${setting("PROJECT")}`;
const pollMs = Number(setting("POLL_SECONDS")) * 1_000;
const beatMs = Number(setting("HEARTBEAT_SECONDS")) * 1_000;
const RETRY_MS = 200;

let isDraining = false;
let wake = () => {};
Deno.addSignalListener("SIGTERM", () => {
  isDraining = true;
  wake();
});

const me = await registration();
const send = (method: string, path: string, body: unknown) =>
  call(method, base + path, { token: me.token, body }).catch(() => null);
listen();
while (!isDraining) {
  const job = await poll();
  if (job !== null) await work(job);
  else await Promise.race([sleep(pollMs), new Promise<void>((resolve) => wake = resolve)]);
}
Deno.exit(0);

async function registration(): Promise<{ readonly id: string; readonly token: string }> {
  const path = `${setting("DATA")}/registration.json`;
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const body = { name: setting("RUNNER_NAME"), labels: setting("RUNNER_LABELS").split(",") };
  const ask = (at: string) => call("POST", base + at, { token: setting("USER_TOKEN"), body });
  let answer = await ask("/runners/register");
  if (answer.status === 404) answer = await ask("/runners");
  if (!isOk(answer)) throw new Error(`Cannot register as the server must agree: ${answer.status}`);
  const { id, token } = answer.json;
  await Deno.writeTextFile(path, JSON.stringify({ id, token }), { mode: 0o600 });
  return { id, token };
}

/** Wakes the loop at each event; without events the loop alone is enough. */
async function listen(): Promise<void> {
  const stream = await EventStream.open(`${base}/runners/events`, me.token).catch(() => null);
  if (stream === null || stream.response.status !== 200) return;
  while (!isDraining) if (await stream.next(60_000) !== null) wake();
}

async function poll(): Promise<Work | null> {
  const body = setting("DIALECT") === "spec" ? undefined : { capabilities: ["alp_operator"] };
  const answer = await send("POST", "/runners/jobs", body);
  const job: Work | undefined = answer?.status === 200 ? answer.json?.jobs?.[0] : undefined;
  if (job === undefined || isDraining) return null;
  if (job.runId !== undefined) return job;
  const claimed = await send("POST", "/runners/generate-jitconfig", {
    jobId: job.id,
    name: setting("RUNNER_NAME"),
  });
  return claimed !== null && isOk(claimed) ? { ...job, ...claimed.json, isOffer: true } : null;
}

async function work(job: Work): Promise<void> {
  const isOffer = "isOffer" in job;
  const stop = new AbortController();
  const run = `/runs/${job.runId}/jobs/${job.id}`;
  const say = (status: string): Promise<Answer | null> =>
    isOffer
      ? send("PATCH", run, { status, conclusion: null })
      : send("PATCH", `/runners/${me.id}`, { jobResult: status, exitCode: null, error: null, jobId: job.id });
  const beat = async () => {
    if ((await say("in_progress"))?.json?.cancel === true) stop.abort("cancelled");
  };
  await beat();
  const timer = setInterval(beat, beatMs);
  const ending = await execute(job, stop);
  clearInterval(timer);
  const isGood = ending.exitCode === 0 && ending.error === null;
  for (;;) {
    const answer = isOffer
      ? await send("PATCH", run, {
        status: "completed",
        conclusion: isGood ? "success" : "failure",
        completionReason: ending.error ?? "success",
      })
      : await send("PATCH", `/runners/${me.id}`, {
        jobResult: isGood ? "success" : "failed",
        ...ending,
        jobId: job.id,
      });
    if (answer !== null && answer.status < 500) return;
    await sleep(RETRY_MS);
  }
}

async function execute(job: Work, stop: AbortController): Promise<Ending> {
  const { agentDefinition: task } = job;
  const dir = await Deno.makeTempDir({ prefix: "alp_small_runner_" });
  const workspace = `${dir}/workspace`;
  const shell = (command: string, cwd = dir) =>
    new Deno.Command("bash", { args: ["-c", command], cwd, env: { HOME: dir }, stdin: "null" }).output();
  try {
    await Deno.mkdir(workspace);
    if (task.repository !== undefined) {
      const cloned = await new Deno.Command("git", { args: ["clone", "-q", task.repository, workspace] })
        .output();
      if (!cloned.success) return { exitCode: -1, error: "the repository cannot be cloned" };
      if (task.initBranch) await shell(`git checkout -q -b 'task-${task.taskId}'`, workspace);
    }
    const url = task.assemblyLineRepoUrl ?? task.stageGitUrl;
    const token = task.assemblyLineRepoToken ?? task.stageGitToken;
    if (url !== undefined) {
      const at = new URL(url);
      at.username = "git";
      at.password = token;
      await Deno.writeTextFile(`${dir}/.git-credentials`, `${at.origin.replace("//", `//git:${token}@`)}\n`);
      await Deno.writeTextFile(`${dir}/.gitconfig`, "[credential]\nhelper = store\n");
    }
    const ending = await agent(
      job,
      workspace,
      dir,
      url === undefined ? {} : {
        ASSEMBLY_LINE_REPO_URL: url,
        ASSEMBLY_LINE_REPO_TOKEN: token,
      },
      stop,
    );
    if (ending.exitCode !== 0 || !task.autoGit) return ending;
    const dirty = new TextDecoder().decode((await shell("git status --porcelain", workspace)).stdout);
    return dirty === "" ? ending : { exitCode: 0, error: `uncommitted changes: ${dirty}` };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The agent of this runner is bash with the prompt as its script. */
async function agent(
  job: Work,
  cwd: string,
  home: string,
  repository: Readonly<Record<string, string>>,
  stop: AbortController,
): Promise<Ending> {
  const { agentDefinition: task } = job;
  const child = new Deno.Command("setsid", {
    args: ["bash", "-euc", task.prompt],
    cwd,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: home,
      AGENTICS_JOB_ID: job.id,
      AGENTICS_TOKEN: job.jobToken ?? crypto.randomUUID(),
      AGENTICS_BASE_URL: setting("SERVER"),
      AGENTICS_OWNER: setting("OWNER"),
      AGENTICS_PROJECT_NAME: setting("PROJECT"),
      ALP_JOB_ID: job.id,
      ALP_STATION_LABELS: (task.labels ?? []).join(","),
      ...repository,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = (why: string) => {
    if (!stop.signal.aborted) stop.abort(why);
  };
  stop.signal.addEventListener("abort", () => {
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  });
  const max = setTimeout(() => end("timeout"), (task.maxTimeoutMinutes ?? 60) * 60_000);
  const idleMs = (task.idleTimeoutMinutes ?? 2) * 60_000;
  let idle = setTimeout(() => end("idle_timeout"), idleMs);
  const watch = async (stream: ReadableStream<Uint8Array>) => {
    for await (const _ of stream) {
      clearTimeout(idle);
      idle = setTimeout(() => end("idle_timeout"), idleMs);
    }
  };
  await Promise.all([watch(child.stdout), watch(child.stderr)]);
  const { code } = await child.status;
  clearTimeout(max);
  clearTimeout(idle);
  if (stop.signal.aborted) return { exitCode: code === 0 ? 1 : code, error: String(stop.signal.reason) };
  return { exitCode: code, error: code === 0 ? null : `the agent ended with exit code ${code}` };
}
