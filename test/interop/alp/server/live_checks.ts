/** Line 4.2, 4.3 and 8: live sessions as the reference's operator and runner speak of them, below `/api/lives`. */
import { holds } from "../check.ts";
import { type Answer, answerText, call, type CallOptions, isOk } from "../wire.ts";
import { type Job, same200, type ServerBench, type ServerCheck, type World } from "./bench.ts";

interface Live {
  readonly taskId: string;
  readonly job: Job;
  readonly sessionId: string;
  /** A path below `/api/lives`, without a token unless one is given. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  event(body: Readonly<Record<string, unknown>>): Promise<Answer>;
}

/** A claimed job whose runner told of its operator's session. */
async function live(bench: ServerBench, world: World): Promise<Live> {
  const { taskId, job } = await world.submitAndTake();
  const sessionId = crypto.randomUUID();
  const linked = await world.runner.call("POST", `/assembly-lines/${world.lineId}/tasks/${taskId}/streams`, {
    body: { sessionId, broadcastId: bench.fresh("broadcast") },
  });
  holds(isOk(linked), "2xx to the link", answerText(linked));
  const below = (method: string, path: string, options: CallOptions = {}) =>
    call(method, `${bench.place.serverUrl}/api/lives${path}`, options);
  const event = (body: Readonly<Record<string, unknown>>) =>
    below("POST", "/session-event", { body: { sessionId, ...body } });
  return { taskId, job, sessionId, call: below, event };
}

const done = { status: "completed", conclusion: "success" };

const check = (
  id: string,
  says: string,
  run: (bench: ServerBench) => Promise<void>,
  section = "4.3",
): ServerCheck => ({ id: `lives.${id}`, section, level: "pick", claim: "reference-lives", says, run });

export const LIVE_CHECKS: readonly ServerCheck[] = [
  check("auth_config", "GET /auth-config says whether operators must log in", async (bench) => {
    const answer = await call("GET", `${bench.place.serverUrl}/api/lives/auth-config`);
    same200("auth-config", answer);
    holds(typeof answer.json?.authRequired === "boolean", "authRequired, a boolean", answer.text);
  }),
  check("start", "a session's start is answered with ok, pin and env, linked or not", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    for (const sessionId of [at.sessionId, crypto.randomUUID()]) {
      const answer = await at.event({ sessionId, event: "start", attributes: {} });
      same200("start", answer);
      holds(answer.json?.ok === true && typeof answer.json?.pin === "string", "ok and pin", answer.text);
      holds(typeof answer.json?.env === "object", "env", answer.text);
    }
    await world.runner.finish("success");
  }),
  ...(["failure", "incomplete", "cancelled"] as const).map((conclusion) =>
    check(
      `end_${conclusion}`,
      `an operator's ${conclusion} goes before its runner's success`,
      async (bench) => {
        const world = await bench.world(["a", "b"]);
        const at = await live(bench, world);
        const ended = await at.event({ event: "end", conclusion, message: "no", jobId: at.job.id });
        holds(isOk(ended), "2xx to the end", answerText(ended));
        holds(isOk(await world.runner.reportRun(at.job, done)), "2xx to the report", "a refusal");
        same200("the second report", await world.runner.report({ jobResult: "success", error: null }));
        await world.taskBecomes(at.taskId, { status: "failed" });
      },
      "4.3, 8",
    )
  ),
  check("end_push_error", "a push that failed makes a success a failure", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    await at.event({ event: "end", conclusion: "success", gitPushError: "rejected" });
    await world.runner.reportRun(at.job, done);
    await world.taskBecomes(at.taskId, { status: "failed" });
  }, "8"),
  check(
    "end_success",
    "an operator's success stays one, and makes no runner's failure one",
    async (bench) => {
      const world = await bench.world(["a"]);
      const fine = await live(bench, world);
      await fine.event({ event: "end", conclusion: "success", message: "all done" });
      await world.runner.reportRun(fine.job, done);
      await world.taskBecomes(fine.taskId, { status: "completed" });
      const bad = await live(bench, world);
      await bad.event({ event: "end", conclusion: "success" });
      await world.runner.reportRun(bad.job, { status: "completed", conclusion: "failure" });
      await world.taskBecomes(bad.taskId, { status: "failed" });
    },
    "8, A19",
  ),
  check(
    "metadata",
    "POST /metadata takes every published subtype, and none without a session",
    async (bench) => {
      const world = await bench.world(["a"]);
      const at = await live(bench, world);
      const subtypes =
        "prompt tool_use tool_use_end session_start subagent_start subagent_stop task_created " +
        "task_completed plan assistant_response image_share image_approved media_share permission_request alp_pane " +
        "onboarding_external url_detected pre_compact post_compact capabilities dims stream_info";
      for (const subtype of subtypes.split(" ")) {
        const body = { type: "metadata", subtype, sessionId: at.sessionId, timestamp: 1 };
        const answer = await at.call("POST", "/metadata", { body });
        holds(isOk(answer), `2xx to ${subtype}`, answerText(answer));
      }
      const without = await at.call("POST", "/metadata", { body: { type: "metadata", subtype: "prompt" } });
      holds(without.status === 400, "400 without a session", answerText(without));
      await world.runner.finish("success");
    },
  ),
  check("activity", "GET /activity judges silence, by sessionId or streamId", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    for (const name of ["sessionId", "streamId"]) {
      const path = `/activity?${name}=${at.sessionId}&idleThresholdMs=60000`;
      const answer = await at.call("GET", path, { token: world.runner.token });
      same200("activity", answer);
      holds(
        answer.json?.isActive === true && typeof answer.json?.idleSinceMs === "number",
        "active",
        answer.text,
      );
      const { whenTimeout } = answer.json;
      holds(whenTimeout === undefined || whenTimeout > 0, "whenTimeout, if any", answer.text);
    }
    const silent = await at.call("GET", `/activity?sessionId=${at.sessionId}&idleThresholdMs=0`);
    holds(silent.json?.isActive === false, "isActive false", silent.text);
    await world.runner.finish("success");
  }, "4.2"),
  check("activity_lease", "a runner that asks for activity every 30 s keeps its job", async (bench) => {
    const world = await bench.world([{ id: "a", trigger: { maxTimeoutMinutes: 60 } }]);
    const at = await live(bench, world);
    const path = `/activity?sessionId=${at.sessionId}&idleThresholdMs=600000`;
    for (let n = 0; n < 8; n++) {
      await bench.passTime(30_000);
      same200("activity", await at.call("GET", path, { token: world.runner.token }));
    }
    await world.runner.reportRun(at.job, done);
    await world.taskBecomes(at.taskId, { status: "completed" });
  }, "4.2, 5"),
  check(
    "polls",
    "an operator that polls for answers and votes is told that there are none",
    async (bench) => {
      const world = await bench.world(["a"]);
      const at = await live(bench, world);
      const vote = await at.call("GET", `/question-vote?sessionId=${at.sessionId}&toolUseId=t`);
      same200("question-vote", vote);
      holds(vote.json?.resolvedAnswer === undefined, "no answer", vote.text);
      const pending = await at.call("GET", `/sessions/${at.sessionId}/pending-answer`);
      same200("pending-answer", pending);
      holds(pending.json?.questionId === undefined, "no question", pending.text);
      await world.runner.finish("success");
    },
  ),
  check("viewers", "transcripts, screens and approved pictures are taken", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    const { sessionId } = at;
    const lines = [JSON.stringify({ type: "user", message: { content: "Do it." } })];
    const synced = await at.call("POST", "/sync", { body: { sessionId, lines } });
    holds(synced.json?.ok === true && typeof synced.json?.counts === "object", "counts", answerText(synced));
    const image = { sessionId, imageId: "i", approved: true };
    holds(isOk(await at.call("POST", "/image-approve", { body: image })), "2xx", "a refusal");
    const screen = await call("POST", `${bench.place.serverUrl}/_relay/snapshot`, {
      body: { sessionId, snapshot: "$ " },
    });
    holds(isOk(screen), "2xx", answerText(screen));
    await world.runner.finish("success");
  }),
  check("permission", "a permission that nobody answered has no answer", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    const body = {
      subtype: "permission_request",
      sessionId: at.sessionId,
      toolUseId: "t",
      question: "Bash(ls)",
    };
    holds(isOk(await at.call("POST", "/metadata", { body })), "2xx", "a refusal");
    const vote = await at.call("GET", `/question-vote?sessionId=${at.sessionId}&toolUseId=t`);
    same200("question-vote", vote);
    holds(vote.json?.resolvedAnswer == null, "no answer", vote.text);
    await world.runner.finish("success");
  }),
  check("prompts", "PATCH /sessions/{id} takes prompts of its runner", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    const body = { taskPrompt: "Do it.", systemPrompt: null };
    const answer = await at.call("PATCH", `/sessions/${at.sessionId}`, { token: world.runner.token, body });
    holds(isOk(answer), "2xx", answerText(answer));
    await world.runner.finish("success");
  }, "4.2"),
  check("workspace", "PUT /sessions/{id}/workspace-archive takes a zip of the job", async (bench) => {
    const world = await bench.world(["a"]);
    const at = await live(bench, world);
    const token = at.job["jobToken"] as string | undefined ?? world.runner.token;
    const answer = await at.call("PUT", `/sessions/${at.sessionId}/workspace-archive`, {
      token,
      body: new Uint8Array([0x50, 0x4b, 5, 6, ...Array(18).fill(0)]),
      headers: { "content-type": "application/zip" },
    });
    holds(isOk(answer), "2xx", answerText(answer));
    await world.runner.finish("success");
  }),
];
