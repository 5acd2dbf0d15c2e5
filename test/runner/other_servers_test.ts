/**
 * Our runner against servers that are not ours: one that speaks the spec and nothing else (Line 3), and one like the
 * reference (Line 4.2). Both are strict: what they do not serve is a violation, and so is a field that must be there and
 * is not.
 */
import assert from "node:assert/strict";
import { createControlPlane, registerRunner } from "../../runner-agent/control/control_plane.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";

const B = "/api/owners/acme/projects/web";
const ORIGINAL_ID = "0e7f9a52-4a3b-4f0e-9d53-6f1c2b7a8d90";

interface Call {
  readonly route: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** Runs one job against a server made of routes; what no route takes is a violation, and 404. */
async function runAgainst(
  rig: RunnerRig,
  register: (call: Call) => Response | null,
  serve: (call: Call, calls: readonly Call[]) => Response | null,
) {
  const calls: Call[] = [];
  const violations: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const text = await request.text();
    const { pathname } = new URL(request.url);
    const isJson = request.headers.get("content-type")?.startsWith("application/json") ?? false;
    const call = { route: `${request.method} ${pathname}`, body: isJson ? JSON.parse(text) : text };
    const token = request.headers.get("authorization");
    if (pathname.startsWith(B) && token !== "Bearer user" && token !== "Bearer runner") {
      violations.push(`no token: ${call.route}`);
    }
    const answer = token === "Bearer user" ? register(call) : serve(call, calls);
    calls.push(call);
    // These are only tried: health before a git step, output where it is kept.
    if (answer === null && !/healthz$|\/logs$|\/runners\/register$/.test(pathname)) {
      violations.push(call.route);
    }
    return answer ?? new Response("nothing here", { status: 404 });
  });
  const serverUrl = `http://127.0.0.1:${server.addr.port}`;
  const address = { serverUrl, owner: "acme", project: "web" };
  const made = await registerRunner(address, "user", { name: "r", labels: ["linux"] });
  assert(made.kind === "ok", JSON.stringify(made));
  const runtime = openProcessRuntime(rig);
  const runner = await rig.startInside(runtime, {
    isOnce: true,
    address,
    runnerToken: made.value.token,
    controlPlane: createControlPlane(address, made.value.id, made.value.token),
  });
  const outcome = await runner.outcome;
  await server.shutdown();
  assert.deepEqual(violations, []);
  return { outcome, calls, of: (route: string) => calls.filter((call) => call.route === route) };
}

const definition = (rig: RunnerRig, command: string) => ({
  labels: ["linux"],
  taskId: "T-1",
  stageId: "build",
  prompt: "Do it",
  repository: rig.originDir,
  initBranch: true,
  autoGit: true,
  operatorConfig: { command },
});

Deno.test("a server of the spec: the poll claims, reports carry the three fields, and answers have no body", async () => {
  await withRunnerRig(async (rig) => {
    const api = "$AGENTICS_BASE_URL/api/owners/$AGENTICS_OWNER/projects/$AGENTICS_PROJECT_NAME";
    const ask = (path: string) =>
      `curl -s -o /dev/null -w '${path} %{http_code}\\n' -H "Authorization: Bearer $AGENTICS_TOKEN" ${api}`;
    const command = `test -z "\${ASSEMBLY_LINE_REPO_URL+x}"
      ${ask("artifact")}/artifacts -d '{}' -H 'content-type: application/json'
      ${ask("poll")}/runners/jobs -d '{}'
      ${ask("sly")}/%72unners/events
      ${ask("double")}//runners/events
      ${ask("submit")}/stages/l/tasks -d '{}'
      echo x > x.txt && git add x.txt && git commit -qm x && complete_station success done`;
    const job = { id: ORIGINAL_ID, runId: `run-${ORIGINAL_ID}`, agentDefinition: definition(rig, command) };
    let polls = 0;
    const { outcome, of, calls } = await runAgainst(
      rig,
      ({ route }) =>
        route === `POST ${B}/runners/register`
          ? Response.json({ id: "runner-1", token: "runner", registeredAt: "2026-01-01T00:00:00Z" })
          : null,
      ({ route }) => {
        if (route === `POST ${B}/runners/jobs`) {
          return ++polls === 2 ? Response.json({ jobs: [job] }) : new Response(null, { status: 204 });
        }
        if (route === `POST ${B}/artifacts`) return Response.json({ id: "a" }, { status: 201 });
        return route === `PATCH ${B}/runners/runner-1` ? new Response(null, { status: 200 }) : null;
      },
    );
    assert.equal(outcome, "once");
    // There is no token of the job: what the agent holds is worth two calls at the hub, and nothing elsewhere.
    assert.equal(of(`POST ${B}/artifacts`).length, 1);
    assert.equal(of(`POST ${B}/stages/l/tasks`).length, 0);
    assert.equal(calls.filter(({ route }) => route.startsWith("GET") && route.includes("events")).length, 0);
    const reports = of(`PATCH ${B}/runners/runner-1`).map(({ body }) => body);
    assert.equal(reports[0].jobResult, "in_progress");
    const last = reports.at(-1);
    assert.deepEqual(Object.keys(reports[0]), ["jobResult", "exitCode", "error", "jobId"]);
    assert.deepEqual(Object.keys(last), ["jobResult", "exitCode", "error", "jobId"]);
    assert.deepEqual([last.jobResult, last.exitCode, last.error], ["success", 0, null]);
    assert.equal(reports.filter(({ jobResult }) => jobResult !== "in_progress").length, 1);
    // There is nowhere else for the work to go.
    assert.equal(await rig.git(rig.originDir, "show", "task-T-1:x.txt"), "x");
  });
});

