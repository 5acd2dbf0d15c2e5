/**
 * The other end of the runner's wire: a small control plane that is as strict as the real one about what a runner may
 * say, remembers all of it, and can be told to misbehave.
 *
 * 1. A call that the protocol does not allow is answered with its 4xx and kept in `violations`; tests expect none.
 * 2. Leases do not expire by themselves: a test takes one away.
 * 3. Task repositories are real: `git http-backend` behind the runner's and the job's tokens.
 */
import { join } from "node:path";
import { logQuery } from "../../protocol/line/log.ts";
import {
  type AgentDefinition,
  claimBody,
  pollBody,
  type PolledJob,
  runnerRegistration,
  runnerReport,
} from "../../protocol/line/runner.ts";
import { agentEventsInput, type WireAgentEvent } from "../../protocol/agent/events.ts";
import { usageInput } from "../../protocol/line/usage.ts";
import { LEASE_MS, LOG_CHUNK_MAX_BYTES } from "../../protocol/limits.ts";
import { ulid } from "../../protocol/ids.ts";
import type { FakeControlPlane, FakeRun } from "./control_plane_api.ts";
import { json, refusal } from "./control_plane_answers.ts";
import { createGitRoute } from "../../runner-agent/worktree/git_route.ts";

export type { FakeControlPlane, FakeRun } from "./control_plane_api.ts";

export const USER_TOKEN = "user-token-of-the-fake-0001";
export const OWNER = "acme";
export const PROJECT = "web";
const BASE = `/api/owners/${OWNER}/projects/${PROJECT}`;

const UNTIL_MAX_MS = 30_000;

