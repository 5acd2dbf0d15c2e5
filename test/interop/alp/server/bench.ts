/**
 * What a check of a server works with: a project, and short words for what people and runners do in it.
 *
 * Each check makes a line whose stations need a label of its own, so that its runners get its jobs and nobody else's:
 * checks share one project of a server that may have others at work in it.
 */
import { type Answer, answerText, call, type CallOptions, isOk } from "../wire.ts";
import { eventually, fail, holds, shown } from "../check.ts";
import type { LineWish, Place, ServerSetup, TaskView } from "../server_setup.ts";

/** A job as a poll answers it. */
export interface Job {
  readonly id: string;
  readonly runId: string;
  // deno-lint-ignore no-explicit-any -- the checks look at what is there
  readonly agentDefinition: any;
  // deno-lint-ignore no-explicit-any -- extensions differ by server
  readonly [field: string]: any;
}

/** How long a server may take to do what follows from a call. */
const SETTLE_MS = 5_000;

export interface BenchOptions {
  readonly place: Place;
  readonly setup: ServerSetup;
  /** The server's lease, where it is known. */
  readonly leaseMs: number | null;
  /** Lets time pass for the server; real time unless its clock can be moved. */
  readonly passTime: (ms: number) => Promise<void>;
}

export class ServerBench {
  readonly place: Place;
  readonly setup: ServerSetup;
  readonly leaseMs: number | null;
  readonly passTime: (ms: number) => Promise<void>;

  constructor(options: BenchOptions) {
    this.place = options.place;
    this.setup = options.setup;
    this.leaseMs = options.leaseMs;
    this.passTime = options.passTime;
  }

  /** `/api/owners/{owner}/projects/{project}` with the server. */
  get base(): string {
    return `${this.place.serverUrl}/api/owners/${this.place.owner}/projects/${this.place.project}`;
  }

  /** A path of the project, as the user unless `token` says otherwise. */
  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return call(method, this.base + path, { token: this.place.userToken, ...options });
  }

  /** A name that nobody has used. */
  fresh(prefix = "x"): string {
    return `${prefix}-${crypto.randomUUID().slice(0, 13)}`;
  }

  async register(labels: readonly string[], name = this.fresh("runner")): Promise<Runner> {
    const answer = await this.call("POST", "/runners/register", { body: { name, labels } });
    holds(isOk(answer), "a runner to be registered", answerText(answer));
    return new Runner(this, answer.json.id, answer.json.token, name);
  }

  /** Puts a line; fails unless the server takes it. */
  async putLine(line: Omit<LineWish, "name">): Promise<string> {
    const answer = await this.tryPutLine(line);
    holds(isOk(answer), "the line to be taken", answerText(answer));
    return answer.json.id;
  }

  tryPutLine(line: Omit<LineWish, "name">): Promise<Answer> {
    return this.setup.putLine(this.place, this.fresh("line"), { name: "Interop", ...line });
  }

  /** A line whose dispatching stations need a fresh label, and a runner that has it. */
  async world(
    stations: readonly StationWish[],
    rest: { readonly rules?: readonly unknown[]; readonly gates?: readonly unknown[] } = {},
  ): Promise<World> {
    const label = this.fresh("label");
    const lineId = await this.putLine({
      stations: stations.map((one) => station(one, label)),
      ...(rest.rules === undefined ? {} : { transitionRules: rest.rules }),
      ...(rest.gates === undefined ? {} : { gates: rest.gates }),
    });
    return new World(this, lineId, label, await this.register([label]));
  }
}

/** A station's id, or more of it; it dispatches unless its trigger says otherwise. */
export type StationWish = string | {
  readonly id: string;
  readonly trigger?: Readonly<Record<string, unknown>>;
};

export const NONE = { type: "none" } as const;

function station(wish: StationWish, label: string): unknown {
  const { id, trigger = {} } = typeof wish === "string" ? { id: wish } : wish;
  return {
    id,
    name: `Station ${id}`,
    trigger: trigger["type"] === "none"
      ? trigger
      : { type: "dispatch_worker", labels: [label], promptTemplate: `Do ${id}`, ...trigger },
  };
}

export function rule(from: string, condition: string, to: string, gateId?: string): unknown {
  return {
    id: `${from}-${condition}-${to}`,
    fromStationId: from,
    toStationId: to,
    condition,
    ...(gateId === undefined ? {} : { gateId }),
  };
}

export function gate(id: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  return { id, name: `Gate ${id}`, requiresApproval: true, ...more };
}