Deno.test("a server like the reference: 404 is no work, the claim answers a run, which is what is settled", async () => {
  await withRunnerRig(async (rig) => {
    const job = { id: "job-1", runId: null, needs: null, agentDefinition: definition(rig, "exit 3") };
    let polls = 0;
    const { outcome, calls, of } = await runAgainst(
      rig,
      ({ route }) =>
        route === `POST ${B}/runners`
          ? Response.json({ id: "runner-1", name: "r", token: "runner" }, { status: 201 })
          : null,
      ({ route, body }) => {
        if (route === `POST ${B}/runners/jobs`) {
          assert(Array.isArray(body.capabilities));
          return ++polls === 2 ? Response.json({ jobs: [job] }) : new Response("", { status: 404 });
        }
        if (route === `POST ${B}/runners/generate-jitconfig`) {
          assert.equal(body.jobId, "job-1");
          return Response.json({ runId: "run-1" });
        }
        if (route === `PATCH ${B}/runs/run-1/jobs/job-1`) return Response.json({ ok: true });
        return route === `PATCH ${B}/runners/runner-1` ? new Response("OK") : null;
      },
    );
    assert.equal(outcome, "once");
    const settled = of(`PATCH ${B}/runs/run-1/jobs/job-1`).map(({ body }) => body);
    assert.equal(settled[0].status, "in_progress");
    assert.deepEqual([settled.at(-1).status, settled.at(-1).conclusion], ["completed", "failure"]);
    assert.equal(of(`PATCH ${B}/runners/runner-1`).at(-1)!.body.exitCode, 3);
    assert.ok(calls.length > 0);
  });
});

Deno.test("a server that takes no sign of life, or answers it with an error of its own, does not cost the run", async () => {
  await withRunnerRig(async (rig) => {
    const job = {
      id: "job-1",
      runId: "run-1",
      agentDefinition: { ...definition(rig, "true"), repository: null },
    };
    const { of } = await runAgainst(
      rig,
      () => Response.json({ id: "runner-1", token: "runner", registeredAt: "now" }),
      ({ route, body }) => {
        if (route === `POST ${B}/runners/jobs`) return Response.json({ jobs: [job] });
        if (route !== `PATCH ${B}/runners/runner-1`) return null;
        return new Response(null, { status: body.jobResult === "in_progress" ? 422 : 204 });
      },
    );
    assert.equal(of(`PATCH ${B}/runners/runner-1`).at(-1)!.body.jobResult, "success");
  });
});

Deno.test("a job that a poll has claimed and this runner cannot run is reported, not dropped", async () => {
  await withRunnerRig(async (rig) => {
    const work = { ...definition(rig, "true"), operatorConfig: { agent: "claude" } };
    const job = { id: "job-1", runId: "run-1", agentDefinition: work };
    const { of } = await runAgainst(
      rig,
      () => Response.json({ id: "runner-1", token: "runner", registeredAt: "now" }),
      ({ route }) => {
        if (route === `POST ${B}/runners/jobs`) return Response.json({ jobs: [job] });
        return route === `PATCH ${B}/runners/runner-1` ? new Response(null, { status: 200 }) : null;
      },
    );
    const last = of(`PATCH ${B}/runners/runner-1`).at(-1)!.body;
    assert.deepEqual([last.jobResult, last.exitCode], ["failed", -1]);
    assert.match(last.error, /no 'claude' agent/);
  });
});

Deno.test("the task's repository is reached where the server says that it is", async () => {
  await withRunnerRig(async (rig) => {
    const command = `curl -sf "$ASSEMBLY_LINE_REPO_URL/info/refs?service=git-upload-pack" > refs
      test "$(cat refs)" = refs`;
    const work = {
      ...definition(rig, command),
      autoGit: false,
      assemblyLineRepoUrl: "https://alp.example/scm/r-9.git/",
      assemblyLineRepoToken: "repo",
    };
    const job = { id: "job-1", runId: "run-1", agentDefinition: work };
    const { of } = await runAgainst(
      rig,
      () => Response.json({ id: "runner-1", token: "runner", registeredAt: "now" }),
      ({ route }) => {
        if (route === `POST ${B}/runners/jobs`) return Response.json({ jobs: [job] });
        if (route === "GET /scm/r-9.git/info/refs") return new Response("refs");
        return route === `PATCH ${B}/runners/runner-1` ? new Response(null, { status: 200 }) : null;
      },
    );
    assert.equal(of(`PATCH ${B}/runners/runner-1`).at(-1)!.body.jobResult, "success");
  });
});
