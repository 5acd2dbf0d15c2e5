/** The black-box suite against our own control plane in real workerd, with a clock that moves. */
import assert from "node:assert/strict";
import { ADMIN_TOKEN, startPlane } from "../fake/plane.ts";
import { ServerBench } from "./alp/server/bench.ts";
import { SERVER_CHECKS } from "./alp/server_suite.ts";
import { SERVER_CLAIMS, SETUPS } from "./alp/server_setup.ts";
import { runCheck } from "./alp/suite_run.ts";

/** What the control plane tells in its documents. */
const LEASE_MS = 90_000;

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

Deno.test("each check has an id of its own, and each claim is known and needed by a check", () => {
  const ids = SERVER_CHECKS.map((check) => check.id);
  assert.equal(new Set(ids).size, ids.length);
  const claims = new Set(SERVER_CHECKS.map((check) => check.claim).filter((claim) => claim !== undefined));
  assert.deepEqual([...claims].sort(), Object.keys(SERVER_CLAIMS).sort());
});
