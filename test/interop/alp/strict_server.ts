/**
 * The other side of a runner under test: an Assembly Line Protocol server that knows the published text and nothing
 * else, refuses what is not in it, and writes down every call with its time.
 *
 * Two dialects. `spec`: Line 3, where the poll claims. `reference`: Line 4.2, where a poll only offers, the claim call
 * claims, and the run's report is the authoritative one.
 *
 * 1. A known call with a wrong token or body is answered with its 4xx and kept in `violations`.
 * 2. A call that the dialect does not have is 404, and kept in `unknownCalls`: a runner may try, and must live with it.
 * 3. A runner that holds a job gets no other; a second terminal report that differs is 409 and a violation.
 * 4. Answers hold what the published text says and no more: where it states no body, there is none.
 */
import { GitBackend } from "./strict/git_backend.ts";
import * as bodies from "./strict/bodies.ts";
import type { RecordedCall, RecordedReport, Registration, StrictJob } from "./strict/record.ts";
import { EventStreams } from "./strict/event_streams.ts";
import { TcpFront } from "./strict/tcp_front.ts";
import { eventually } from "./check.ts";

export type Dialect = "spec" | "reference";

/** Answers a call in place of the server; "cut" closes the connection without an answer; null lets it answer. */
export type Intercept = (call: RecordedCall) => Response | "cut" | null;

export interface StrictOptions {
  readonly dialect: Dialect;
  /** For git; the caller removes it. */
  readonly dir: string;
  /** `spec` only: GET /runners/events exists. */
  readonly hasEvents?: boolean;
  /** `reference` only: no /runners/register, as the reference has it. */
  readonly isRegisterPathStrict?: boolean;
}

const LOG_MAX_BYTES = 64 * 1024;

export class StrictServer implements AsyncDisposable {
  readonly owner = "acme";
  readonly project = "web";
  readonly userToken = `user-${crypto.randomUUID()}`;
  readonly calls: RecordedCall[] = [];
  readonly violations: string[] = [];
  readonly unknownCalls: string[] = [];
  readonly registrations: Registration[] = [];
  readonly jobs: StrictJob[] = [];
  readonly git: GitBackend;
  intercept: Intercept = () => null;
  /** The answer's body to `in_progress`; the published text states none. */
  heartbeatAnswer: unknown = undefined;
  readonly #events = new EventStreams();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #aborter = new AbortController();
  readonly #front: TcpFront;

