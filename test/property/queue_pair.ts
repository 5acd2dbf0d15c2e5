/** The real deciders and the naive model side by side: each command goes to both, and both must say the same. */
import assert from "node:assert/strict";
import type { JobId, RunId, RunnerId } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import type { ReportAnswer } from "../../protocol/line/runner.ts";
import { ok } from "../../protocol/result.ts";
import { createQueueRig, type QueueRig, START_MS } from "../fake/queue_rig.ts";
import { lineFromSpec, type LineSpec, stationId } from "../fake/line_arbitrary.ts";
import type { QueueError } from "../../worker/domain/job_queue_api.ts";
import { authenticate } from "../../worker/domain/authorize.ts";
import { admitLog } from "../../worker/domain/report.ts";
import { resolveGate } from "../../worker/domain/intervene.ts";
import { type Command, PRIORITIES, REPORTS } from "./queue_commands.ts";
import { QueueModel } from "./queue_model.ts";

const RUNNERS = 4;
const LINES = 2;

export interface QueuePair {
  readonly rig: QueueRig;
  readonly model: QueueModel;
  readonly runnerIds: readonly RunnerId[];
  /** Carries a command out on both sides and compares their answers. */
  apply(command: Command): void;
}

/** Two empty projects with the same lines and runners. */
export function createQueuePair(specs: readonly LineSpec[], rig: QueueRig = createQueueRig()): QueuePair {
  const model = new QueueModel();
  model.now = START_MS;
  const lines: LineSpec[] = [];
  const putLine = (line: number, spec: LineSpec) => {
    lines[line] = spec;
    rig.line(`line${line}`, lineFromSpec(spec));
  };
  for (let i = 0; i < LINES; i++) putLine(i, specs[i % specs.length]!);
  const runnerIds = Array.from({ length: RUNNERS }, (_, i) => {
    const labels = [[], ["linux"], ["linux", "gpu"], ["linux", "gpu"]][i]!;
    model.runners.push({ labels, lastRun: null });
    return rig.runner(`r${i}`, labels);
  });
  const jobIds = () => [...rig.state.jobs.keys()];
  const runIds = () => [...rig.state.runs.keys()];
  const taskAt = (index: number) => [...rig.state.tasks.values()][index]!;

  function claim(runner: number, job: number, capabilities: readonly string[] | null): void {
    const claimed = rig.claim(runnerIds[runner]!, jobIds()[job] as JobId, capabilities);
    const runsBefore = model.runs.length;
    const expected = model.claim(runner, job, capabilities);
    const isNew = rig.state.runs.size > runsBefore;
    assert.equal(claimed.ok ? (isNew ? "claimed" : "again") : claimed.error.reason, expected);
    if (claimed.ok) {
      assert.equal(claimed.value.job.state.kind === "queued", false);
      assert.ok(authenticate(rig.state, rig.runCaller("job", claimed.value.run.id)).ok);
    }
  }

  function speak(command: Extract<Command, { kind: "speak" | "output" }>): void {
    const active = model.runs.flatMap((run, index) => run.outcome === null ? [index] : []);
    const pool = command.isActive && active.length > 0 ? active : model.runs.map((_, index) => index);
    if (pool.length === 0) return;
    const index = pool[command.run % pool.length]!;
    const run = model.runs[index]!;
    const runner = command.runner === null ? run.runner : command.runner % RUNNERS;
    const names = command.kind === "output" ? "both" : command.names;
    const named = {
      run: names === "job" || names === "nothing" ? null : index,
      job: names === "job" || names === "both"
        ? run.job
        : names === "other_job"
        ? (run.job + 1) % model.jobs.length
        : null,
      epoch: { right: run.epoch, old: run.epoch - 1, new: run.epoch + 1, none: null }[command.epoch],
    };
    const ids = {
      ...(named.run === null ? {} : { runId: runIds()[named.run] as RunId }),
      ...(named.job === null ? {} : { jobId: jobIds()[named.job] as JobId }),
    };
    if (command.kind === "output") {
      const [runId, jobId] = [ids.runId!, ids.jobId!];
      const admitted = rig.run((draft) =>
        admitLog(draft, runnerIds[runner]!, { runId, jobId, leaseEpoch: named.epoch })
      );
      const answer = admitted.ok ? (admitted.value.cancel ? "stop" : "go on") : admitted.error.reason;
      return assert.equal(answer, model.speak({ runner, ...named, said: null, isOutput: true }));
    }
    const [body, said] = command.report === null ? [null, null] : REPORTS[command.report];
    const answer = rig.report(runnerIds[runner]!, {
      ...(body ?? { jobResult: "in_progress" as const }),
      ...ids,
      ...(named.epoch === null ? {} : { leaseEpoch: named.epoch }),
    });
    assert.equal(wordOf(answer), model.speak({ runner, ...named, said }));
  }

  function resolve(command: Extract<Command, { kind: "resolve" }>): void {
    if (model.tasks.length === 0) return;
    const index = command.task % model.tasks.length;
    const task = taskAt(index);
    const asks = askIds(rig, task.id);
    if (asks.length === 0) return;
    const ask = command.isOld ? 1 : asks.length;
    rig.must((draft) =>
      ok(resolveGate(draft, {
        askId: asks[ask - 1]!,
        taskId: task.id,
        action: command.isApproved ? "approve" : "reject",
        reason: "",
        decidedBy: "user:ada",
        decidedAtMs: rig.nowMs(),
      }))
    );
    model.resolve(index, ask, command.isApproved);
  }

  function apply(command: Command): void {
    switch (command.kind) {
      case "put_line":
        return putLine(command.line % LINES, specs[command.spec % specs.length]!);
      case "submit": {
        const line = command.line % LINES;
        const isNamed = command.station < lines[line]!.stations.length;
        const card = isNamed ? { columnId: stationId(command.station) } : {};
        rig.submit(`line${line}`, { ...card, priority: PRIORITIES[command.priority] });
        return model.submit(line, lines[line]!, command.priority, isNamed ? command.station : 0);
      }
      case "register": {
        const runner = command.runner % RUNNERS;
        assert.equal(rig.runner(`r${runner}`, command.labels), runnerIds[runner]);
        model.runners[runner]!.labels = command.labels;
        return;
      }
      case "poll":
      case "offer": {
        const runner = command.runner % RUNNERS;
        const offered = rig.offer(runnerIds[runner]!, command.capabilities);
        const expected = model.pick(runner, command.capabilities);
        assert.equal(offered?.id ?? null, expected === null ? null : jobIds()[expected]);
        if (command.kind === "poll" && expected !== null) claim(runner, expected, command.capabilities);
        return;
      }
      case "claim":
        if (model.jobs.length === 0) return;
        return claim(command.runner % RUNNERS, command.job % model.jobs.length, command.capabilities);
      case "speak":
      case "output":
        return speak(command);
      case "advance":
        rig.advance(command.ms);
        model.now += command.ms;
        if (!command.hasAlarm) return;
        rig.expire();
        return model.alarm();
      case "alarm":
        rig.expire();
        return model.alarm();
      case "cancel": {
        if (model.tasks.length === 0) return;
        const index = command.task % model.tasks.length;
        const cancelled = rig.cancel(taskAt(index).id);
        return assert.equal(cancelled.ok ? "cancelled" : cancelled.error.reason, model.cancel(index));
      }
      case "resolve":
        return resolve(command);
    }
  }
  return { rig, model, runnerIds, apply };
}

/** Every ask of a task, in the order in which they were opened. */
export function askIds(rig: QueueRig, taskId: string) {
  return rig.events.flatMap((event) =>
    event.destination === "gate" && event.action === "open" && event.ask.taskId === taskId
      ? [event.askId as never]
      : []
  );
}

function wordOf(answer: Result<ReportAnswer, QueueError>): string {
  if (!answer.ok) return answer.error.reason;
  if (answer.value.cancel) return "stop";
  return answer.value.leaseUntil === null ? "done" : "go on";
}
