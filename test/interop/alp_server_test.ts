/** The black-box suite against our own control plane in real workerd, with a clock that moves. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, startPlane } from "../fake/plane.ts";
import { eventually } from "./alp/check.ts";
import { ServerBench } from "./alp/server/bench.ts";
import { SERVER_CHECKS } from "./alp/server_suite.ts";
import { SERVER_CLAIMS, SETUPS } from "./alp/server_setup.ts";
import { runCheck } from "./alp/suite_run.ts";

/** What the control plane tells in its documents. */
const LEASE_MS = 90_000;
const WORK_MAX_MS = 30_000;
const SMALL_RUNNER = new URL("./alp/small_runner.ts", import.meta.url).pathname;

async function temporary(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "alp_small_data_" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("the control plane meets the assembly line protocol as seen from the wire", async (t) => {
  await using plane = await startPlane();
  const project = plane.project();
  const setup = SETUPS["shopfloor"]!();
  const bench = new ServerBench({
    place: {
      serverUrl: plane.url,
      userToken: ADMIN_TOKEN,
      owner: project.owner,
      project: project.project,
    },
    setup,
    leaseMs: LEASE_MS,
    passTime: (ms) => project.advance(ms),
  });
  const selection = { claims: setup.claims, isSlow: true, only: [] };
  for (const check of SERVER_CHECKS) {
    await t.step(`${check.id}: ${check.says}`, async () => {
      const result = await runCheck(check, bench, selection);
      assert.notEqual(result.verdict, "fail", `Line ${result.section} ${result.level}: ${result.detail}`);
    });
  }
});

for (const dialect of ["spec", "reference"]) {
  Deno.test(`a runner that knows only the ${dialect} carries a task through two stations and its repository`, async () => {
    await using plane = await startPlane();
    const { owner, project } = plane.project();
    const place = { serverUrl: plane.url, userToken: ADMIN_TOKEN, owner, project };
    const setup = SETUPS["shopfloor"]!();
    const bench = new ServerBench({ place, setup, leaseMs: LEASE_MS, passTime: async () => {} });
    const write =
      "git clone -q $ASSEMBLY_LINE_REPO_URL r && cd r && echo fine > report.md && git add -A && " +
      "git -c user.name=A -c user.email=a@example.invalid commit -qm r && git push -q origin HEAD:main";
    const read = "git clone -q $ASSEMBLY_LINE_REPO_URL r && grep -q fine r/report.md";
    const world = await bench.world([
      { id: "write", trigger: { createAssemblyLineRepo: true, promptTemplate: write } },
      { id: "read", trigger: { promptTemplate: read } },
    ]);
    await using data = await temporary();
    const runner = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", SMALL_RUNNER],
      env: {
        ALP_DIALECT: dialect,
        ALP_SERVER: plane.url,
        ALP_OWNER: owner,
        ALP_PROJECT: project,
        ALP_USER_TOKEN: ADMIN_TOKEN,
        ALP_RUNNER_NAME: "small",
        ALP_RUNNER_LABELS: world.label,
        ALP_DATA: data.path,
        ALP_POLL_SECONDS: "0.1",
        ALP_HEARTBEAT_SECONDS: "1",
      },
    }).spawn();
    try {
      const taskId = await world.submit();
      const task = await eventually(async () => {
        const now = await world.task(taskId);
        return now.status === "completed" || now.status === "failed" ? now : null;
      }, WORK_MAX_MS);
      assert.equal(task?.status, "completed", JSON.stringify(task));
    } finally {
      runner.kill("SIGTERM");
      assert.equal((await runner.status).code, 0, "it ends by SIGTERM");
    }
  });
}

Deno.test("each check has an id of its own, and each claim is known and needed by a check", () => {
  const ids = SERVER_CHECKS.map((check) => check.id);
  assert.equal(new Set(ids).size, ids.length);
  const claims = new Set(SERVER_CHECKS.map((check) => check.claim).filter((claim) => claim !== undefined));
  assert.deepEqual([...claims].sort(), Object.keys(SERVER_CLAIMS).sort());
});
