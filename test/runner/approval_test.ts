/** A runner that holds requests, at the real control plane: over its socket and over long polls, and through SIGKILL. */
import assert from "node:assert/strict";
import { createApprovalDesk } from "../../runner-agent/control/approvals.ts";
import { createControlPlane } from "../../runner-agent/control/control_plane.ts";
import { openControlPlane } from "../../runner-agent/control/transport.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import type { ApprovalOutcome, HeldRequest, Transport } from "../../runner-agent/ports.ts";
import { type ControlPlane, startControlPlane } from "../../tools/local/control_plane.ts";
import { freePort } from "../../tools/local/ports.ts";
import { ADMIN_TOKEN } from "../fake/plane.ts";
import { until } from "../worker/until.ts";
import { station } from "../worker/work_fixture.ts";

const SECOND_MS = 1_000;
const AT = { owner: "o", project: "p" };
const PROJECT = `/api/owners/${AT.owner}/projects/${AT.project}`;

Deno.test({
  name: "a runner's held requests at the real control plane",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_approval_" });
    const options = { port: await freePort(), dataDir, historyUrl: "", adminToken: ADMIN_TOKEN };
    let plane: ControlPlane = await startControlPlane(options);
    let runners = 0;

    async function call(method: string, path: string, body?: object, token = ADMIN_TOKEN) {
      const response = await fetch(`${plane.url}${path.startsWith("/v1") ? "" : PROJECT}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return text === "" ? null : JSON.parse(text);
    }

    /** A runner with a job, and its desk. */
    async function stage(transport: Transport) {
      const registered = await call("POST", "/runners", { name: `r${++runners}` });
      const task = await call("POST", "/stages/line/tasks", { title: "t" });
      const { jobs: [job] } = await call("POST", "/runners/jobs", {}, registered.token);
      const at = { ...AT, serverUrl: plane.url };
      const opened = Promise.withResolvers<void>();
      const control = openControlPlane({
        transport,
        at,
        token: registered.token,
        jobsMax: 1,
        clock: systemClock,
        random: Math.random,
        http: createControlPlane(at, registered.id, registered.token),
        onEvent: (event) => event === "socket_open" && opened.resolve(),
      });
      if (transport === "socket") {
        void control.poll([], 60_000, new AbortController().signal);
        await opened.promise;
      }
      const desk = createApprovalDesk({
        at,
        runnerId: registered.id,
        token: registered.token,
        plane: control,
        clock: systemClock,
        random: Math.random,
        newKey: () => crypto.randomUUID(),
      });
      const request: HeldRequest = {
        jobId: job.id,
        method: "POST",
        url: `https://example.org/${task.id}`,
        body: new Uint8Array([0, 255, 1]),
        labels: ["pay"],
      };
      return {
        task,
        close: () => control.close(),
        ask: (signal = new AbortController().signal) => desk.requestApproval(request, signal),
        /** The asks of this job that wait; there must be one. */
        asked: () =>
          until("a person must be asked", async () => {
            const { items } = await call("GET", "/worklist");
            const mine = items.filter((item: { origin: { taskId?: string } }) =>
              item.origin.taskId === task.id
            );
            assert.ok(mine.length <= 1, "one request is one question");
            return mine.length === 0 ? null : mine[0].gateId as string;
          }),
        status: async (id: string) =>
          (await call("GET", `/runners/${registered.id}/approval-requests/${id}`)).status,
        decide: (id: string, action: string) =>
          call("POST", `/runners/${registered.id}/approval-requests/${id}`, { action, reason: "said so" }),
      };
    }

    try {
      await call("PUT", "/assembly-lines/line", { name: "L", stations: [station("make")] });

      for (const transport of ["socket", "poll"] as const) {
        await t.step(`over ${transport} it hears of its approval within a second`, async () => {
          const { ask, asked, decide, close } = await stage(transport);
          const outcome = ask();
          const id = await asked();
          const decidedAtMs = performance.now();
          await decide(id, "approve");
          assert.deepEqual(await outcome, {
            kind: "approved",
            requestId: id,
            decidedBy: "user:admin",
            reason: "said so",
          });
          assert.ok(performance.now() - decidedAtMs < SECOND_MS);
          const gate = await call("GET", `/v1/gates/${id}`);
          assert.ok(gate.consumed !== null, "the receipt is posted");
          close();
        });

        await t.step(`over ${transport} a no of /v1 lets nothing through`, async () => {
          const { ask, asked, close } = await stage(transport);
          const outcome = ask();
          const id = await asked();
          await call("POST", `/v1/gates/${id}/redeem`, { decision: "reject", comment: "no" });
          const said: ApprovalOutcome = await outcome;
          assert.ok(said.kind === "denied" && said.reason === "no");
          close();
        });

        await t.step(`over ${transport} the end of the run ends the wait`, async () => {
          const { ask, asked, task, close } = await stage(transport);
          const outcome = ask();
          await asked();
          const cancelledAtMs = performance.now();
          await call("POST", `/tasks/${task.id}/cancel`, { reason: "enough" });
          const said = await outcome;
          assert.ok(performance.now() - cancelledAtMs < 2 * SECOND_MS);
          assert.ok(said.kind === "expired" && said.reason.includes("enough"), JSON.stringify(said));
          close();
        });

        await t.step(
          `over ${transport} it waits through a SIGKILL of the control plane, and asks once`,
          async () => {
            const { ask, asked, decide, close } = await stage(transport);
            const outcome = ask();
            const id = await asked();
            await plane.kill9();
            plane = await startControlPlane(options);
            assert.equal(await asked(), id);
            await decide(id, "approve");
            assert.equal((await outcome).kind, "approved");
            close();
          },
        );
      }

      await t.step("a decision before a SIGKILL is there after it", async () => {
        const { ask, asked, decide, close } = await stage("poll");
        const stop = new AbortController();
        const first = ask(stop.signal);
        const id = await asked();
        await Promise.all([decide(id, "deny"), first]);
        await plane.kill9();
        plane = await startControlPlane(options);
        assert.equal((await call("GET", `/v1/gates/${id}`)).outcome.decision, "reject");
        close();
      });

      await t.step("a request that nobody waits for any more is taken back", async () => {
        const { ask, asked, status, close } = await stage("poll");
        const stop = new AbortController();
        const outcome = ask(stop.signal);
        const id = await asked();
        stop.abort();
        assert.equal((await outcome).kind, "withdrawn");
        await until("it must be over", async () => await status(id) === "expired" || null);
        close();
      });
    } finally {
      await plane.stop();
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});
