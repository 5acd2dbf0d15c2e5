/** Asking people from a runner: against a scripted control plane, with a clock that is moved by hand where it matters. */
import assert from "node:assert/strict";
import { approvalDigest, bodySha256Of } from "../../protocol/runner/approval.ts";
import type { Clock, HeldRequest } from "../ports.ts";
import { RETRY_FIRST_MS } from "../limits.ts";
import { type ApprovalDeps, createApprovalDesk } from "./approvals.ts";

const REQUEST: HeldRequest = {
  jobId: "job1",
  method: "POST",
  url: "https://example.org/pay",
  body: `{"amount":5}`,
  labels: ["payments"],
};
const DIGEST = approvalDigest({
  method: "POST",
  url: REQUEST.url,
  bodySha256: bodySha256Of(REQUEST.body),
});

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly prefer: string | null;
  // deno-lint-ignore no-explicit-any -- tests look into every body
  readonly body: any;
}

type Answerer = (heard: Heard, count: number) => { status: number; body: unknown } | "hang up";

/** A server that answers as it is told, and keeps what it heard. */
function serve(answer: Answerer) {
  const heard: Heard[] = [];
  const watchers = new Set<() => void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const url = new URL(request.url);
    const text = await request.text();
    const one: Heard = {
      method: request.method,
      path: url.pathname.replace(/^.*approval-requests/, ""),
      key: request.headers.get("idempotency-key"),
      prefer: request.headers.get("prefer"),
      body: text === "" ? null : JSON.parse(text),
    };
    heard.push(one);
    for (const watcher of [...watchers]) watcher();
    const said = answer(one, heard.length);
    return said === "hang up"
      ? new Response("away", { status: 503 })
      : Response.json(said.body, { status: said.status });
  });
  return {
    heard,
    /** Resolves once so many calls have come. */
    hears: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => heard.length >= count && resolve();
        watchers.add(look);
        look();
      }),
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const state = (status: string, change: object = {}) => ({
  id: "req1",
  status,
  digest: DIGEST,
  reason: "",
  decidedBy: null,
  decidedAt: null,
  expiresAt: null,
  consumedAt: null,
  ...change,
});
const APPROVED = state("approved", { decidedBy: "user:ada", reason: "fine" });

/** Sleeps last a millisecond and are on record. */
function quickClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => Date.now(),
    sleep: (ms, signal) => {
      slept.push(ms);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = setTimeout(resolve, 1);
        signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        }, { once: true });
      });
    },
  };
}

function desk(url: string, change: Partial<ApprovalDeps> = {}) {
  let keys = 0;
  return createApprovalDesk({
    at: { serverUrl: url, owner: "o", project: "p" },
    runnerId: "run1",
    token: "t",
    plane: { onApproval: () => null },
    clock: quickClock(),
    random: () => 0.5,
    newKey: () => `key${++keys}`,
    ...change,
  });
}

const never = () => new AbortController().signal;

Deno.test("a request that is approved is taken into use before it is let through", async () => {
  await using plane = serve(({ method, body }) =>
    method === "GET" ? { status: 200, body: APPROVED } : {
      status: body.action === undefined ? 201 : 200,
      body: body.action === undefined ? state("pending") : APPROVED,
    }
  );
  const outcome = await desk(plane.url).requestApproval(REQUEST, never());
  assert.deepEqual(outcome, {
    kind: "approved",
    requestId: "req1",
    decidedBy: "user:ada",
    reason: "fine",
  });
  assert.deepEqual(
    plane.heard.map(({ method, path, body }) => [method, path, body?.action ?? null]),
    [["POST", "", null], ["GET", "/req1", null], ["POST", "/req1", "consume"]],
  );
  const [asked, waited] = plane.heard;
  assert.deepEqual([asked!.body.bodySha256, asked!.body.jobId], [bodySha256Of(REQUEST.body), "job1"]);
  assert.equal(waited!.prefer, "wait=25");
});

Deno.test("an approval that was used before lets nothing through", async () => {
  await using plane = serve(({ method, body }) => {
    if (method === "GET") return { status: 200, body: APPROVED };
    if (body.action === undefined) return { status: 201, body: state("pending") };
    return { status: 409, body: { error: { code: "approval_spent", message: "" } } };
  });
  const outcome = await desk(plane.url).requestApproval(REQUEST, never());
  assert.equal(outcome.kind === "refused" && outcome.code, "approval_spent");
});

Deno.test("denied and expired requests are told as such, and nothing is taken into use", async () => {
  for (const [status, kind] of [["denied", "denied"], ["expired", "expired"]] as const) {
    await using plane = serve(({ method }) =>
      method === "GET"
        ? { status: 200, body: state(status, { reason: "no", decidedBy: "user:ada" }) }
        : { status: 201, body: state("pending") }
    );
    const outcome = await desk(plane.url).requestApproval(REQUEST, never());
    assert.ok(outcome.kind === kind && outcome.reason === "no");
    assert.equal(plane.heard.length, 2);
  }
});

