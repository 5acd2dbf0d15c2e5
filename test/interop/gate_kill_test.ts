/**
 * SIGKILL to workerd at each step of an ask, and between a webhook's record and its delivery. What was answered is there
 * afterwards, what was decided is decided once, and whoever listens hears of each event, under one id however often.
 */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { verifyChain } from "../../protocol/autonomy/audit_chain.ts";
import { type ControlPlane, startControlPlane } from "../../tools/local/control_plane.ts";
import { freePort } from "../../tools/local/ports.ts";
import { ADMIN_TOKEN } from "../fake/plane.ts";
import { startWebhookReceiver } from "../fake/webhook_receiver.ts";
import { GATED_LINE } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const PROJECT = "/api/owners/o/projects/p";
const CONFIG = new URL("../fake/gate_clock_plane/wrangler.toml", import.meta.url).pathname;
const LEVELS = [{ to: ["user:ada"], leaveAfterMinutes: 15 }, { to: ["user:bob"], leaveAfterMinutes: 600 }];
const AFTER_FIRST_LEVEL_MS = 16 * 60_000;
const EXPIRES_AFTER_MS = 2_500;

Deno.test({
  name: "asks and their webhooks survive a kill of the control plane at every step",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using receiver = startWebhookReceiver();
    const dataDir = await Deno.makeTempDir();
    const options = {
      ...{ port: freePort(), dataDir, historyUrl: "", adminToken: ADMIN_TOKEN, configPath: CONFIG },
      variables: { SHOPFLOOR_CLOCK: "fake" },
    };
    let plane: ControlPlane = await startControlPlane(options);
    try {
      const documents = {
        hosts: [receiver.host],
        people: [{ name: "ada", roles: ["approver"] }, { name: "bob", roles: ["approver"] }],
        policies: [{ name: "two", quorum: { need: 2 }, levels: LEVELS }],
        gates: [{ line: "@api", gate: "*", policy: "two" }],
      };
      await must(200, "PUT", `${PROJECT}/people`, ADMIN_TOKEN, { documents });
      const hook = { url: `${receiver.origin}/hook` };
      const { secret } = await must(201, "POST", `${PROJECT}/webhooks`, ADMIN_TOKEN, hook);
      const tokenOf = async (name: string) => {
        const body = { name, scopes: ["tasks:read", "gates:decide"] };
        return (await must(201, "POST", `${PROJECT}/tokens`, ADMIN_TOKEN, body)).token as string;
      };
      const [ada, bob] = [await tokenOf("ada"), await tokenOf("bob")];
      const ask = async (title: string, more: object = {}) => {
        const body = { install: "o/p", ask: "approve", title, completion: { ac: "two say yes" }, ...more };
        const subject = { ref: "release", rev: "r1" };
        return (await must(201, "POST", "/v1/gates", ADMIN_TOKEN, { ...body, subject }, title))
          .gate_id as string;
      };
      const see = (askId: string) => must(200, "GET", `/v1/gates/${askId}`, ADMIN_TOKEN);
      const chain = async (askId: string): Promise<{ type: string; by: string; seq: number }[]> =>
        (await must(200, "GET", `/v1/gates/${askId}/audit`, ADMIN_TOKEN)).entries;
      const count = async (askId: string, type: string) =>
        (await chain(askId)).filter((entry) => entry.type === type).length;

      // The people have the event, its receiver has the request, and nobody has its answer.
      receiver.behave("hang");
      const id = await ask("Release");
      const short = await ask("Too late", {
        clocks: { expires_at: new Date(Date.now() + EXPIRES_AFTER_MS).toISOString(), on_expiry: "reject" },
      });
      await receiver.until(1);
      const [underWay] = receiver.heard;
      await plane.kill9();
      receiver.behave({ status: 204 });
      await new Promise((resolve) => setTimeout(resolve, EXPIRES_AFTER_MS));
      plane = await startControlPlane(options);
      await until("an ask whose time came while all was down must say so by itself", () => {
        const isTold = receiver.heard.some(({ body }) =>
          body.includes(short) && JSON.parse(body).type === "gate.expired"
        );
        return isTold ? Promise.resolve(true) : pause();
      });
      const asked = await see(id);
      assert.deepEqual([asked.state, asked.level, asked.votes], ["open", 0, []]);
      await until("what was under way must come again under its id", () => {
        const again = receiver.heard.filter(({ headers }) =>
          headers["webhook-id"] === underWay!.headers["webhook-id"]
        );
        return again.length > 1 ? Promise.resolve(true) : pause();
      });

      // The hour of the next level comes, and the process ends before anybody has seen it.
      await must(204, "POST", `/test/clock/${id}/${AFTER_FIRST_LEVEL_MS}`, ADMIN_TOKEN);
      await restart();
      await until("the next level must be entered", async () => (await see(id)).level === 1 ? true : null);
      await restart();
      assert.equal((await see(id)).level, 1);
      assert.equal(await count(id, "gate.escalated"), 1);

      const act = (call: string, token: string, body: object = {}, key?: string) =>
        must(200, "POST", `/v1/gates/${id}/${call}`, token, body, key);
      await act("ack", ada);
      await restart();
      assert.equal((await see(id)).acked_by, "user:ada");
      await act("claim", ada);
      await restart();
      assert.equal((await see(id)).claimed_by, "user:ada");

      const yes = { decision: "approve", subject_rev: "r1" };
      const first = await act("redeem", ada, yes, "ada-1");
      await restart();
      assert.deepEqual((await see(id)).votes.map(({ by }: { by: string }) => by), ["user:ada"]);
      assert.deepEqual(answerOf(await act("redeem", ada, yes, "ada-1")), answerOf(first));
      assert.equal((await see(id)).state, "open");

      // A gate of a line is decided, and that is answered; the last vote is sent, and its answer is not heard.
      await must(200, "PUT", `${PROJECT}/assembly-lines/line`, ADMIN_TOKEN, GATED_LINE);
      const runner = await must(201, "POST", `${PROJECT}/runners/register`, ADMIN_TOKEN, { name: "r" });
      const task = await must(201, "POST", `${PROJECT}/stages/line/tasks`, ADMIN_TOKEN, { title: "t" });
      await must(200, "POST", `${PROJECT}/runners/jobs`, runner.token, {});
      await must(200, "PATCH", `${PROJECT}/runners/${runner.id}`, runner.token, { jobResult: "success" });
      const gate = `${PROJECT}/stages/line/tasks/${task.id}/gates/review`;
      const approved = await must(200, "POST", gate, ADMIN_TOKEN, { action: "approve" });
      const unheard = call("POST", `/v1/gates/${id}/redeem`, bob, yes, "bob-1").then(
        (answer) => answer.body?.cancel(),
        () => {},
      );
      await pause();
      await restart();
      await unheard;
      const last = await act("redeem", bob, yes, "bob-1");
      assert.deepEqual([last.state, last.outcome.decision], ["verified", "approve"]);
      await restart();
      assert.deepEqual(answerOf(await act("redeem", bob, yes, "bob-1")), answerOf(last));
      const no = { ...yes, decision: "reject" };
      const other = await must(409, "POST", `/v1/gates/${id}/redeem`, bob, no);
      assert.equal(other.error.code, "gate_already_resolved");
      const moved = await until("the task must go on from its gate", async () => {
        const seen = await must(200, "GET", `${PROJECT}/tasks/${task.id}`, ADMIN_TOKEN);
        return seen.columnId === "ship" ? seen : null;
      });
      assert.deepEqual(
        moved.history.map(({ stationId }: { stationId: string }) => stationId),
        ["make", "ship"],
      );
      assert.deepEqual(await must(200, "POST", gate, ADMIN_TOKEN, { action: "approve" }), approved);

      const entries = await chain(id);
      const verdict = verifyChain(entries as unknown as Parameters<typeof verifyChain>[0]);
      assert.ok(verdict.isWhole, JSON.stringify(verdict));
      const votes = entries.filter(({ type }) => ["gate.voted", "gate.answered"].includes(type));
      assert.deepEqual(votes.map(({ by }) => by), ["user:ada", "user:bob"], JSON.stringify(entries, null, 1));
      for (const type of ["gate.armed", "gate.acked", "gate.claimed", "gate.verified"]) {
        assert.equal(await count(id, type), 1, type);
      }
      assert.equal(await count(short, "gate.expired"), 1);

      const wanted = ["opened", "escalated", "acked", "claimed", "answered", "verified"].map((type) =>
        `gate.${type}`
      );
      const heard = () => receiver.heard.map(({ headers, body }) => ({ headers, body, ...JSON.parse(body) }));
      await until("each event must have come", () => {
        const types = new Set(heard().filter(({ data }) => data.gate_id === id).map(({ type }) => type));
        return wanted.every((type) => types.has(type)) ? Promise.resolve(true) : pause();
      });
      const idsOf = new Map<string, Set<string>>();
      for (const { headers, body, type, data } of heard()) {
        new Webhook(secret).verify(body, headers);
        const event = `${data.gate_id} ${data.seq} ${type}`;
        idsOf.set(event, (idsOf.get(event) ?? new Set()).add(headers["webhook-id"]!));
      }
      for (const [event, ids] of idsOf) assert.equal(ids.size, 1, `${event} came as ${[...ids].join(" ")}`);
    } finally {
      await plane.stop();
      await Deno.remove(dataDir, { recursive: true });
    }

    /** Lets the other side do something: null, for who waits. */
    async function pause(): Promise<null> {
      await (await fetch(`${plane.url}/healthz`)).body?.cancel();
      return null;
    }

    async function restart(): Promise<void> {
      await plane.kill9();
      plane = await startControlPlane(options);
    }

    function call(method: string, path: string, token: string, body?: object, key?: string) {
      return fetch(plane.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }

    async function must(
      status: number,
      ...request: Parameters<typeof call>
      // deno-lint-ignore no-explicit-any -- answers of every shape
    ): Promise<any> {
      const response = await call(...request);
      const text = await response.text();
      assert.equal(response.status, status, `${request[0]} ${request[1]}: ${text}`);
      return text === "" ? null : JSON.parse(text);
    }
  },
});

/** What an answer says, without what is shown beside it at that moment. */
function answerOf({ state, seq, outcome, votes }: Readonly<Record<string, unknown>>) {
  return { state, seq, outcome, votes };
}
