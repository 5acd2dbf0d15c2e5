/** What must be true after a storm. Each fault is a sentence. */
import { createClient } from "@libsql/client";
import type { TaskData } from "../../protocol/line/task.ts";
import { git, type Machine } from "./machine.ts";
import { expectationOf, LINES_PER_RUN } from "./work.ts";

/** How long the history may take to hear of everything. */
const HISTORY_MAX_MS = 30_000;

/** Looks at every one of these tasks, at the runs that started, and at the history. */
export async function faultsOf(machine: Machine, taskIds: ReadonlySet<string>): Promise<readonly string[]> {
  const faults: string[] = [];
  const starts = await machine.starts();
  const seen = new Set<string>();
  for (const [runId = ""] of starts) {
    if (seen.has(runId)) faults.push(`run ${runId} was started twice`);
    seen.add(runId);
  }
  for (const taskId of taskIds) {
    const task = await machine.api.task(taskId);
    const ofTask = starts.filter((start) => start[1] === taskId);
    faults.push(...outcomeFaults(task, ofTask));
    faults.push(...await workFaults(machine, task, ofTask));
  }
  faults.push(...await historyFaults(machine, taskIds));
  return faults;
}

function outcomeFaults(task: TaskData, starts: readonly (readonly string[])[]): string[] {
  const faults: string[] = [];
  const expected = expectationOf(task.title);
  if (task.status !== expected.status) {
    faults.push(
      `task ${task.id} '${task.title}': expected ${expected.status}, came ${task.status} (${task.rejectionReason})`,
    );
  }
  const visits = JSON.stringify(task.history.map((visit) => [visit.stationId, visit.outcome]));
  if (visits !== JSON.stringify(expected.visits)) {
    faults.push(
      `task ${task.id} '${task.title}': expected ${JSON.stringify(expected.visits)}, came ${visits}`,
    );
  }
  for (const { stationId, runs } of task.history) {
    const started = starts.filter((start) => start[2] === stationId).length;
    if (started < 1 || started > runs) {
      faults.push(`task ${task.id} at ${stationId}: ${started} runs started of ${runs} that were claimed`);
    }
  }
  return faults;
}

/** The commit and the output of each station's last run. */
async function workFaults(
  machine: Machine,
  task: TaskData,
  starts: readonly (readonly string[])[],
): Promise<string[]> {
  const faults: string[] = [];
  const gitDir = await machine.fetchRepository(task.id);
  const output = await outputOf(machine, task.id);
  for (const { stationId, headCommit } of task.history) {
    if (headCommit === null) {
      faults.push(`task ${task.id} at ${stationId}: no commit was reported`);
      continue;
    }
    const runId = await git(gitDir, "show", `${headCommit}:${stationId}.txt`).catch(() => null);
    if (runId === null) {
      faults.push(`task ${task.id} at ${stationId}: commit ${headCommit} is not in its repository`);
      continue;
    }
    if (!starts.some((start) => start[0] === runId)) {
      faults.push(`task ${task.id} at ${stationId}: run ${runId} was reported and never started`);
    }
    const lines = [...output.matchAll(new RegExp(`^${runId} line (\\d+)$`, "gm"))].map((match) =>
      Number(match[1])
    );
    const expected = Array.from({ length: LINES_PER_RUN }, (_, index) => index + 1);
    if (JSON.stringify(lines) !== JSON.stringify(expected)) {
      faults.push(`task ${task.id} at ${stationId}: run ${runId} has lines ${lines}, expected ${expected}`);
    }
  }
  return faults;
}

async function outputOf(machine: Machine, taskId: string): Promise<string> {
  const { owner, project, baseUrl } = machine.api;
  const answer = await fetch(`${baseUrl}/api/owners/${owner}/projects/${project}/tasks/${taskId}/log`, {
    headers: { authorization: `Bearer ${machine.plane.adminToken}` },
  });
  if (!answer.ok) throw new Error(`Cannot read the output as the answer must be 200: it is ${answer.status}`);
  return await answer.text();
}

/** The history hears of every task's end, once it is let. */
async function historyFaults(machine: Machine, taskIds: ReadonlySet<string>): Promise<string[]> {
  const { url, authToken } = machine.plane.history;
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }) });
  try {
    const endMs = performance.now() + HISTORY_MAX_MS;
    for (;;) {
      const { rows } = await client.execute("select task_id, status from tasks");
      const known = new Map(rows.map((row) => [String(row[0]), String(row[1])]));
      const missing = [...taskIds].filter((id) =>
        known.get(id) !== "completed" && known.get(id) !== "failed"
      );
      if (missing.length === 0) return [];
      if (performance.now() > endMs) {
        return missing.map((id) => `task ${id}: the history says '${known.get(id) ?? "nothing"}'`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  } finally {
    client.close();
  }
}
