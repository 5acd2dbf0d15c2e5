/** Asking people in the middle of a run: against a scripted control plane, with sleeps that last a millisecond. */
import assert from "node:assert/strict";
import type { RunQuestion } from "../question_ports.ts";
import { RETRY_FIRST_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { createQuestionDesk, type RunQuestionDeps } from "./run_questions.ts";

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly prefer: string | null;
  // deno-lint-ignore no-explicit-any -- tests look into every body
  readonly body: any;
}

type Said = { readonly status: number; readonly body: unknown } | "away";
type Answerer = (heard: Heard, count: number) => Said | Promise<Said>;

const QUESTION: RunQuestion = {
  id: "q1",
  kind: "pause",
  stepId: "gate",
  message: "Go on?",
  detail: "token s3cr3t",
  expiresInMs: null,
};

function serve(answer: Answerer) {
  const heard: Heard[] = [];
  const watchers = new Set<() => void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const text = await request.text();
    const one: Heard = {
      method: request.method,
      path: new URL(request.url).pathname.replace(/^.*\/questions/, ""),
      prefer: request.headers.get("prefer"),
      body: text === "" ? null : JSON.parse(text),
    };
    heard.push(one);
    const count = heard.length;
    for (const watcher of [...watchers]) watcher();
    const said = await answer(one, count);
    return said === "away" ? new Response("away", { status: 503 }) : Response.json(said.body, {
      status: said.status,
    });
  });
  return {
    heard,
    /** Resolves once such a call has come. */
    hears: (isIt: (one: Heard) => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => heard.some(isIt) && resolve();
        watchers.add(look);
        look();
      }),
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const state = (status: string, change: object = {}) => ({
  id: "q1",
  askId: "01jbrc9nf6m6sc7n75yr3hga9t",
  kind: "pause",
  stepId: "gate",
  status,
  text: null,
  reason: null,
  decidedBy: null,
  askedAt: "2026-01-01T00:00:00.000Z",
  expiresAt: null,
  endedAt: null,
  ...change,
});
const PENDING: Said = { status: 201, body: state("pending") };
const ok = (status: string, change: object = {}): Said => ({ status: 200, body: state(status, change) });
const YES = ok("answered", { text: "as agreed", decidedBy: "user:ada" });

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

const desk = (url: string, change: Partial<RunQuestionDeps> = {}) =>
  createQuestionDesk({
    at: { serverUrl: url, owner: "o", project: "p" },
    runId: "run1",
    token: "t",
    redact: (text) => text.replaceAll("s3cr3t", "***"),
    clock: quickClock(),
    random: () => 0.5,
    ...change,
  });
const never = () => new AbortController().signal;

Deno.test("it asks once, waits held requests, and brings a person's words; secrets stay here", async () => {
  await using plane = serve(({ method }, count) =>
    method === "POST" ? PENDING : count < 4 ? ok("pending") : YES
  );
  const answer = await desk(plane.url).ask(QUESTION, never());
  assert.deepEqual(answer, { kind: "answered", text: "as agreed" });
  assert.deepEqual(plane.heard.map(({ method, path, prefer }) => [method, path, prefer]), [
    ["POST", "", null],
    ["GET", "/q1", "wait=25"],
    ["GET", "/q1", "wait=25"],
    ["GET", "/q1", "wait=25"],
  ]);
  assert.deepEqual(plane.heard[0]!.body, { ...QUESTION, detail: "token ***" });
});

Deno.test("every end is told as what it is, and none but a person's word is an answer", async () => {
  const ends: readonly [RunQuestion["kind"], Said, unknown][] = [
    ["pause", ok("answered"), { kind: "answered", text: "" }],
    ["modify", ok("answered"), { kind: "answered", text: "" }],
    ["tool_question", ok("answered", { text: "blue" }), { kind: "answered", text: "blue" }],
    ["tool_question", ok("answered"), { kind: "rejected", reason: null }],
    ["permission", ok("rejected", { reason: "no" }), { kind: "rejected", reason: "no" }],
    ["tool_question", ok("rejected", { reason: "not now" }), { kind: "rejected", reason: "not now" }],
    ["pause", ok("expired", { reason: "nobody answered in time" }), { kind: "expired" }],
  ];
  for (const [kind, said, wanted] of ends) {
    await using plane = serve(({ method }) => method === "POST" ? PENDING : said);
    assert.deepEqual(await desk(plane.url).ask({ ...QUESTION, kind }, never()), wanted);
  }
});

Deno.test("the next life of the runner finds the answer that came meanwhile, without waiting", async () => {
  await using plane = serve(() => YES);
  assert.deepEqual(await desk(plane.url).ask(QUESTION, never()), { kind: "answered", text: "as agreed" });
  assert.deepEqual(plane.heard.map(({ method }) => method), ["POST"]);
});

Deno.test("a control plane that is away, or talks nonsense, is asked again until it answers", async () => {
  const nonsense: Said = { status: 200, body: { hello: "world" } };
  await using plane = serve(({ method }, count) => {
    if ([1, 2, 5].includes(count)) return "away";
    if (count === 3 || count === 6) return nonsense;
    return method === "POST" ? PENDING : YES;
  });
  const clock = quickClock();
  const answer = await desk(plane.url, { clock }).ask(QUESTION, never());
  assert.equal(answer.kind, "answered");
  assert.deepEqual(plane.heard.map(({ method }) => method), [
    ...["POST", "POST", "POST", "POST"],
    ...["GET", "GET", "GET"],
  ]);
  assert.equal(clock.slept.length, 5);
});

const error = (code: string) => ({ error: { code, message: "m" } });

