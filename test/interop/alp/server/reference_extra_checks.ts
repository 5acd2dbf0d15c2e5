/** Line 2.7, 4.2, 4.5 and 6: what the reference's server has beside the published protocol. */
import { holds, same } from "../check.ts";
import { type Answer, answerText, call, isOk } from "../wire.ts";
import { type Job, type Runner, same200, type ServerBench, type ServerCheck, statusIs } from "./bench.ts";

const FRAME_MAX_MS = 5_000;
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const check = (
  id: string,
  claim: string,
  section: string,
  says: string,
  run: (bench: ServerBench) => Promise<void>,
): ServerCheck => ({ id: `extra.${id}`, section, level: "pick", claim, says, run });

/** What a runner that can do this is offered. */
const offerTo = (runner: Runner, capabilities: readonly string[]) => runner.poll({ capabilities });

async function claimed(runner: Runner, capabilities: readonly string[]): Promise<Job> {
  const offer = await offerTo(runner, capabilities);
  same200("capabilities that cover the needs", offer);
  const job = offer.json.jobs[0];
  const claim = await runner.call("POST", "/runners/generate-jitconfig", {
    body: { jobId: job.id, name: runner.name },
  });
  holds(isOk(claim), "2xx to the claim", answerText(claim));
  return { ...job, ...claim.json };
}

/** A channel of a job, with what comes through it. */
class Channel implements AsyncDisposable {
  readonly #frames: string[] = [];
  readonly #opened = Promise.withResolvers<boolean>();
  readonly #closed = Promise.withResolvers<void>();
  #wake: (() => void) | null = null;

  constructor(readonly socket: WebSocket) {
    socket.onopen = () => this.#opened.resolve(true);
    socket.onerror = () => this.#opened.resolve(false);
    socket.onclose = () => {
      this.#opened.resolve(false);
      this.#closed.resolve();
    };
    socket.onmessage = ({ data }) => {
      this.#frames.push(String(data));
      this.#wake?.();
    };
  }

  static async open(bench: ServerBench, jobId: string, token: string): Promise<Channel> {
    const server = bench.place.serverUrl.replace(/^http/, "ws");
    const query = new URLSearchParams({ jobId, token });
    const channel = new Channel(new WebSocket(`${server}/api/lives/chat/channel/ws?${query}`));
    holds(await channel.#opened.promise, "the channel to open", "an end");
    return channel;
  }

  async next(): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (this.#frames.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, FRAME_MAX_MS);
      });
      clearTimeout(timer);
    }
    const frame = this.#frames.shift();
    holds(frame !== undefined, "a frame", "none");
    return JSON.parse(frame);
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.#closed.promise;
  }
}

const telemetry = (jobId: string) => ({
  resourceSpans: [{
    resource: { attributes: [{ key: "job.id", value: { stringValue: jobId } }] },
    scopeSpans: [{ scope: { name: "interop" }, spans: [{ name: "tool" }] }],
  }],
});

const otel = (bench: ServerBench, signal: string, token: string | null, body: unknown): Promise<Answer> =>
  call("POST", `${bench.place.serverUrl}/api/otel/v1/${signal}`, { token, body });

