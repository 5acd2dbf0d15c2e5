/** The whole product on this machine for one test: history, Worker, sandboxes, runners, an origin. */
import { join } from "node:path";
import type { TaskData } from "../../protocol/line/task.ts";
import { type Api, createApi } from "../../tools/demo/api.ts";
import { readLineFolder } from "../../tools/demo/line_folder.ts";
import { prepareOrigin } from "../../tools/demo/origin.ts";
import { type LocalPlane, startLocalPlane } from "../../tools/local/local_plane.ts";
import { freePort } from "../../tools/local/ports.ts";
import type { Child } from "../../tools/local/processes.ts";
import { registerRunner, type RunnerOptions, runRunner } from "../../tools/local/runner.ts";
import { prepareSandbox } from "../../tools/local/sandbox.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Images and Podman's settings are shared by all tests: building them is not what is tested. */
const SHARED_DATA = join(ROOT, ".shopfloor");
const LOOK_EVERY_MS = 25;

export interface Stage extends AsyncDisposable {
  readonly plane: LocalPlane;
  readonly api: Api;
  readonly originDir: string;
  readonly dataDir: string;
  readonly runners: Child[];
  /** Starts the runner with this index again, as after a crash. */
  restartRunner(index: number): void;
  /** Looks until `isIt` holds; fails after `withinMs`. */
  until(taskId: string, withinMs: number, isIt: (task: TaskData) => boolean): Promise<TaskData>;
}

/** Starts everything; `await using` stops it. */
export async function openStage(
  options: { readonly runnerCount: number },
): Promise<Stage> {
  const dataDir = await Deno.makeTempDir({ prefix: "sf-stage-" });
  const quiet = () => {};
  const sandbox = await prepareSandbox({ harness: "command", dataDir: SHARED_DATA, say: quiet });
  const origin = await prepareOrigin(undefined, dataDir, join(ROOT, "examples/projects/untidy"));
  const plane = await startLocalPlane({ port: freePort(), dataDir, say: quiet });
  const api = createApi(plane.url, plane.adminToken, "test", "untidy");
  await api.putProject({ gitUrl: origin.gitUrl });
  await api.putLine("tidy", await readLineFolder(join(ROOT, "examples/lines/tidy")));
  const settings = Array.from({ length: options.runnerCount }, (_, index): RunnerOptions => ({
    server: plane.url,
    owner: "test",
    project: "untidy",
    name: `runner-${index + 1}`,
    labels: ["tidy"],
    userToken: plane.adminToken,
    dataDir: join(dataDir, `runner-${index + 1}`),
    sandboxArgs: sandbox.runnerArgs,
    args: [`--allow-repository-under=${dataDir}`],
    logPath: join(dataDir, `runner-${index + 1}.log`),
  }));
  const runners: Child[] = [];
  for (const one of settings) {
    await registerRunner(one);
    runners.push(runRunner(one));
  }
  return {
    plane,
    api,
    originDir: origin.gitUrl,
    dataDir,
    runners,
    restartRunner: (index) => {
      runners[index] = runRunner(settings[index]!);
    },
    until: async (taskId, withinMs, isIt) => {
      const deadlineMs = Date.now() + withinMs;
      let last: unknown;
      while (Date.now() < deadlineMs) {
        const task = await api.task(taskId).catch((error: unknown) => {
          last = error;
          return null;
        });
        if (task !== null && isIt(task)) return task;
        last = task ?? last;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      throw new Error(
        `Cannot go on as the task must get there within ${withinMs} ms: ${JSON.stringify(last)}`,
      );
    },
    [Symbol.asyncDispose]: async () => {
      for (const runner of runners) await runner.kill9();
      await plane.stop();
      await sandbox.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}
