/** Line 4.1 and 4.2: the calls as the reference runner makes them. */
import { holds, same } from "../check.ts";
import { type Answer, answerText, isOk } from "../wire.ts";
import {
  type Job,
  type Runner,
  same200,
  type ServerBench,
  type ServerCheck,
  statusIs,
  type World,
} from "./bench.ts";

/** The offer of a poll with capabilities. */
async function offerOf(runner: Runner, capabilities: readonly string[] = []): Promise<Answer> {
  return await runner.poll({ capabilities });
}

function claim(runner: Runner, jobId: string): Promise<Answer> {
  return runner.call("POST", "/runners/generate-jitconfig", { body: { jobId, name: runner.name } });
}

/** Submits, and takes the job by offer and claim; gives it with the claim's run. */
async function claimNext(world: World): Promise<{ readonly taskId: string; readonly job: Job }> {
  const taskId = await world.submit();
  const offer = await offerOf(world.runner);
  same200("a poll with capabilities", offer);
  const id = offer.json.jobs[0].id;
  const claimed = await claim(world.runner, id);
  holds(isOk(claimed), "2xx to the claim", answerText(claimed));
  const runId = claimed.json?.runId;
  holds(typeof runId === "string", "a runId", claimed.text);
  return { taskId, job: { ...offer.json.jobs[0], ...claimed.json, id, runId } };
}

async function worldWithNeeds(bench: ServerBench, needs: readonly string[]): Promise<World> {
  return await bench.world([{ id: "a", trigger: { needs } }]);
}

const check = (
  id: string,
  claimed: string,
  says: string,
  run: (bench: ServerBench) => Promise<void>,
  section = "4.2",
): ServerCheck => ({ id: `reference.${id}`, section, level: "pick", claim: claimed, says, run });