export const REFERENCE_EXTRA_CHECKS: readonly ServerCheck[] = [
  check("otel", "reference-otel", "4.2", "POST /api/otel takes a job's telemetry as JSON", async (bench) => {
    const world = await bench.world(["a"]);
    const { job } = await world.submitAndTake();
    for (const token of [job["jobToken"] as string | undefined, world.runner.token]) {
      if (token === undefined) continue;
      same200("traces", await otel(bench, "traces", token, telemetry(job.id)));
      same200("metrics", await otel(bench, "metrics", token, { resourceMetrics: [] }));
      same200("logs", await otel(bench, "logs", token, { resourceLogs: [] }));
    }
    statusIs(await otel(bench, "traces", null, telemetry(job.id)), [401], "there is no token");
    statusIs(await otel(bench, "traces", world.runner.token, { resourceSpans: 1 }), [400, 422], "it is none");
    await world.runner.finish("success");
  }),
  check(
    "chat.channel",
    "reference-chat",
    "4.5",
    "a job's channel takes replies, can be dialled again, and is its own runner's only",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { job } = await world.submitAndTake();
      const other = await bench.register([world.label]);
      const path = `${bench.place.serverUrl}/api/lives/chat/channel/ws?jobId=${job.id}`;
      const refused = await call("GET", path, { token: other.token });
      holds(refused.status >= 400 && refused.status < 500, "a refusal", answerText(refused));
      for (let n = 0; n < 2; n++) {
        await using channel = await Channel.open(bench, job.id, world.runner.token);
        channel.send({ type: "chat.reply", jobId: job.id, text: `Reply ${n}` });
      }
      await world.runner.finish("success");
    },
  ),
  check(
    "chat.message",
    "reference-chat",
    "4.5",
    "what a person says to an agent comes as chat.message",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { job } = await world.submitAndTake();
      await using channel = await Channel.open(bench, job.id, world.runner.token);
      const said = await bench.setup.sayTo(bench.place, job.runId, "Mind the tests.");
      holds(isOk(said), "2xx to the message", answerText(said));
      const frame = await channel.next();
      same("the frame", frame, { type: "chat.message", jobId: job.id, text: "Mind the tests." });
      await world.runner.finish("success");
    },
  ),
  check(
    "match.overlap",
    "label-overlap",
    "6",
    "where a project matches by overlap, one label is enough, and none is not",
    async (bench) => {
      const [one, two] = [bench.fresh("one"), bench.fresh("two")];
      const before = await bench.setup.setMatching(bench.place, "overlap");
      holds(isOk(before), "2xx to the setting", answerText(before));
      try {
        const lineId = await bench.putLine({
          stations: [{ id: "a", name: "A", trigger: { type: "dispatch_worker", labels: [one, two] } }],
        });
        const card = { title: "T", description: "D" };
        const made = await bench.call("POST", `/stages/${lineId}/tasks`, { body: card });
        holds(isOk(made), "the card to be taken", answerText(made));
        await (await bench.register([bench.fresh("none")])).getsNothing("it has none of the labels");
        const runner = await bench.register([one, bench.fresh("other")]);
        same("the job's task", (await runner.next()).agentDefinition.taskId, made.json.id);
        await runner.finish("success");
      } finally {
        await bench.setup.setMatching(bench.place, "superset");
      }
    },
  ),
  check(
    "trace",
    "job-trace",
    "2.7, 18",
    "the traceparent of a card's request is in its jobs; without one they have one of their own",
    async (bench) => {
      const world = await bench.world(["a", "b"]);
      const made = await bench.call("POST", `/stages/${world.lineId}/tasks`, {
        body: { title: "T", description: "D" },
        headers: { traceparent: TRACEPARENT },
      });
      holds(isOk(made), "the card to be taken", answerText(made));
      for (const station of ["a", "b"]) {
        same("the trace", (await world.takeAt(station)).agentDefinition.traceparent, TRACEPARENT);
        await world.runner.finish("success");
      }
      const { job } = await world.submitAndTake();
      const own = String(job.agentDefinition.traceparent);
      holds(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(own), "a traceparent", own);
      await world.runner.finish("success");
    },
  ),
  check(
    "job.command",
    "job-fields",
    "4.2",
    "a command and its limits are beside the definition, for runners that take commands",
    async (bench) => {
      const needs = ["alp_runner_spawn"];
      const world = await bench.world([{
        id: "a",
        trigger: { needs, command: "make test", memMib: 512, vcpuCount: 1 },
      }]);
      await world.submit();
      statusIs(await offerTo(world.runner, ["alp_operator"]), [204], "it takes no commands");
      const job = await claimed(world.runner, needs);
      same("command and limits", [job["command"], job["memMib"], job["vcpuCount"]], ["make test", 512, 1]);
      await world.runner.finish("success");
    },
  ),
  check(
    "job.payload",
    "job-fields",
    "2.7, 18",
    "jobs of other kinds go to who can do them, with their payload as it is",
    async (bench) => {
      for (
        const [jobType, need, field] of [
          ["git_push", "git:push", "gitPushPayload"],
          ["git_distribute", "git-distribute", "distributePayload"],
        ] as const
      ) {
        const payload = { targets: [{ repository: "a", files: { "b.txt": null } }], deep: [[1]] };
        const world = await bench.world([{ id: "a", trigger: { jobType, [field]: payload } }]);
        await world.submit();
        statusIs(await offerTo(world.runner, ["alp_operator"]), [204], "it is another's");
        const job = await claimed(world.runner, [need]);
        same("the kind", job.agentDefinition.jobType, jobType);
        same("the payload", job.agentDefinition[field], payload);
        await world.runner.finish("success");
      }
    },
  ),
];
