/**
 * A storm: tasks are submitted while Worker, runners and history are killed with SIGKILL at random moments; then all
 * that was acknowledged is looked for.
 *
 * 1. The same seed gives the same victims and pauses; what they hit is up to the machine.
 * 2. A submit without an answer is nobody's promise: the submitter goes on with another card. If it was taken all the
 *    same, its task must end as its script says, too.
 */
import { Machine, type Victim } from "./machine.ts";
import { kindOf, titleOf } from "./work.ts";
import { faultsOf } from "./verdict.ts";
import { createRandom } from "../fake/random.ts";

export interface StormOptions {
  readonly seed: number;
  readonly tasks: number;
  readonly kills: number;
  /** From the first kill to the last task's end. */
  readonly maxMs: number;
  readonly say: (line: string) => void;
}

export interface StormReport {
  readonly seed: number;
  readonly tasks: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly runsStarted: number;
  readonly runsLost: number;
  readonly unansweredSubmits: number;
  readonly seconds: number;
  /** Empty when everything is as it must be. */
  readonly faults: readonly string[];
}

/** A runner is killed twice as often as each of the others: there are two. */
const VICTIMS: readonly Victim[] = ["worker", "runner", "history", "runner"];
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 900;
const LOOK_EVERY_MS = 250;
const SUBMIT_LOOK_MS = 5;
const SUBMIT_RETRY_MS = 200;

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const startedMs = performance.now();
  const deadlineMs = startedMs + options.maxMs;
  await using machine = await Machine.start();
  const random = createRandom(options.seed);
  const kills: Record<Victim, number> = { worker: 0, runner: 0, history: 0 };
  const taken: string[] = [];
  let unansweredSubmits = 0;
  let begun = 0;
  let killed = 0;

  async function submitAll(): Promise<void> {
    for (let serial = 0; taken.length < options.tasks; serial++) {
      // Spread over the storm, so that there is always work to hit; at the moment of a kill, so that submits are hit.
      const due = Math.floor(taken.length * options.kills / (options.tasks + 2));
      while (begun < due) await sleep(SUBMIT_LOOK_MS);
      try {
        const card = { title: titleOf(serial), description: "" };
        taken.push((await machine.api.submit(kindOf(serial).lineId, card)).id);
      } catch {
        unansweredSubmits++;
        await sleep(SUBMIT_RETRY_MS);
      }
      if (performance.now() > deadlineMs) return;
    }
  }

  async function killAll(): Promise<void> {
    for (; killed < options.kills && performance.now() < deadlineMs; killed++) {
      await sleep(PAUSE_MIN_MS + random() * (PAUSE_MAX_MS - PAUSE_MIN_MS));
      const victim = VICTIMS[Math.floor(random() * VICTIMS.length)]!;
      begun++;
      await machine.killAndRestart(victim, Math.floor(random() * 1_000));
      kills[victim]++;
      if (killed % 20 === 19) options.say(`${killed + 1} kills, ${taken.length} tasks taken`);
    }
  }

  await Promise.all([submitAll(), killAll()]);
  const faults: string[] = [];
  if (killed < options.kills) faults.push(`expected ${options.kills} kills, came ${killed} within the time`);
  if (taken.length < options.tasks) faults.push(`expected ${options.tasks} tasks, came ${taken.length}`);
  const all = new Set(taken);
  for (;;) {
    for (const [, taskId] of await machine.starts()) all.add(taskId!);
    const open = await openTasks(machine, all);
    if (open.length === 0) break;
    if (performance.now() > deadlineMs) {
      faults.push(`expected every task to end, came ${open.length} that did not: ${open.slice(0, 5)}`);
      break;
    }
    await sleep(LOOK_EVERY_MS);
  }
  options.say(
    `all tasks have ended, ${Math.round((performance.now() - startedMs) / 1_000)} s after the start`,
  );
  await machine.stopRunners();
  faults.push(...await faultsOf(machine, all));
  if (faults.length > 0) options.say(await machine.logs());
  const runsStarted = (await machine.starts()).length;
  return {
    seed: options.seed,
    tasks: taken.length,
    kills,
    runsStarted,
    runsLost: await lostRuns(machine, all),
    unansweredSubmits,
    seconds: Math.round((performance.now() - startedMs) / 1_000),
    faults,
  };
}

async function openTasks(machine: Machine, ids: ReadonlySet<string>): Promise<string[]> {
  const open: string[] = [];
  for (const id of ids) {
    const { status } = await machine.api.task(id);
    if (status !== "completed" && status !== "failed") open.push(`${id} ${status}`);
  }
  return open;
}

async function lostRuns(machine: Machine, ids: ReadonlySet<string>): Promise<number> {
  let lost = 0;
  for (const id of ids) {
    for (const visit of (await machine.api.task(id)).history) lost += visit.runs - 1;
  }
  return lost;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
