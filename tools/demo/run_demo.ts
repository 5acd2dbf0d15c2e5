/** The demo, step by step, in the order in which a reader meets the system. */
import { join, relative, resolve } from "node:path";
import type { HarnessName } from "../../runner-agent/ports.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import { startLocalPlane } from "../local/local_plane.ts";
import { freePort } from "../local/ports.ts";
import { keepUp, type KeptUp } from "../local/keep_up.ts";
import { registerRunner, type RunnerOptions, runRunner } from "../local/runner.ts";
import { prepareSandbox } from "../local/sandbox.ts";
import { type Api, createApi } from "./api.ts";
import { readCard } from "./card.ts";
import { cloneCommand, cloneTaskRepository } from "./clone.ts";
import { type Follower, followTask } from "./follow.ts";
import { modelEnvironment } from "./model_environment.ts";
import { readLineFolder } from "./line_folder.ts";
import { prepareOrigin } from "./origin.ts";
import { deliveredCommit, summaryTable } from "./summary.ts";
import { createTeardown } from "./teardown.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const LINES = join(ROOT, "examples/lines");
const CARD = join(ROOT, "examples/cards/tidy.json");
const PROJECT = join(ROOT, "examples/projects/untidy");
const OWNER = "demo";
/** A station that is not done by then is not going to be: the line's own limits end it long before. */
const STATIONS_DEADLINE_MS = 45 * 60_000;
/** A person may think over night. */
const PERSON_DEADLINE_MS = 72 * 3_600_000;
/** Exit code of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** The lines of `examples/lines/`: the second has a station whose agent follows a pipeline. */
export const DEMO_LINES = ["tidy", "tidy_pipeline"] as const;
export type DemoLine = (typeof DEMO_LINES)[number];

export interface DemoOptions {
  readonly card: string | undefined;
  readonly repo: string | undefined;
  readonly line: DemoLine;
  readonly harness: HarnessName;
  /** In place of the provider's own address. */
  readonly modelUrl: string | undefined;
  readonly dataDir: string;
  readonly port: number;
  readonly runnerCount: number;
  /** Approve by itself. */
  readonly isApproving: boolean;
  /** Stop at the end. */
  readonly isExiting: boolean;
}

