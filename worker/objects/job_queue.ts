/**
 * One project's queue: lines, tasks, jobs, runners, leases. A shell (O3): every method is load, decide, apply,
 * announce, in `queue_core.ts`; only `domain/` decides.
 *
 * - Named `{owner}/{project}`. Owns its SQLite tables (`store/queue/schema.ts`) and their outbox.
 * - Its one alarm is the earliest of lease ends, run limits and outbox retries.
 * - RPC methods are the public face (`domain/job_queue_api.ts`); everything else is `#private`, since TypeScript's
 *   `private` would be reachable over RPC.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/job_queue/migrations.js";
import type { LineId, TaskId } from "../../protocol/ids.ts";
import { TOKEN_BYTES } from "../../protocol/limits.ts";
import { err, ok } from "../../protocol/result.ts";
import { authorize } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import type { GateResolution } from "../domain/event.ts";
import { findAsk } from "../domain/gate_lookup.ts";
import { cancelTask, resolveGate } from "../domain/intervene.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import { deleteLine, findLine, lineView, listLines, putLine } from "../domain/line_catalog.ts";
import { createUserToken, projectView, putProject, requireProject } from "../domain/project.ts";
import type { TokenKind } from "../domain/queue_state.ts";
import { admitLog, reportRun } from "../domain/report.ts";
import { readOnlyAccess, repositoryAccess } from "../domain/repository_access.ts";
import { listRunners, registerRunner } from "../domain/runner_registry.ts";
import { submitTask } from "../domain/task.ts";
import { taskView } from "../domain/task_view.ts";
import { type MintedToken, mintToken } from "../domain/token.ts";
import type { Env } from "../env.ts";
import * as schema from "../store/queue/schema.ts";
import { createQueueStore } from "../store/queue/store.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { createJobWaiters } from "./job_waiters.ts";
import { objectName } from "./object_name.ts";
import { createQueueAccess, type QueueAccess } from "./queue_access.ts";
import { createQueueCore, type QueueCore } from "./queue_core.ts";
import { createQueueSenders } from "./queue_senders.ts";
import { createQueueWork, type QueueWork } from "./queue_work.ts";

/** What a method of the contract takes besides the caller. */
type Input<Method extends keyof JobQueueApi> = Parameters<JobQueueApi[Method]>[1];

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