/** A registered runner, by hand. */
export class Runner {
  constructor(
    readonly bench: ServerBench,
    readonly id: string,
    readonly token: string,
    readonly name: string,
  ) {}

  call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return this.bench.call(method, path, { token: this.token, ...options });
  }

  poll(body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.call("POST", "/runners/jobs", {
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    });
  }

  /** The job that a poll claims; polls until there is one. */
  async next(): Promise<Job> {
    let last: Answer | null = null;
    const job = await eventually(async () => {
      last = await this.poll();
      return last.status === 200 ? last.json?.jobs?.[0] as Job ?? null : null;
    }, SETTLE_MS);
    return job ?? fail("a job for the runner", last === null ? "nothing" : answerText(last));
  }

  /** 204 now. */
  async getsNothing(why: string): Promise<void> {
    const answer = await this.poll();
    holds(answer.status === 204, `204 as ${why}`, answerText(answer));
  }

  report(body: unknown): Promise<Answer> {
    return this.call("PATCH", `/runners/${this.id}`, { body });
  }

  heartbeat(): Promise<Answer> {
    return this.report({ jobResult: "in_progress", exitCode: null, error: null });
  }

  /** The terminal report, which must be taken. */
  async finish(result: "success" | "failed", more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const answer = await this.report(outcome(result, more));
    same200("a terminal report", answer);
  }

  reportRun(job: Job, body: unknown): Promise<Answer> {
    return this.call("PATCH", `/runs/${job.runId}/jobs/${job.id}`, { body });
  }
}

export function outcome(result: "success" | "failed", more: Readonly<Record<string, unknown>> = {}): unknown {
  return result === "success"
    ? { jobResult: "success", exitCode: 0, error: null, ...more }
    : { jobResult: "failed", exitCode: 1, error: "it did not work", ...more };
}

export function same200(what: string, answer: Answer): void {
  holds(answer.status === 200, `200 to ${what}`, answerText(answer));
}

/** One of these statuses. */
export function statusIs(answer: Answer, statuses: readonly number[], what: string): void {
  holds(statuses.includes(answer.status), `${statuses.join(" or ")} as ${what}`, answerText(answer));
}

/** A line with its label and a runner for it. */
export class World {
  constructor(
    readonly bench: ServerBench,
    readonly lineId: string,
    readonly label: string,
    readonly runner: Runner,
  ) {}

  trySubmit(card: unknown = {}, path = "stages"): Promise<Answer> {
    return this.bench.call("POST", `/${path}/${this.lineId}/tasks`, { body: card });
  }

  /** Submits a card, which must be taken; gives the task's id. */
  async submit(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const answer = await this.trySubmit({ title: "Interop", description: "A card.", ...more });
    holds(isOk(answer), "the card to be taken", answerText(answer));
    return answer.json.id;
  }

  /** Submits and takes the job of the first station. */
  async submitAndTake(): Promise<{ readonly taskId: string; readonly job: Job }> {
    const taskId = await this.submit();
    return { taskId, job: await this.runner.next() };
  }

  async task(taskId: string): Promise<TaskView> {
    const answer = await this.bench.setup.readTask(this.bench.place, this.lineId, taskId);
    same200("reading a task", answer);
    return answer.json;
  }

  /** Waits until these fields of the task are so. */
  async taskBecomes(taskId: string, expected: Readonly<Record<string, unknown>>): Promise<TaskView> {
    let last: TaskView | null = null;
    const found = await eventually(async () => {
      last = await this.task(taskId);
      const now = last;
      return Object.entries(expected).every(([key, value]) => now[key] === value) ? now : null;
    }, SETTLE_MS);
    return found ?? fail(`the task to become ${shown(expected)}`, last);
  }

  decide(taskId: string, gateId: string, body: unknown, path = "stages"): Promise<Answer> {
    return this.bench.call("POST", `/${path}/${this.lineId}/tasks/${taskId}/gates/${gateId}`, { body });
  }

  /** The job of the next station, which must be this one. */
  async takeAt(stationId: string): Promise<Job> {
    const job = await this.runner.next();
    const came = job.agentDefinition?.stageId;
    holds(came === stationId, `a job of station '${stationId}'`, `one of '${came}'`);
    return job;
  }

  async cancel(taskId: string): Promise<void> {
    const answer = await this.bench.setup.cancelTask(this.bench.place, this.lineId, taskId);
    holds(isOk(answer), "the task to be cancelled", answerText(answer));
  }
}

export type ServerCheck = import("../check.ts").Check<ServerBench>;
