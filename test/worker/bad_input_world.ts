/** The project that wrong input is tried on: a task at a gate, one that runs, one that ended, a token of every kind. */
import { until } from "./until.ts";
import type { TestPlane, TestProject } from "../fake/plane.ts";

/** An id that could be ours and is nobody's. */
export const UNKNOWN_ID = "01jbrc9nf6m6sc7n75yr3hga9v";

/** The id of the live session of its running task. */
export const WORLD_SESSION = "session-of-the-world";

export interface World {
  readonly plane: TestPlane;
  readonly at: TestProject;
  /** What stands for each `:name` of a pattern. */
  readonly ids: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<"user" | "runner" | "job" | "repository" | "link" | "foreign", string>>;
  dump(): Promise<unknown>;
}

/** Events are delivered within some milliseconds; what did not change for so long has come to rest. */
const STILL_MS = 300;

const LINKS_AND_ANSWERS =
  'select step, "grant", receipt from steps where "grant" is not null or receipt is not null order by step';

/** What is stored, once nothing moves any more. */
export async function atRest(dump: () => Promise<unknown>): Promise<string> {
  let last = "";
  return await until("nothing must move any more", async () => {
    const now = JSON.stringify(await dump());
    const isStill = now === last;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, STILL_MS));
    return isStill ? now : null;
  });
}

/** Makes it, and waits until nothing moves any more. */
export async function makeWorld(plane: TestPlane): Promise<World> {
  const at = plane.project();
  const other = plane.project();
  const trigger = { type: "dispatch_worker", createAssemblyLineRepo: true };
  const station = (id: string) => ({ id, name: id, trigger });
  const line = {
    name: "L",
    stations: [station("make"), station("ship")],
    transitionRules: [{ from: "make", to: "ship", condition: "success", gate: "review" }],
    gates: [{ id: "review", name: "Review" }],
  };
  await at.must(200, "PUT", "/assembly-lines/line", { body: line });
  const { token: user } = await at.must(201, "POST", "/tokens", { body: { name: "ci" } });
  const { token: foreign } = await other.must(201, "POST", "/tokens", { body: { name: "ci" } });
  const runner = await at.register("ada");
  const submit = async () => (await at.must(201, "POST", "/stages/line/tasks", { body: { title: "t" } })).id;
  const claim = async () =>
    (await at.must(200, "POST", "/runners/jobs", { token: runner.token, body: {} })).jobs[0];
  const finish = (jobResult: string) =>
    at.must(200, "PATCH", `/runners/${runner.id}`, { token: runner.token, body: { jobResult } });

  const taskId = await submit();
  await claim();
  await finish("success");
  const ended = await submit();
  await claim();
  await finish("failed");
  const running = await submit();
  const job = await claim();
  const session = { sessionId: WORLD_SESSION };
  await at.must(200, "POST", `/stages/line/tasks/${running}/streams`, { token: runner.token, body: session });
  const gatePath = `/stages/line/tasks/${taskId}/gates/review`;
  const link = new URL((await at.must(201, "POST", `${gatePath}/link`)).url).hash.slice(1);
  const { gate_id: askId } = (await plane.call("GET", "/v1/gate", { token: link })).json;
  // A work repository is made by whoever looks first.
  await at.must(200, "GET", `/tasks/${taskId}/files`);
  const dump = async () => {
    const [queue, log, runningLog, gate, steps] = await Promise.all([
      at.dump(),
      plane.dump("TASK_LOG", `${at.queueName}/${taskId}`),
      plane.dump("TASK_LOG", `${at.queueName}/${running}`),
      plane.dump("HUMAN_GATE", askId),
      plane.sql("HUMAN_GATE", askId, LINKS_AND_ANSWERS),
    ]);
    // Looks and refused attempts are on record, and change nothing about the ask.
    return { queue, log, runningLog, gate: { gate: gate["gate"], steps: JSON.stringify(steps) } };
  };
  await atRest(dump);
  return {
    plane,
    at,
    ids: {
      owner: at.owner,
      project: at.project,
      lineId: "line",
      taskId,
      running,
      ended,
      gateId: "review",
      sessionId: WORLD_SESSION,
      mediaId: UNKNOWN_ID,
      askId,
      runnerId: runner.id,
      runId: job.runId,
      jobId: job.id,
      artifactId: UNKNOWN_ID,
      commitId: "0".repeat(40),
      repository: `${taskId}.git`,
      tool: "af_issues",
      tracker: "builtin",
      key: "99",
    },
    tokens: {
      user,
      runner: runner.token,
      job: job.jobToken,
      repository: job.agentDefinition.assemblyLineRepoToken,
      link,
      foreign,
    },
    dump,
  };
}