export class JobQueue extends DurableObject<Env> implements JobQueueApi {
  #core!: QueueCore;
  #access!: QueueAccess;
  #work!: QueueWork;
  #clock!: ObjectClock;
  readonly #waiters = createJobWaiters();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      const db = drizzle(ctx.storage, { schema });
      await migrate(db, migrations);
      const name = objectName(ctx);
      const [owner, project] = name.split("/") as [string, string];
      this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
      this.#core = createQueueCore({
        ctx,
        owner,
        project,
        store: createQueueStore(db, name),
        clock: this.#clock,
        random,
        senders: createQueueSenders(env, owner, project),
        onCommitted: () => this.#waiters.wake(),
      });
      this.#access = createQueueAccess(this.#core);
      this.#work = createQueueWork(this.#core, this.#access, this.#waiters, () => ({
        job: this.#mint("job"),
        repository: this.#mint("repository"),
      }));
      this.#core.arm();
    });
  }

  override alarm() {
    return this.#core.onAlarm();
  }

  /** Moves this object's clock; only where SHOPFLOOR_CLOCK is `fake`. */
  async advanceClock(ms: number) {
    this.#clock.advance(ms);
    await this.#core.onAlarm();
  }

  // ------------------------------------------------------------------------------------ project and lines

  async readProject(caller: Caller) {
    return this.#access.asAny(caller, () => {
      const found = requireProject(this.#core.state.settings);
      return found.ok ? ok(projectView(found.value)) : found;
    });
  }

  async putProject(caller: Caller, input: Input<"putProject">) {
    return this.#access.asUser(caller, (draft, actor) => putProject(draft, actor, input));
  }

  async createUserToken(caller: Caller, input: Input<"createUserToken">) {
    return this.#access.asUser(
      caller,
      (draft, actor) => createUserToken(draft, actor, { ...input, minted: this.#mint("user") }),
    );
  }

  async putLine(caller: Caller, input: Input<"putLine">) {
    return this.#access.asUser(
      caller,
      (draft, actor) => putLine(draft, actor, { lineId: input.lineId as LineId | null, line: input.line }),
    );
  }

  async readLine(caller: Caller, lineId: string) {
    return this.#access.asAny(caller, () => {
      const line = findLine(this.#core.state, lineId);
      return line.ok ? ok(lineView(this.#core.state.settings, line.value)) : line;
    });
  }

  async listLines(caller: Caller) {
    return this.#access.asAny(caller, () => ok(listLines(this.#core.state)));
  }

  async deleteLine(caller: Caller, lineId: string) {
    return this.#access.asUser(caller, (draft, actor) => deleteLine(draft, actor, lineId as LineId));
  }

  // ------------------------------------------------------------------------------------------------ tasks

  async submitTask(caller: Caller, input: Input<"submitTask">) {
    const task = this.#access.asUser(caller, (draft, actor) => submitTask(draft, actor, input));
    return task.ok ? ok(taskView(this.#core.state, task.value, input.baseUrl)) : task;
  }

  async readTask(caller: Caller, input: Input<"readTask">) {
    return this.#access.asAny(caller, () => {
      const task = this.#core.state.tasks.get(input.taskId as TaskId);
      if (task === undefined) {
        return err({ reason: "not_found" as const, what: "task" as const, id: input.taskId });
      }
      return ok(taskView(this.#core.state, task, input.baseUrl));
    }, { taskId: input.taskId });
  }

  async cancelTask(caller: Caller, input: Input<"cancelTask">) {
    const task = this.#access.asUser(
      caller,
      (draft, actor) => cancelTask(draft, actor, input.taskId as TaskId, input.reason),
      { taskId: input.taskId },
    );
    return task.ok ? ok(taskView(this.#core.state, task.value, input.baseUrl)) : task;
  }

  // ---------------------------------------------------------------------------------------------- runners

  async registerRunner(caller: Caller, input: Input<"registerRunner">) {
    return this.#access.asUser(
      caller,
      (draft, actor) => registerRunner(draft, actor, { ...input, minted: this.#mint("runner") }),
    );
  }

  async listRunners(caller: Caller) {
    return this.#access.asAny(
      caller,
      () => ok(listRunners(this.#core.state, this.#clock.nowMs(), this.#waiters.live())),
    );
  }

  async poll(caller: Caller, input: Input<"poll">) {
    return this.#work.poll(caller, input);
  }

  async claim(caller: Caller, input: Input<"claim">) {
    return this.#work.claim(caller, input);
  }

  async report(caller: Caller, input: Input<"report">) {
    return this.#access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== input.runnerId) {
        return err({ reason: "not_your_runner" as const, runnerId: input.runnerId });
      }
      return reportRun(draft, runnerId, input.report);
    }, this.#access.aboutReport(caller, input.report));
  }

  async reportRun(caller: Caller, input: Input<"reportRun">) {
    const report = { ...input.report, runId: input.runId };
    return this.#access.asRunner(
      caller,
      (draft, runnerId) => reportRun(draft, runnerId, report),
      this.#access.aboutReport(caller, report),
    );
  }

  async admitLog(caller: Caller, input: Input<"admitLog">) {
    return this.#access.asRunner(caller, (draft, runnerId) => admitLog(draft, runnerId, input), input);
  }

  // ------------------------------------------------------------------------------- questions of the routes

  async authorizeTask(caller: Caller, taskId: string) {
    return this.#access.asAny(caller, () => {
      const task = this.#core.state.tasks.get(taskId as TaskId);
      if (task === undefined) return err({ reason: "not_found" as const, what: "task" as const, id: taskId });
      return ok({ taskId: task.id, askId: task.state.kind === "awaiting_review" ? task.state.askId : null });
    }, { taskId });
  }

  async authorizeGate(caller: Caller, input: Input<"authorizeGate">) {
    this.#core.page(input);
    const user = authorize(this.#core.state, caller, "user");
    if (!user.ok) return user;
    const ask = findAsk(this.#core.state, input.taskId, input.gateId);
    if (ask.ok) await this.#core.outbox.drain("gate");
    return ask;
  }

  async authorizeRepository(caller: Caller, input: Input<"authorizeRepository">) {
    this.#core.page(input);
    return repositoryAccess(this.#core.state, caller, input.taskId);
  }

  async repositoryForGate(taskId: string) {
    this.#core.page({ taskId });
    const task = this.#core.state.tasks.get(taskId as TaskId);
    if (task === undefined) return err({ reason: "not_found" as const, what: "task" as const, id: taskId });
    return ok(readOnlyAccess(task));
  }

  async authorizeRunner(caller: Caller) {
    const runner = authorize(this.#core.state, caller, "runner");
    return runner.ok ? ok({ runnerId: runner.value.runnerId as string }) : runner;
  }

  /** `GET ?runner={id}`: the event stream of an authorised runner. */
  override async fetch(request: Request): Promise<Response> {
    const runnerId = new URL(request.url).searchParams.get("runner") ?? "";
    return this.#waiters.stream(runnerId, () => this.#work.jobsFor(runnerId));
  }

  async gateResolved(_eventId: string, resolution: GateResolution) {
    this.#core.run((draft) => ok(resolveGate(draft, resolution)), { taskId: resolution.taskId });
  }

  #mint(kind: TokenKind): MintedToken {
    const { owner, project } = this.#core.state.settings;
    return mintToken(kind, owner, project, random.bytes(TOKEN_BYTES));
  }
}