/** Runs the demo; resolves with the exit code: 0 only if the task is `completed`. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const say = (line: string) => console.log(line);
  const dataDir = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), options.dataDir);
  const demoDir = join(dataDir, "demo");
  const card = await readCard(options.card, CARD);
  const modelEnv = modelEnvironment(options.harness, options.modelUrl, Deno.env.toObject());
  await Deno.mkdir(demoDir, { recursive: true });
  const teardown = createTeardown(say);
  try {
    const sandbox = await prepareSandbox({ harness: options.harness, dataDir, say });
    teardown.add(() => sandbox.stop());
    const origin = await prepareOrigin(options.repo, demoDir, PROJECT);
    const plane = await startLocalPlane({ port: freePort(options.port), dataDir, say });
    teardown.add(() => plane.stop());
    const port = new URL(plane.url).port;
    if (port !== String(options.port)) say(`port ${options.port} is taken: using ${port}`);
    say(`board: ${await plane.boardAddress()}`);

    const api = createApi(plane.url, plane.adminToken, OWNER, origin.project);
    await api.putProject({ gitUrl: origin.gitUrl });
    await api.takeBareLinks();
    const line = await api.putLine(options.line, await readLineFolder(join(LINES, options.line)));
    say(`line: ${line.name}, ${describeLine(line)}`);
    say(`project: ${origin.description}`);
    const runners: DemoRunner[] = [];
    for (let number = 1; number <= options.runnerCount; number++) {
      const runnerDir = join(dataDir, `runner-${number}`);
      await Deno.mkdir(runnerDir, { recursive: true });
      const runnerOptions: RunnerOptions = {
        server: plane.url,
        owner: OWNER,
        project: origin.project,
        name: `runner-${number}`,
        labels: ["tidy", "linux"],
        userToken: plane.adminToken,
        dataDir: runnerDir,
        sandboxArgs: sandbox.runnerArgs,
        args: [
          // The image has the versions that this release is tested with.
          ...(options.harness === "command" ? [] : [`--harness=${options.harness}`, "--no-harness-probe"]),
          ...(origin.localRoot === null ? [] : [`--allow-repository-under=${origin.localRoot}`]),
        ],
        env: modelEnv,
        logPath: join(runnerDir, "runner.log"),
      };
      await registerRunner(runnerOptions);
      // A runner that dies is started again: its job goes on, or is taken up by another one.
      const kept = keepUp({ start: () => runRunner(runnerOptions), say });
      runners.push({ name: runnerOptions.name, logPath: join(runnerDir, "runner.log"), kept });
      teardown.add(() => kept.stop());
    }
    say(`runners: ${options.runnerCount} on this machine, image ${sandbox.image}`);

    const submitted = await api.submit(options.line, card);
    say(`task: ${submitted.id} "${submitted.title}"\n`);
    const follower = followTask(api, submitted.id, say);
    teardown.add(() => Promise.resolve(follower.close()));
    const task = await Promise.race([
      throughTheGate(api, follower, submitted, options.isApproving, say),
      anyGivesUp(runners),
    ]);
    follower.close();

    say(`\n${summaryTable(task)}`);
    const commit = deliveredCommit(task);
    if (task.status === "completed" && commit !== null) {
      say(`delivered: ${commit} as task-${task.id} to ${origin.description}`);
    }
    const directory = join(demoDir, task.id);
    await cloneTaskRepository(task.assemblyLineRepo.url, plane.adminToken, directory);
    say(`the task's repository: ${relative(Deno.cwd(), directory)}`);
    if (!options.isExiting) {
      say(
        `clone it yourself: ${
          cloneCommand(task.assemblyLineRepo.url, join(dataDir, "admin_token"), task.id)
        }`,
      );
      say(`board: ${await plane.boardAddress()}\nCtrl-C stops everything.`);
      await Promise.race([
        teardown.interrupted,
        plane.crashed.then(() => say(`the control plane is down, see ${plane.logPath}`)),
        // What there is to see stays; only nobody takes new work.
        anyGivesUp(runners).catch((error: Error) => say(error.message)).then(() => teardown.interrupted),
      ]);
    }
    return task.status === "completed" ? 0 : 1;
  } catch (error) {
    if (teardown.isEnding()) return INTERRUPTED;
    throw error;
  } finally {
    await teardown.run();
  }
}

interface DemoRunner {
  readonly name: string;
  readonly logPath: string;
  readonly kept: KeptUp;
}

/** Rejects once a runner cannot be kept up: its task would wait for the deadline otherwise. */
async function anyGivesUp(runners: readonly DemoRunner[]): Promise<never> {
  const gone = await Promise.race(runners.map((runner) => runner.kept.gaveUp.then(() => runner)));
  throw new Error(
    `Cannot go on as ${gone.name} must stay up: it ended again and again, see ${gone.logPath}`,
  );
}

/** Follows the task to its end; at each gate prints the link, or answers for `--yes` after printing the diff. */
async function throughTheGate(
  api: Api,
  follower: Follower,
  submitted: TaskData,
  isApproving: boolean,
  say: (line: string) => void,
): Promise<TaskData> {
  for (;;) {
    const task = await follower.settled(Date.now() + STATIONS_DEADLINE_MS);
    if (task.status !== "awaiting_review") return task;
    if (isApproving) {
      const { changes } = await api.diff(submitted.id);
      say(`\ngate ${task.pendingGateId}: ${changes.length} files changed`);
      for (const change of changes) say(change.patch ?? `${change.path}: no text to show`);
      await api.decide(task, "approve", "approved by --yes");
      say(`\ngate ${task.pendingGateId}: approved by --yes`);
      continue;
    }
    say(`\ngate ${task.pendingGateId}: a person decides here\n  ${await api.gateLink(task)}\n`);
    await untilDecided(api, task, Date.now() + PERSON_DEADLINE_MS);
  }
}

const LOOK_EVERY_MS = 500;

async function untilDecided(api: Api, waiting: TaskData, deadlineMs: number): Promise<void> {
  while (Date.now() < deadlineMs) {
    const task = await api.task(waiting.id).catch(() => waiting);
    if (task.status !== "awaiting_review" || task.pendingGateId !== waiting.pendingGateId) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`Cannot wait longer at gate ${waiting.pendingGateId}`);
}

/** The way of success: stations in order, and the gates that stand before them. */
function describeLine(line: Pick<LineInput, "stations" | "transitionRules">): string {
  return line.stations.map(({ id }) => {
    const gate = line.transitionRules.find((rule) => rule.toStationId === id && rule.condition === "success")
      ?.gateId;
    return gate === undefined ? id : `[${gate}] -> ${id}`;
  }).join(" -> ");
}