Deno.test("a control plane that is away is asked again, with the same key, and the wait goes on when it is back", async () => {
  await using plane = serve(({ method, body }, count) => {
    if ([1, 2, 4, 5, 7].includes(count)) return "hang up";
    if (method === "GET") return { status: 200, body: APPROVED };
    return body.action === undefined
      ? { status: 201, body: state("pending") }
      : { status: 200, body: APPROVED };
  });
  const outcome = await desk(plane.url).requestApproval(REQUEST, never());
  assert.equal(outcome.kind, "approved");
  assert.deepEqual(
    plane.heard.map(({ key }) => key),
    ["key1", "key1", "key1", null, null, null, "key1-consume", "key1-consume"],
  );
});

Deno.test("a question about another request than the one that is held lets nothing through", async () => {
  await using plane = serve(({ method }) =>
    method === "GET"
      ? { status: 200, body: APPROVED }
      : { status: 201, body: state("pending", { digest: "0".repeat(64) }) }
  );
  const outcome = await desk(plane.url).requestApproval(REQUEST, never());
  assert.equal(outcome.kind === "refused" && outcome.code, "digest_mismatch");
});

Deno.test("with a socket it asks when it is told to, and at its times; being told is no decision", async () => {
  let isDecided = false;
  let tell = () => {};
  const listening = Promise.withResolvers<void>();
  await using plane = serve(({ method }) =>
    method === "GET"
      ? { status: 200, body: isDecided ? state("denied") : state("pending") }
      : { status: 201, body: state("pending") }
  );
  const clock: Clock = {
    nowMs: () => Date.now(),
    sleep: (_ms, signal) => {
      listening.resolve();
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    },
  };
  const outcome = desk(plane.url, {
    clock,
    plane: {
      onApproval: (id, listen) => {
        assert.equal(id, "req1");
        tell = listen;
        return () => {};
      },
    },
  }).requestApproval(REQUEST, never());
  await listening.promise;
  tell();
  await plane.hears(3);
  assert.ok(plane.heard.every(({ prefer }) => prefer === null));
  isDecided = true;
  tell();
  assert.equal((await outcome).kind, "denied");
});

Deno.test("who stops waiting takes the question back, also one whose answer never came", async () => {
  for (const answered of [true, false]) {
    const stop = new AbortController();
    const done = Promise.withResolvers<void>();
    await using plane = serve(({ method, body }, count) => {
      if (body?.action === "withdraw") {
        done.resolve();
        return { status: 200, body: state("expired") };
      }
      if (method === "GET" || (!answered && count === 1)) {
        stop.abort();
        return "hang up";
      }
      return { status: 201, body: state("pending") };
    });
    const outcome = await desk(plane.url).requestApproval(REQUEST, stop.signal);
    assert.equal(outcome.kind, "withdrawn");
    await done.promise;
    const keys = plane.heard.map(({ key }) => key);
    assert.equal(keys.at(-1), "key1-withdraw");
    assert.ok(keys.every((key) => key === null || key.startsWith("key1")));
  }
});

Deno.test("a control plane without approval requests refuses, and who waits is noted meanwhile", async () => {
  await using none = serve(() => ({ status: 501, body: { error: { code: "no", message: "m" } } }));
  const refused = await desk(none.url).requestApproval(REQUEST, never());
  assert.deepEqual(refused, { kind: "refused", code: "no", message: "m" });
  let notes = 0;
  await using plane = serve(({ method }, count) =>
    method === "GET" && count > 4 ? { status: 200, body: state("denied") } : {
      status: 200,
      body: state("pending"),
    }
  );
  await desk(plane.url).requestApproval(REQUEST, never(), () => notes++);
  assert.equal(notes, 4);
});

Deno.test("a server that does not wait is asked no faster than one that is away", async () => {
  await using plane = serve(({ method, body }, count) => {
    if (method === "GET") return { status: 200, body: count < 6 ? state("pending") : APPROVED };
    return body.action === undefined
      ? { status: 201, body: state("pending") }
      : { status: 200, body: APPROVED };
  });
  const clock = quickClock();
  const outcome = await desk(plane.url, { clock }).requestApproval(REQUEST, never());
  assert.equal(outcome.kind, "approved");
  assert.deepEqual(clock.slept.filter((ms) => ms >= RETRY_FIRST_MS), Array(4).fill(RETRY_FIRST_MS));
});

Deno.test("a question whose answer is refused is taken back: nobody is left to decide what nobody waits for", async () => {
  await using plane = serve(({ method, body }) => {
    if (method === "GET") {
      return { status: 404, body: { error: { code: "approval_request_not_found", message: "" } } };
    }
    return body.action === undefined
      ? { status: 201, body: state("pending") }
      : { status: 200, body: state("expired") };
  });
  const outcome = await desk(plane.url).requestApproval(REQUEST, never());
  assert.equal(outcome.kind, "refused");
  await plane.hears(3);
  assert.equal(plane.heard[2]!.body.action, "withdraw");
});