export async function startFakeControlPlane(dir: string, preferredPort = 0): Promise<FakeControlPlane> {
  const runnerTokens = new Map<string, string>();
  const queue: PolledJob[] = [];
  const runs = new Map<string, FakeRun>();
  const violations: string[] = [];
  const usage: FakeControlPlane["usage"] = [];
  const agentEvents = new Map<string, WireAgentEvent[]>();
  const polls: (readonly string[] | null)[] = [];
  const watchers = new Set<() => void>();
  const ended = new AbortController();
  const announce = () => [...watchers].forEach((watcher) => watcher());
  const newId = () =>
    ulid<string & { readonly __brand: "JobId" }>(Date.now(), crypto.getRandomValues(new Uint8Array(10)));

  const violation = (text: string, status = 400) => {
    violations.push(text);
    return refusal(status, "violation", text);
  };

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const isGit = url.pathname.startsWith("/api/git/");
    const body = isGit ? new Uint8Array() : new Uint8Array(await request.arrayBuffer());
    const intercepted = await plane.intercept(request.method, url.pathname, body);
    if (intercepted !== null) return intercepted;
    if (isGit) return await serveGit(request, url.pathname);
    if (url.pathname === "/healthz") return Response.json({ ok: true, version: "fake" });
    if (!url.pathname.startsWith(`${BASE}/`)) return violation(`unknown path ${url.pathname}`, 404);
    const token = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
    const path = url.pathname.slice(BASE.length);
    const route = `${request.method} ${path}`;
    if (route === "POST /runners/register") return register(token, body);
    const runnerId = runnerTokens.get(token);
    if (runnerId === undefined) return refusal(401, "unauthenticated", "expected a runner's token");
    if (route === "GET /runners") return Response.json([{ id: runnerId, name: "r", status: "online" }]);
    // A runner may ask whether there is a socket or a stream; this server has none.
    if (route === "GET /runners/socket" || route === "GET /runners/events") {
      return refusal(404, "route_not_found", "there is no such thing here");
    }
    if (route === "POST /runners/jobs") return await poll(request, body);
    if (route === "POST /runners/generate-jitconfig") return claim(runnerId, body);
    if (route === `PATCH /runners/${runnerId}`) return report(body);
    const log = path.match(/^\/runs\/([^/]+)\/jobs\/([^/]+)\/logs$/);
    if (request.method === "POST" && log !== null) return appendLog(request, url, log[1]!, log[2]!, body);
    const use = path.match(/^\/runs\/([^/]+)\/jobs\/([^/]+)\/usage$/);
    if (request.method === "POST" && use !== null) return takeUsage(use[1]!, body);
    const told = path.match(/^\/runs\/([^/]+)\/jobs\/([^/]+)\/events$/);
    if (request.method === "POST" && told !== null) return takeEvents(told[1]!, body);
    return violation(`unknown route ${route}`, 404);
  }

  /** What is there already is dropped; a gap is the runner's fault. */
  function takeEvents(runId: string, body: Uint8Array): Response {
    const input = agentEventsInput.safeParse(json(body));
    if (!input.success) return violation(`events: ${input.error.message}`);
    const kept = agentEvents.get(runId) ?? [];
    agentEvents.set(runId, kept);
    for (const event of input.data.events) {
      if (event.sequence > kept.length) {
        return violation(`events: ${kept.length} must come before ${event.sequence}`);
      }
      if (event.sequence === kept.length) kept.push(event);
    }
    announce();
    return Response.json({ nextSequence: kept.length, cancel: false });
  }

  function takeUsage(runId: string, body: Uint8Array): Response {
    const input = usageInput.safeParse(json(body));
    if (!input.success) return violation(`usage: ${input.error.message}`);
    usage.push({ runId, ...input.data });
    return Response.json({ ok: true });
  }

  function register(token: string, body: Uint8Array): Response {
    if (token !== USER_TOKEN) return refusal(401, "unauthenticated", "expected a user's token");
    const input = runnerRegistration.safeParse(json(body));
    if (!input.success) return violation(`registration: ${input.error.message}`);
    const id = newId();
    const runnerToken = `runner-token-${crypto.randomUUID()}`;
    runnerTokens.set(runnerToken, id);
    return Response.json({
      id,
      name: input.data.name,
      token: runnerToken,
      registeredAt: new Date().toISOString(),
    }, { status: 201 });
  }

  async function poll(request: Request, body: Uint8Array): Promise<Response> {
    const input = pollBody.safeParse(json(body));
    if (!input.success) return violation(`poll: ${input.error.message}`);
    polls.push(input.data.capabilities ?? null);
    announce();
    const waitSeconds = Number(request.headers.get("prefer")?.match(/wait=(\d+)/)?.[1] ?? 0);
    const capabilities = new Set(input.data.capabilities);
    const matching = () => queue.filter((job) => job.needs.every((need) => capabilities.has(need)));
    if (matching().length === 0 && waitSeconds > 0) {
      await waitFor(() => matching().length > 0, waitSeconds * 1_000, request.signal);
    }
    const jobs = matching().map(({ jobToken: _, runId: __, leaseEpoch: ___, ...offer }) => offer);
    return jobs.length === 0 ? new Response(null, { status: 204 }) : Response.json({ jobs });
  }

  function claim(_runnerId: string, body: Uint8Array): Response {
    const input = claimBody.safeParse(json(body));
    if (!input.success) return violation(`claim: ${input.error.message}`);
    const held = runs.get(input.data.jobId);
    if (held !== undefined && held.outcome === null) return Response.json(held.job);
    const at = queue.findIndex((job) => job.id === input.data.jobId);
    if (at === -1) return refusal(409, "job_not_queued", "somebody else has it");
    const offer = queue.splice(at, 1)[0]!;
    const runId = newId();
    const job: PolledJob = {
      ...offer,
      runId,
      leaseEpoch: 1,
      leaseUntil: Date.now() + LEASE_MS,
      jobToken: `job-token-${crypto.randomUUID()}`,
      workRepositoryUrl: `${plane.url}/api/git/${OWNER}/${PROJECT}/${offer.agentDefinition.taskId}.git`,
    };
    runs.set(job.id, {
      runId,
      job,
      leaseEpoch: 1,
      inProgressReports: 0,
      terminalReports: [],
      outcome: null,
      isCancelled: false,
      chunks: [],
    });
    announce();
    return Response.json(job);
  }

  function report(body: Uint8Array): Response {
    const input = runnerReport.strict().safeParse(json(body));
    if (!input.success) return violation(`report: ${input.error.message}`);
    const { data } = input;
    const run = runs.get(data.jobId ?? "");
    if (run === undefined || run.runId !== data.runId) {
      return violation(`report of unknown run ${data.runId}`, 404);
    }
    if (data.leaseEpoch !== run.leaseEpoch) return refusal(409, "stale_lease", "somebody else has it");
    if (data.jobResult === "in_progress") {
      if (run.outcome !== null) return refusal(409, "run_finished", "it is over");
      run.inProgressReports++;
    } else {
      if (data.exitCode === undefined || data.error === undefined) {
        return violation("a terminal report needs exitCode and error");
      }
      run.terminalReports.push(data);
      if (run.outcome !== null && JSON.stringify(run.outcome) !== JSON.stringify(data)) {
        return violation(`a different terminal report of ${run.runId}`, 409);
      }
      run.outcome = data;
    }
    announce();
    return Response.json({
      ok: true,
      cancel: run.isCancelled,
      leaseUntil: run.outcome === null ? Date.now() + LEASE_MS : null,
    });
  }

  function appendLog(request: Request, url: URL, runId: string, jobId: string, body: Uint8Array): Response {
    if (!request.headers.get("content-type")?.startsWith("text/plain")) {
      return violation("log: expected text/plain", 415);
    }
    if (body.length === 0 || body.length > LOG_CHUNK_MAX_BYTES) {
      return violation(`log: ${body.length} bytes`, 413);
    }
    const query = logQuery.safeParse(Object.fromEntries(url.searchParams));
    const run = runs.get(jobId);
    if (!query.success || run?.runId !== runId) return violation(`log of unknown run ${runId}`, 404);
    if (query.data.leaseEpoch !== run.leaseEpoch) return refusal(409, "stale_lease", "somebody else has it");
    if (run.outcome !== null) return violation("log: output after the report", 409);
    const { sequence = -1, offset = -1 } = query.data;
    const kept = run.chunks[sequence];
    if (kept !== undefined) {
      if (!kept.every((byte, i) => byte === body[i]) || kept.length !== body.length) {
        return violation(`log: chunk ${sequence} came again with other bytes`);
      }
    } else {
      const total = run.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (sequence !== run.chunks.length || offset !== total) {
        return violation(`log: chunk ${sequence} at ${offset}, expected ${run.chunks.length} at ${total}`);
      }
      run.chunks.push(body);
    }
    announce();
    const nextOffset = run.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return Response.json({ ok: true, cancel: run.isCancelled, nextOffset });
  }

  async function serveGit(request: Request, path: string): Promise<Response> {
    const taskId = path.split("/")[5]?.replace(/\.git$/, "") ?? "";
    const sent = request.headers.get("authorization") ?? "";
    const token = sent.startsWith("Basic ")
      ? atob(sent.slice(6)).split(":")[1] ?? ""
      : sent.replace(/^Bearer /, "");
    const isRepositoryToken = [...runs.values()].some((run) =>
      run.job.agentDefinition.assemblyLineRepoToken === token
    );
    if (!runnerTokens.has(token) && !isRepositoryToken) {
      return new Response("no\n", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
    }
    const gitDir = plane.gitDirOf(taskId);
    return await createGitRoute({ gitDir, prefix: `/api/git/${OWNER}/${PROJECT}/${taskId}.git` })(request);
  }

  async function waitFor(test: () => boolean, maxMs: number, signal?: AbortSignal): Promise<boolean> {
    if (test()) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (test()) resolve();
    };
    const giveUp = () => resolve();
    watchers.add(check);
    const timer = setTimeout(giveUp, maxMs);
    signal?.addEventListener("abort", giveUp);
    ended.signal.addEventListener("abort", giveUp);
    await promise;
    clearTimeout(timer);
    watchers.delete(check);
    signal?.removeEventListener("abort", giveUp);
    ended.signal.removeEventListener("abort", giveUp);
    return test();
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: preferredPort, onListen: () => {}, signal: ended.signal },
    async (request) => {
      const answer = await handle(request);
      announce();
      return answer;
    },
  );
  const port = server.addr.port;
  const plane: FakeControlPlane = {
    url: `http://127.0.0.1:${port}`,
    port,
    violations,
    usage,
    agentEvents,
    runs,
    polls,
    addJob({ taskId, ...work }) {
      const gitDir = join(dir, "tasks", `${taskId}.git`);
      Deno.mkdirSync(gitDir, { recursive: true });
      new Deno.Command("git", { args: ["init", "-q", "--bare", "-b", "main", gitDir] }).outputSync();
      const id = newId();
      const definition: AgentDefinition = {
        labels: [],
        taskId,
        stageId: "build",
        assemblyLineId: "line",
        prompt: "Do it",
        appendSystemPrompt: "",
        initBranch: true,
        autoGit: false,
        commitMessageTemplate: "",
        idleTimeoutMinutes: 2,
        maxTimeoutMinutes: 60,
        operatorConfig: {},
        ...work,
      };
      queue.push({
        id,
        attempt: 1,
        stationName: "Build",
        taskTitle: "Tidy",
        needs: [],
        agentDefinition: definition,
      });
      announce();
      return id;
    },
    outputOf(jobId) {
      const decoder = new TextDecoder();
      return (runs.get(jobId)?.chunks ?? []).map((chunk) => decoder.decode(chunk, { stream: true })).join("");
    },
    takeLease(jobId) {
      const run = runs.get(jobId);
      if (run !== undefined) run.leaseEpoch++;
    },
    cancel(jobId) {
      const run = runs.get(jobId);
      if (run !== undefined) run.isCancelled = true;
    },
    intercept: () => null,
    gitDirOf: (taskId) => join(dir, "tasks", `${taskId}.git`),
    async until(what, test, maxMs = UNTIL_MAX_MS) {
      if (await waitFor(test, maxMs)) return;
      throw new Error(
        `Cannot go on as '${what}' must happen within ${maxMs} ms: it did not; violations: ${violations}`,
      );
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await server.finished;
    },
  };
  return plane;
}