Deno.test("a control plane without questions is unavailable", async () => {
  for (
    const [status, body, words] of [
      [404, "not found", /status 404/],
      [404, error("not_found"), /not_found: m/],
      [501, error("not_implemented"), /not_implemented: m/],
    ] as const
  ) {
    await using plane = serve(() => ({ status, body }));
    const answer = await desk(plane.url).ask(QUESTION, never());
    assert.ok(answer.kind === "unavailable");
    assert.match(answer.message, words);
    assert.ok(plane.heard.length > 3);
  }
});

Deno.test("a control plane that has lost its way for a moment does not pass for one without questions", async () => {
  await using plane = serve((_, count) => count < 3 ? { status: 404, body: "not found" } : YES);
  assert.equal((await desk(plane.url).ask({ ...QUESTION, kind: "modify" }, never())).kind, "answered");
});

Deno.test("a question that is refused for good is rejected: its people are there, and none of them was asked", async () => {
  for (
    const [status, code] of [
      [409, "question_differs"],
      [409, "run_finished"],
      [403, "not_your_runner"],
      [404, "run_not_found"],
      [400, "invalid_input"],
    ] as const
  ) {
    await using plane = serve(() => ({ status, body: error(code) }));
    const answer = await desk(plane.url).ask({ ...QUESTION, kind: "modify" }, never());
    assert.ok(answer.kind === "rejected" && answer.reason?.includes(code), JSON.stringify(answer));
    assert.equal(plane.heard.length, 1);
  }
});

Deno.test("a run whose agent has asked too much waits a while for room, and is rejected then", async () => {
  const many: Said = { status: 409, body: error("too_many_questions") };
  await using roomy = serve((_, count) => count < 4 ? many : YES);
  assert.equal((await desk(roomy.url).ask({ ...QUESTION, kind: "modify" }, never())).kind, "answered");
  await using full = serve(() => many);
  const answer = await desk(full.url).ask({ ...QUESTION, kind: "modify" }, never());
  assert.ok(answer.kind === "rejected" && answer.reason?.includes("too_many_questions"));
  assert.ok(full.heard.length > 3);
});

Deno.test("the answer to another question is none: it is asked again", async () => {
  const others = ok("answered", { id: "q2" });
  await using plane = serve(({ method }, count) => {
    if (method === "POST") return count === 1 ? others : PENDING;
    return count < 4 ? others : ok("rejected", { reason: "no" });
  });
  assert.deepEqual(await desk(plane.url).ask(QUESTION, never()), { kind: "rejected", reason: "no" });
  assert.equal(plane.heard.length, 4);
});

Deno.test("who stops waiting is told at once, and the question is taken back", async () => {
  const stop = new AbortController();
  const release = Promise.withResolvers<void>();
  await using plane = serve(async ({ method }) => {
    if (method === "POST") return PENDING;
    if (method === "DELETE") return ok("rejected");
    await release.promise;
    return ok("pending");
  });
  const asked = desk(plane.url).ask(QUESTION, stop.signal);
  await plane.hears(({ method }) => method === "GET");
  stop.abort();
  assert.deepEqual(await asked, { kind: "cancelled" });
  await plane.hears(({ method, path }) => method === "DELETE" && path === "/q1");
  release.resolve();
});

Deno.test("a question that is on its way is taken back only after it has arrived", async () => {
  const stop = new AbortController();
  const release = Promise.withResolvers<void>();
  await using plane = serve(async ({ method }) => {
    if (method === "DELETE") return ok("rejected");
    await release.promise;
    return PENDING;
  });
  const asked = desk(plane.url).ask(QUESTION, stop.signal);
  await plane.hears(({ method }) => method === "POST");
  stop.abort();
  assert.deepEqual(await asked, { kind: "cancelled" });
  assert.deepEqual(plane.heard.map(({ method }) => method), ["POST"]);
  release.resolve();
  await plane.hears(({ method }) => method === "DELETE");
  assert.deepEqual(plane.heard.map(({ method }) => method), ["POST", "DELETE"]);
});

Deno.test("a run that is cancelled already asks nobody, and takes back what an earlier life has asked", async () => {
  await using plane = serve(() => ({
    status: 404,
    body: { error: { code: "question_not_found", message: "" } },
  }));
  assert.deepEqual(await desk(plane.url).ask(QUESTION, AbortSignal.abort()), { kind: "cancelled" });
  await plane.hears(({ method }) => method === "DELETE");
  assert.equal(plane.heard.length, 1);
});

Deno.test("what is too long is cut, and odd times are within the bounds of the wire", async () => {
  await using plane = serve(() => YES);
  const long = "x".repeat(40_000);
  for (const expiresInMs of [1e300, NaN, -5, 0.2, 1_500]) {
    await desk(plane.url).ask(
      { ...QUESTION, stepId: long, message: long, detail: `${long}\ud800`, expiresInMs },
      never(),
    );
  }
  const [first] = plane.heard;
  assert.deepEqual(
    [first!.body.stepId.length, first!.body.message.length, first!.body.detail.length],
    [400, 4_000, 32_000],
  );
  assert.deepEqual(plane.heard.map(({ body }) => body.expiresInMs), [31_536_000_000, null, 1, 1, 1_500]);
});

Deno.test("a server that does not hold requests is asked no faster than one that is away", async () => {
  await using plane = serve(({ method }, count) =>
    method === "POST" ? PENDING : count < 6 ? ok("pending") : YES
  );
  // A clock that stands still: no request was held.
  const clock = { ...quickClock(), nowMs: () => 0 };
  assert.equal((await desk(plane.url, { clock }).ask(QUESTION, never())).kind, "answered");
  assert.deepEqual(clock.slept, Array(4).fill(RETRY_FIRST_MS));
});
