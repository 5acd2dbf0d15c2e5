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
import type { LineId, TaskId } from "../../protocol/ids.ts";
import { err, ok } from "../../protocol/result.ts";
import { authorize } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import type { GateResolution } from "../domain/event.ts";
import { findTask } from "../domain/find_task.ts";
import { findAsk } from "../domain/gate_lookup.ts";
import { cancelTask, resolveGate } from "../domain/intervene.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import { deleteLine, findLine, lineView, listLines, putLine } from "../domain/line_catalog.ts";
import { createUserToken, projectView, putProject, requireProject } from "../domain/project.ts";
import { admitLog, reportRun } from "../domain/report.ts";
import { readOnlyAccess, repositoryAccess } from "../domain/repository_access.ts";
import { listRunners, registerRunner } from "../domain/runner_registry.ts";
import { submitTask } from "../domain/task.ts";
import { taskView } from "../domain/task_view.ts";
import type { Env } from "../env.ts";
import { type OpenQueue, openQueue } from "./open_queue.ts";

/** What a method of the contract takes besides the caller. */
type Input<Method extends keyof JobQueueApi> = Parameters<JobQueueApi[Method]>[1];

export class JobQueue extends DurableObject<Env> implements JobQueueApi {
  #queue!: OpenQueue;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      this.#queue = await openQueue(ctx, env);
    });
  }

  override alarm() {
    return this.#queue.core.onAlarm();
  }

  /** Moves this object's clock; only where SHOPFLOOR_CLOCK is `fake`. */
  async advanceClock(ms: number) {
    this.#queue.clock.advance(ms);
    await this.#queue.core.onAlarm();
    await this.#queue.core.outbox.drain();
  }

  // ------------------------------------------------------------------------------------ project and lines

  async readProject(caller: Caller) {
    return this.#queue.access.asAny(caller, () => {
      const found = requireProject(this.#queue.core.state.settings);
      return found.ok ? ok(projectView(found.value)) : found;
    });
  }

  async putProject(caller: Caller, input: Input<"putProject">) {
    return this.#queue.access.asUser(caller, (draft, actor) => putProject(draft, actor, input));
  }

  async createUserToken(caller: Caller, input: Input<"createUserToken">) {
    return this.#queue.access.asUser(
      caller,
      (draft, actor) => createUserToken(draft, actor, { ...input, minted: this.#queue.mint("user") }),
    );
  }

  async putLine(caller: Caller, input: Input<"putLine">) {
    return this.#queue.access.asUser(
      caller,
      (draft, actor) => putLine(draft, actor, { lineId: input.lineId as LineId | null, line: input.line }),
    );
  }

  async readLine(caller: Caller, lineId: string) {
    return this.#queue.access.asAny(caller, () => {
      const line = findLine(this.#queue.core.state, lineId);
      return line.ok ? ok(lineView(this.#queue.core.state.settings, line.value)) : line;
    });
  }

  async listLines(caller: Caller) {
    return this.#queue.access.asAny(caller, () => {
      const found = requireProject(this.#queue.core.state.settings);
      return found.ok ? ok(listLines(this.#queue.core.state)) : found;
    });
  }

  async deleteLine(caller: Caller, lineId: string) {
    return this.#queue.access.asUser(caller, (draft, actor) => deleteLine(draft, actor, lineId as LineId));
  }

  // ------------------------------------------------------------------------------------------------ tasks

  async submitTask(caller: Caller, input: Input<"submitTask">) {
    const task = this.#queue.access.asUser(caller, (draft, actor) => submitTask(draft, actor, input));
    return task.ok ? ok(taskView(this.#queue.core.state, task.value, input.baseUrl)) : task;
  }

  async readTask(caller: Caller, input: Input<"readTask">) {
    return this.#queue.access.asAny(caller, () => {
      const task = findTask(this.#queue.core.state, input.taskId);
      if (!task.ok) return task;
      return ok(taskView(this.#queue.core.state, task.value, input.baseUrl));
    }, { taskId: input.taskId });
  }

  async cancelTask(caller: Caller, input: Input<"cancelTask">) {
    const task = this.#queue.access.asUser(
      caller,
      (draft, actor) => cancelTask(draft, actor, input.taskId as TaskId, input.reason),
      { taskId: input.taskId },
    );
    return task.ok ? ok(taskView(this.#queue.core.state, task.value, input.baseUrl)) : task;
  }

  // ---------------------------------------------------------------------------------------------- runners

  async registerRunner(caller: Caller, input: Input<"registerRunner">) {
    return this.#queue.access.asUser(
      caller,
      (draft, actor) => registerRunner(draft, actor, { ...input, minted: this.#queue.mint("runner") }),
    );
  }

  async listRunners(caller: Caller) {
    const { core, clock, waiters } = this.#queue;
    return this.#queue.access.asAny(caller, () => {
      const found = requireProject(core.state.settings);
      return found.ok ? ok(listRunners(core.state, clock.nowMs(), waiters.live())) : found;
    });
  }

  async poll(caller: Caller, input: Input<"poll">) {
    return this.#queue.work.poll(caller, input);
  }

  async claim(caller: Caller, input: Input<"claim">) {
    return this.#queue.work.claim(caller, input);
  }

  async report(caller: Caller, input: Input<"report">) {
    return this.#queue.access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== input.runnerId) {
        return err({ reason: "not_your_runner" as const, runnerId: input.runnerId });
      }
      return reportRun(draft, runnerId, input.report);
    }, this.#queue.access.aboutReport(caller, input.report));
  }

  async reportRun(caller: Caller, input: Input<"reportRun">) {
    const report = { ...input.report, runId: input.runId };
    return this.#queue.access.asRunner(
      caller,
      (draft, runnerId) => reportRun(draft, runnerId, report),
      this.#queue.access.aboutReport(caller, report),
    );
  }

  async admitLog(caller: Caller, input: Input<"admitLog">) {
    return this.#queue.access.asRunner(caller, (draft, runnerId) => admitLog(draft, runnerId, input), input);
  }

  // ------------------------------------------------------------------------------- questions of the routes

  async authorizeTask(caller: Caller, taskId: string) {
    return this.#queue.access.asAny(caller, () => {
      const task = findTask(this.#queue.core.state, taskId);
      if (!task.ok) return task;
      const { id, state } = task.value;
      return ok({ taskId: id, askId: state.kind === "awaiting_review" ? state.askId : null });
    }, { taskId });
  }

  async authorizeGate(caller: Caller, input: Input<"authorizeGate">) {
    this.#queue.core.page(input);
    const user = authorize(this.#queue.core.state, caller, "user");
    if (!user.ok) return user;
    const ask = findAsk(this.#queue.core.state, input.taskId, input.gateId, input.lineId);
    if (!ask.ok) return ask;
    await this.#queue.core.outbox.drain("gate");
    return ok({ ...ask.value, userName: user.value.name });
  }

  async authorizeRepository(caller: Caller, input: Input<"authorizeRepository">) {
    this.#queue.core.page(input);
    return repositoryAccess(this.#queue.core.state, caller, input.taskId);
  }

  async repositoryForGate(taskId: string) {
    this.#queue.core.page({ taskId });
    const task = findTask(this.#queue.core.state, taskId);
    if (!task.ok) return task;
    return ok(readOnlyAccess(task.value));
  }

  async authorizeArtifact(caller: Caller) {
    const owner = authorize(this.#queue.core.state, caller, "job", "user");
    if (!owner.ok) return owner;
    return ok(
      owner.value.kind === "job"
        ? { taskId: owner.value.taskId, jobId: owner.value.jobId }
        : { taskId: null, jobId: null },
    );
  }

  async authorizeRunner(caller: Caller) {
    const runner = authorize(this.#queue.core.state, caller, "runner");
    return runner.ok ? ok({ runnerId: runner.value.runnerId as string }) : runner;
  }

  /** `GET ?runner={id}`: the event stream of an authorised runner. */
  override async fetch(request: Request): Promise<Response> {
    const runnerId = new URL(request.url).searchParams.get("runner") ?? "";
    return this.#queue.work.stream(runnerId);
  }

  async gateResolved(_eventId: string, resolution: GateResolution) {
    this.#queue.core.run((draft) => ok(resolveGate(draft, resolution)), { taskId: resolution.taskId });
  }
}