export const REFERENCE_CHECKS: readonly ServerCheck[] = [
  check(
    "offer",
    "reference-claim",
    "a poll with capabilities only reads: the job stays queued, for all to see",
    async (bench) => {
      const world = await bench.world(["a"]);
      const taskId = await world.submit();
      const other = await bench.register([world.label]);
      const offers = [await offerOf(world.runner), await offerOf(world.runner), await offerOf(other)];
      const ids = offers.map((offer) => offer.json?.jobs?.[0]?.id);
      holds(ids[0] !== undefined && new Set(ids).size === 1, "the same job three times", ids);
      await world.taskBecomes(taskId, { status: "queued" });
      holds(isOk(await claim(world.runner, ids[0])), "2xx to the claim", "a refusal");
      const after = await offerOf(other);
      holds(after.status === 204, "204 once it is claimed", answerText(after));
      await world.runner.finish("success");
    },
    "4.2, A3",
  ),
  check(
    "claim_race",
    "reference-claim",
    "of eight runners that claim one job, one gets 2xx and seven do not",
    async (bench) => {
      const world = await bench.world(["a"]);
      await world.submit();
      const runners = [world.runner];
      for (let i = 0; i < 7; i++) runners.push(await bench.register([world.label]));
      const id = (await offerOf(world.runner)).json.jobs[0].id;
      const claims = await Promise.all(runners.map((runner) => claim(runner, id)));
      const winners = runners.filter((_, index) => isOk(claims[index]!));
      same("claims that were granted", winners.length, 1);
      await winners[0]!.finish("success");
    },
  ),
  check(
    "claim_again",
    "idempotent-claim",
    "the same runner's claim again is 2xx with the same run",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { job } = await claimNext(world);
      const again = await claim(world.runner, job.id);
      holds(isOk(again), "2xx", answerText(again));
      same("runId", again.json?.runId, job.runId);
      await world.runner.finish("success");
    },
    "5",
  ),
  check("claim_unmatched", "reference-claim", "a runner that lacks a label cannot claim", async (bench) => {
    const world = await bench.world(["a"]);
    await world.submit();
    const id = (await offerOf(world.runner)).json.jobs[0].id;
    const stranger = await bench.register([bench.fresh("label")]);
    const refused = await claim(stranger, id);
    holds(!isOk(refused), "a refusal", answerText(refused));
    await world.runner.next();
    await world.runner.finish("success");
  }),
  check("claim_unknown", "reference-claim", "a claim of an unknown job is not 2xx", async (bench) => {
    const world = await bench.world(["a"]);
    const refused = await claim(world.runner, bench.fresh("job"));
    holds(!isOk(refused) && refused.status < 500, "4xx", answerText(refused));
  }),
  check(
    "claim_while_holding",
    "reference-claim",
    "a runner that holds a job cannot claim another one",
    async (bench) => {
      const world = await bench.world(["a"]);
      await world.submit();
      await world.submit();
      const other = await bench.register([world.label]);
      await world.runner.next();
      const id = (await offerOf(other)).json.jobs[0].id;
      const refused = await claim(world.runner, id);
      holds(!isOk(refused), "a refusal", answerText(refused));
      await other.next();
      await other.finish("success");
      await world.runner.finish("success");
    },
    "4.2, 12",
  ),
  check(
    "needs",
    "reference-claim",
    "a job is offered only to capabilities that cover its needs",
    async (bench) => {
      const world = await worldWithNeeds(bench, ["alp_operator", "git:push"]);
      await world.submit();
      for (const has of [[], ["alp_operator"], ["git:push", "other"]]) {
        const answer = await offerOf(world.runner, has);
        holds(answer.status === 204, `204 for capabilities [${has}]`, answerText(answer));
      }
      const answer = await offerOf(world.runner, ["git:push", "alp_operator", "chat-llm:v1"]);
      same200("capabilities that cover the needs", answer);
      await claim(world.runner, answer.json.jobs[0].id);
      await world.runner.finish("success");
    },
    "4.2, 6",
  ),
  check(
    "no_needs",
    "reference-claim",
    "a job without needs is offered to empty capabilities",
    async (bench) => {
      const world = await bench.world(["a"]);
      await claimNext(world);
      await world.runner.finish("success");
    },
    "4.2, 6",
  ),
  check(
    "absent_capabilities",
    "reference-claim",
    "absent capabilities are an unconstrained runner: it gets a job with needs",
    async (bench) => {
      const world = await worldWithNeeds(bench, ["alp_operator"]);
      await world.submit();
      await world.runner.next();
      await world.runner.finish("success");
    },
  ),
  check(
    "run_report",
    "reference-report",
    "PATCH /runs/{run}/jobs/{job}: in_progress, then completed with success",
    async (bench) => {
      const world = await bench.world(["a", "b"]);
      const { taskId, job } = await claimNext(world);
      const started = { status: "in_progress", sessionId: "s-1", broadcastId: "b-1" };
      holds(isOk(await world.runner.reportRun(job, started)), "2xx to in_progress", "a refusal");
      await world.taskBecomes(taskId, { status: "in_progress" });
      const done = {
        status: "completed",
        conclusion: "success",
        logs: "all\nfine",
        completionReason: "success",
      };
      const answer = await world.runner.reportRun(job, done);
      holds(isOk(answer), "2xx to completed", answerText(answer));
      await world.taskBecomes(taskId, { columnId: "b", status: "queued" });
      await world.runner.next();
      await world.runner.finish("success");
    },
    "4.2, A4",
  ),
  check("run_report_failure", "reference-report", "completed with failure fails the task", async (bench) => {
    const world = await bench.world(["a", "b"]);
    const { taskId, job } = await claimNext(world);
    const done = { status: "completed", conclusion: "failure", completionReason: "idle_timeout" };
    const answer = await world.runner.reportRun(job, done);
    holds(isOk(answer), "2xx", answerText(answer));
    await world.taskBecomes(taskId, { status: "failed" });
  }, "4.2, A4"),
  check(
    "second_report",
    "reference-report",
    "after the run's report, PATCH /runners/{id} without exitCode is 200 and changes nothing",
    async (bench) => {
      const world = await bench.world(["a", "b"]);
      const { taskId, job } = await claimNext(world);
      const done = { status: "completed", conclusion: "success" };
      holds(isOk(await world.runner.reportRun(job, done)), "2xx", "a refusal");
      same200("the second report", await world.runner.report({ jobResult: "success", error: null }));
      await world.taskBecomes(taskId, { columnId: "b", status: "queued" });
      await world.runner.next();
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
    },
    "A4",
  ),
  check(
    "second_report_failed",
    "reference-report",
    "the same for a failure, with the reference's error text",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { taskId, job } = await claimNext(world);
      const done = { status: "completed", conclusion: "failure", completionReason: "timeout" };
      holds(isOk(await world.runner.reportRun(job, done)), "2xx", "a refusal");
      same200("the second report", await world.runner.report({ jobResult: "failed", error: "timeout" }));
      await world.taskBecomes(taskId, { status: "failed" });
    },
    "A4",
  ),
  check(
    "report_then_run",
    "reference-report",
    "the other way round: the run's report after the runner's is 200 and changes nothing",
    async (bench) => {
      const world = await bench.world(["a"]);
      const { taskId, job } = await claimNext(world);
      await world.runner.finish("success");
      const second = await world.runner.reportRun(job, { status: "completed", conclusion: "success" });
      same200("the second report", second);
      await world.taskBecomes(taskId, { status: "completed" });
    },
    "A4",
  ),
  check("run_of_other", "reference-report", "another runner's run cannot be reported", async (bench) => {
    const world = await bench.world(["a"]);
    const { taskId, job } = await claimNext(world);
    const other = await bench.register([world.label]);
    const answer = await other.reportRun(job, { status: "completed", conclusion: "success" });
    statusIs(answer, [403, 404, 409], "the run is another runner's");
    await world.taskBecomes(taskId, { status: "claimed" });
    await world.runner.finish("success");
  }),
  check("progress", "reference-traffic", "POST .../progress takes every published stage", async (bench) => {
    const world = await bench.world(["a"]);
    const { job } = await claimNext(world);
    const parts = ["check", "volume", "clone", "image", "container", "devcontainer", "template", "done"];
    for (const stage of [...parts.map((part) => `provisioning_${part}`), "chat_llm_active"]) {
      const body = { stage, message: "going on" };
      const answer = await world.runner.call("POST", `/runs/${job.runId}/jobs/${job.id}/progress`, { body });
      holds(isOk(answer), `2xx to stage ${stage}`, answerText(answer));
    }
    await world.runner.finish("success");
  }),
  check("logs", "reference-traffic", "POST .../logs takes text/plain up to 64 KiB", async (bench) => {
    const world = await bench.world(["a"]);
    const { job } = await claimNext(world);
    for (const body of ["first\n", "x".repeat(64 * 1024)]) {
      const answer = await world.runner.call("POST", `/runs/${job.runId}/jobs/${job.id}/logs`, {
        body,
        headers: { "content-type": "text/plain" },
      });
      holds(isOk(answer), `2xx to ${body.length} bytes`, answerText(answer));
    }
    await world.runner.finish("success");
  }),
  check("streams", "reference-traffic", "POST .../streams links a session to a task", async (bench) => {
    const world = await bench.world(["a"]);
    const { taskId } = await claimNext(world);
    const body = { sessionId: "s-1", broadcastId: "b-1" };
    for (const path of ["assembly-lines", "stages"]) {
      const answer = await world.runner.call("POST", `/${path}/${world.lineId}/tasks/${taskId}/streams`, {
        body,
      });
      holds(isOk(answer), `2xx under /${path}`, answerText(answer));
    }
    await world.runner.finish("success");
  }),
  check(
    "runner_list",
    "runner-list",
    "GET /runners lists names, and is online who was just there",
    async (bench) => {
      const runner = await bench.register([bench.fresh("label")]);
      await runner.poll();
      for (const token of [bench.place.userToken, runner.token]) {
        const answer = await bench.call("GET", "/runners", { token });
        same200("the list", answer);
        holds(Array.isArray(answer.json), "an array", answer.text);
        const entry = answer.json.find((one: { name?: unknown }) => one.name === runner.name);
        holds(entry?.status === "online", "the runner, online", entry);
      }
    },
    "2.8, 4.2",
  ),
  check("project", "reference-project", "GET of the project gives a runner the gitUrl", async (bench) => {
    const runner = await bench.register([bench.fresh("label")]);
    const gitUrl = "https://git.example/interop/project.git";
    const put = await bench.setup.putRepository(bench.place, gitUrl);
    holds(isOk(put), "the repository to be put", answerText(put));
    const answer = await runner.call("GET", "");
    same200("GET of the project", answer);
    same("gitUrl", answer.json?.gitUrl, gitUrl);
  }),
  check(
    "config_archive",
    "reference-project",
    "PUT and GET /claude-config-archive keep a zip for the project's runners; 404 before there is one",
    async (bench) => {
      const [first, second] = [await bench.register([]), await bench.register([])];
      const before = await first.call("GET", "/claude-config-archive");
      statusIs(before, [200, 404], "another check may have put one");
      const zip = "PK\u0005\u0006" + bench.fresh();
      const put = await first.call("PUT", "/claude-config-archive", {
        body: new TextEncoder().encode(zip),
        headers: { "content-type": "application/zip" },
      });
      holds(isOk(put), "2xx", answerText(put));
      const got = await second.call("GET", "/claude-config-archive");
      same200("the archive", got);
      same("the archive", got.text, zip);
    },
  ),
  check("repo_info", "reference-project", "GET /repo-info gives requiresGitHub, a boolean", async (bench) => {
    const runner = await bench.register([bench.fresh("label")]);
    const answer = await runner.call("GET", "/repo-info");
    same200("repo-info", answer);
    holds(typeof answer.json?.requiresGitHub === "boolean", "requiresGitHub, a boolean", answer.text);
  }),
];