  private constructor(readonly options: StrictOptions) {
    this.git = new GitBackend(options.dir);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: this.#aborter.signal },
      (request, info) => this.#handle(request, info.remoteAddr.port),
    );
    this.#front = new TcpFront(this.#server.addr.port);
  }

  static async start(options: StrictOptions): Promise<StrictServer> {
    const server = new StrictServer(options);
    await server.git.make("project");
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#front.port}`;
  }

  get base(): string {
    return `/api/owners/${this.owner}/projects/${this.project}`;
  }

  /** The project's own repository, which anybody may clone. */
  get projectUrl(): string {
    return `${this.url}/git/project.git`;
  }

  /** A repository for one task; its url and token are for the job. */
  async makeTaskRepository(taskId: string): Promise<{ readonly url: string; readonly token: string }> {
    const token = await this.git.makeTask(taskId);
    return { url: `${this.url}/api/git/${this.owner}/${this.project}/${taskId}.git`, token };
  }

  /** Queues a job; told to who listens. */
  addJob(agentDefinition: Readonly<Record<string, unknown>>, id: string): StrictJob {
    const job: StrictJob = {
      id,
      runId: `run-${crypto.randomUUID()}`,
      agentDefinition,
      state: "queued",
      takenAtMs: null,
      endedAtMs: null,
      terminal: null,
      heartbeats: [],
      terminals: [],
    };
    this.jobs.push(job);
    this.#events.tell("job_available", { jobId: id });
    return job;
  }

  get held(): StrictJob | null {
    return this.jobs.find((job) => job.state === "held") ?? null;
  }

  polls(): readonly RecordedCall[] {
    return this.calls.filter((call) => call.method === "POST" && call.path === "/runners/jobs");
  }

  /** Waits for `look`; null when it does not come true. */
  until<T>(look: () => T | null, withinMs: number): Promise<T | null> {
    return eventually(look, withinMs, 15);
  }

  async #handle(request: Request, remotePort: number): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/git/project.git")) {
      return await this.git.serve(request, url.pathname.slice("/git".length));
    }
    if (url.pathname.startsWith("/api/git/")) {
      return await this.git.serveTask(request, `/api/git/${this.owner}/${this.project}`);
    }
    const isOurs = url.pathname.startsWith(this.base);
    const call: RecordedCall = {
      atMs: performance.now(),
      method: request.method,
      path: isOurs ? url.pathname.slice(this.base.length) + url.search : url.pathname + url.search,
      token: /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? null,
      headers: request.headers,
      body: await request.text(),
      answeredAtMs: null,
      status: null,
    };
    this.calls.push(call);
    const intercepted = this.intercept(call);
    if (intercepted === "cut") {
      this.#front.cut(remotePort);
      return new Response(null);
    }
    const answer = intercepted ?? (isOurs ? this.#answer(call) : this.#unknown(call));
    call.answeredAtMs = performance.now();
    call.status = answer.status;
    return answer;
  }

  #answer(call: RecordedCall): Response {
    const path = call.path.split("?")[0]!;
    const route = `${call.method} ${path}`;
    const isReference = this.options.dialect === "reference";
    if (route === "POST /runners/register" && !this.options.isRegisterPathStrict) return this.#register(call);
    if (route === "POST /runners" && isReference) return this.#register(call);
    const runner = this.registrations.find((one) => one.token === call.token);
    if (call.token === null) return this.#violation(call, "no bearer token", 401);
    if (runner === undefined) {
      return call.token === this.userToken
        ? this.#unknown(call)
        : this.#violation(call, "a token that is no runner's", 401);
    }
    if (route === "POST /runners/jobs") return this.#poll(call);
    if (route === `PATCH /runners/${runner.id}`) return this.#report(call);
    if (route === "GET /runners/events" && this.options.hasEvents) return this.#events.open();
    if (isReference) return this.#answerReference(call, path, route);
    return this.#unknown(call);
  }

  #answerReference(call: RecordedCall, path: string, route: string): Response {
    switch (route) {
      case "POST /runners/generate-jitconfig":
        return this.#claim(call);
      case "GET /runners":
        return Response.json(this.registrations.map(({ name }) => ({ name, status: "online" })));
      case "GET ":
        return Response.json({ gitUrl: this.projectUrl });
      case "GET /repo-info":
        return Response.json({ requiresGitHub: false });
    }
    const run = /^\/runs\/([^/]+)\/jobs\/([^/]+)(\/progress|\/logs)?$/.exec(path);
    const job = this.jobs.find((one) => one.runId === run?.[1] && one.id === run?.[2]);
    if (run !== null && job === undefined) return this.#violation(call, "no such run", 404);
    if (job !== undefined && call.method === "PATCH" && run?.[3] === undefined) {
      return this.#runReport(call, job);
    }
    if (job !== undefined && call.method === "POST" && run?.[3] === "/progress") {
      return this.#checked(call, bodies.PROGRESS) ?? Response.json({});
    }
    if (job !== undefined && call.method === "POST" && run?.[3] === "/logs") {
      const isPlain = (call.headers.get("content-type") ?? "").startsWith("text/plain");
      if (!isPlain) return this.#violation(call, "a log that is no text/plain", 415);
      return new TextEncoder().encode(call.body).length > LOG_MAX_BYTES
        ? this.#violation(call, "a chunk above 64 KiB", 413)
        : Response.json({});
    }
    if (call.method === "POST" && /^\/assembly-lines\/[^/]+\/tasks\/[^/]+\/streams$/.test(path)) {
      return this.#checked(call, bodies.STREAM) ?? Response.json({});
    }
    return this.#unknown(call);
  }

  #register(call: RecordedCall): Response {
    if (call.token !== this.userToken) {
      return this.#violation(call, "a registration without a user token", 401);
    }
    const wrong = this.#checked(call, bodies.REGISTRATION);
    if (wrong !== null) return wrong;
    const { name, labels } = JSON.parse(call.body);
    const registration = {
      id: `runner-${crypto.randomUUID()}`,
      name,
      labels,
      token: `secret-${crypto.randomUUID()}`,
    };
    this.registrations.push(registration);
    const { id, token } = registration;
    return this.options.dialect === "spec"
      ? Response.json({ id, token, registeredAt: new Date().toISOString() }, { status: 201 })
      : Response.json({ id, name, token }, { status: 201 });
  }

  #poll(call: RecordedCall): Response {
    if (this.options.dialect === "reference") {
      const wrong = this.#checked(call, bodies.OFFER_POLL);
      if (wrong !== null) return wrong;
    }
    const job = this.held === null ? this.jobs.find((one) => one.state === "queued") : undefined;
    if (job === undefined) return new Response(null, { status: 204 });
    const { id, runId, agentDefinition } = job;
    if (this.options.dialect === "reference") {
      return Response.json({
        jobs: [{ id, status: "queued", conclusion: null, needs: [], agentDefinition }],
      });
    }
    this.#take(job);
    return Response.json({ jobs: [{ id, runId, agentDefinition }] });
  }

  #claim(call: RecordedCall): Response {
    const wrong = this.#checked(call, bodies.CLAIM);
    if (wrong !== null) return wrong;
    const job = this.jobs.find((one) => one.id === JSON.parse(call.body).jobId);
    if (job === undefined) return this.#violation(call, "a claim of an unknown job", 404);
    if (job.state !== "queued" || this.held !== null) return new Response("taken", { status: 409 });
    this.#take(job);
    return Response.json({ runId: job.runId });
  }

  #take(job: StrictJob): void {
    job.state = "held";
    job.takenAtMs = performance.now();
  }

  #report(call: RecordedCall): Response {
    if (this.options.dialect === "reference") {
      // Sent in addition there, and never with an exit code; it settles nothing.
      return Response.json({});
    }
    const wrong = this.#checked(call, bodies.REPORT, bodies.REPORT_MORE);
    if (wrong !== null) return wrong;
    const report: RecordedReport = { atMs: performance.now(), body: JSON.parse(call.body), via: "runner" };
    const { jobId } = report.body;
    if (report.body.jobResult === "in_progress") {
      const job = this.held;
      if (job === null || (jobId !== undefined && jobId !== job.id)) {
        return this.#violation(call, "a heartbeat of a job that it does not hold", 409);
      }
      job.heartbeats.push(report);
      return this.heartbeatAnswer === undefined ? new Response(null) : Response.json(this.heartbeatAnswer);
    }
    const incomplete = this.#checked(call, bodies.TERMINAL_REPORT, bodies.REPORT_MORE);
    if (incomplete !== null) return incomplete;
    const job = this.held ?? this.#lastEnded();
    if (job === null || (jobId !== undefined && jobId !== job.id)) {
      return this.#violation(call, "a terminal report of a job that it does not hold", 409);
    }
    return this.#end(call, job, report);
  }

  #runReport(call: RecordedCall, job: StrictJob): Response {
    const wrong = this.#checked(call, bodies.RUN_REPORT, bodies.RUN_REPORT_MORE);
    if (wrong !== null) return wrong;
    const report: RecordedReport = { atMs: performance.now(), body: JSON.parse(call.body), via: "run" };
    if (job.state === "queued") return this.#violation(call, "a report of a run that nobody claimed", 409);
    if (report.body.status === "in_progress") {
      job.heartbeats.push(report);
      return Response.json({});
    }
    if (report.body.conclusion == null) return this.#violation(call, "completed without a conclusion", 400);
    return this.#end(call, job, report);
  }

  #end(call: RecordedCall, job: StrictJob, report: RecordedReport): Response {
    job.terminals.push(report);
    if (job.terminal !== null) {
      if (JSON.stringify(job.terminal.body) === JSON.stringify(report.body)) return new Response(null);
      return this.#violation(call, "a second terminal report that differs", 409);
    }
    job.terminal = report;
    job.state = "ended";
    job.endedAtMs = report.atMs;
    return new Response(null);
  }

  #lastEnded(): StrictJob | null {
    return this.jobs.filter((job) => job.state === "ended")
      .sort((a, b) => b.endedAtMs! - a.endedAtMs!)[0] ?? null;
  }

  #checked(
    call: RecordedCall,
    ...[needed, more]: [Parameters<typeof bodies.problemOf>[1], Parameters<typeof bodies.problemOf>[2]?]
  ): Response | null {
    let body: unknown;
    try {
      body = JSON.parse(call.body);
    } catch {
      body = undefined;
    }
    const problem = bodies.problemOf(body, needed, more);
    return problem === null ? null : this.#violation(call, problem, 400);
  }

  #violation(call: RecordedCall, why: string, status: number): Response {
    this.violations.push(`${call.method} ${call.path}: ${why} (body ${call.body.slice(0, 300)})`);
    return Response.json({ error: why }, { status });
  }

  #unknown(call: RecordedCall): Response {
    this.unknownCalls.push(`${call.method} ${call.path}`);
    return new Response("not found", { status: 404 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#events.close();
    this.#front.close();
    this.#aborter.abort();
    await this.#server.finished;
  }
}
