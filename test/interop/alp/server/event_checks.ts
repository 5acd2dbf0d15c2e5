/** Line 3 row 6 and Line 5: server-sent events. */
import { holds, same } from "../check.ts";
import { EventStream } from "../sse.ts";
import type { ServerBench, ServerCheck, World } from "./bench.ts";

const EVENT_MAX_MS = 5_000;
/** Long enough for an event that must not come. */
const SILENCE_MS = 700;

async function open(bench: ServerBench, world: World): Promise<EventStream> {
  const stream = await EventStream.open(`${bench.base}/runners/events`, world.runner.token);
  holds(stream.response.status === 200, "200", stream.response.status);
  const type = stream.response.headers.get("content-type") ?? "";
  holds(type.startsWith("text/event-stream"), "text/event-stream", type);
  return stream;
}

export const EVENT_CHECKS: readonly ServerCheck[] = [
  {
    id: "events.job_available",
    section: "3 row 6",
    level: "MAY",
    claim: "sse",
    says: "a queued job is told as job_available with {jobId}, and a poll gets it",
    async run(bench) {
      const world = await bench.world(["a"]);
      await using stream = await open(bench, world);
      const taskId = await world.submit();
      const event = await stream.next(EVENT_MAX_MS);
      same("the event's name", event?.name, "job_available");
      const data = JSON.parse(event!.data);
      holds(typeof data.jobId === "string", "a jobId", event!.data);
      const job = await world.runner.next();
      same("the job", job.id, data.jobId);
      same("its task", job.agentDefinition.taskId, taskId);
      await world.runner.finish("success");
    },
  },
  {
    id: "events.next_station",
    section: "3 row 6",
    level: "MAY",
    claim: "sse",
    says: "a job that a transition queues is told as well",
    async run(bench) {
      const world = await bench.world(["a", "b"]);
      await world.submitAndTake();
      await using stream = await open(bench, world);
      await world.runner.finish("success");
      const event = await stream.next(EVENT_MAX_MS);
      same("the event's name", event?.name, "job_available");
      await world.takeAt("b");
      await world.runner.finish("success");
    },
  },
  {
    id: "events.matching_only",
    section: "3 row 6, 6",
    level: "MAY",
    claim: "sse",
    says: "a runner that does not match hears nothing",
    async run(bench) {
      const world = await bench.world(["a"]);
      const other = await bench.world(["a"]);
      await using stream = await open(bench, other);
      await world.submit();
      const event = await stream.next(SILENCE_MS);
      same("events of another's job", event, null);
      await world.runner.next();
      await world.runner.finish("success");
    },
  },
  {
    id: "events.poll_beside",
    section: "5",
    level: "MUST",
    says: "short polling works whether or not there are events",
    async run(bench) {
      const world = await bench.world(["a"]);
      const stream = await EventStream.open(`${bench.base}/runners/events`, world.runner.token);
      await world.submit();
      await world.runner.next();
      await world.runner.finish("success");
      await stream[Symbol.asyncDispose]();
      await world.submit();
      await world.runner.next();
      await world.runner.finish("success");
    },
  },
];
