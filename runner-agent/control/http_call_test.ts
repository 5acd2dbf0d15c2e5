import assert from "node:assert/strict";
import { z } from "zod";
import { ANSWER_MAX_BYTES } from "../limits.ts";
import { createCaller } from "./http_call.ts";
import { pause, untilAnswered } from "./retry.ts";

const schema = z.object({ n: z.number() });

/** Calls a server that answers once with `respond`. */
async function callOf(respond: (request: Request) => Response | Promise<Response>, timeoutMs = 60_000) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  const call = createCaller(`http://127.0.0.1:${server.addr.port}/`, "a-token");
  const outcome = await call({ method: "POST", path: "/x", body: { a: 1 }, schema, timeoutMs });
  await server.shutdown();
  return outcome;
}

const answer = (status: number, body: string | null = null) => () => new Response(body, { status });

Deno.test("a call sends its token and body, and reads an answer of the expected shape", async () => {
  const outcome = await callOf(async (request) => {
    assert.equal(request.headers.get("authorization"), "Bearer a-token");
    assert.deepEqual(await request.json(), { a: 1 });
    return Response.json({ n: 1, more: true });
  });
  assert.deepEqual(outcome, { kind: "ok", value: { n: 1 } });
});

Deno.test("4xx is a refusal with the control plane's code", async () => {
  const body = JSON.stringify({ error: { code: "stale_lease", message: "gone" } });
  assert.deepEqual(await callOf(answer(409, body)), {
    kind: "refused",
    status: 409,
    code: "stale_lease",
    message: "gone",
  });
  assert.deepEqual(await callOf(answer(400, "<html>")), {
    kind: "refused",
    status: 400,
    code: "unknown",
    message: "",
  });
});

Deno.test("5xx, 408 and 429 say nothing about what happened: they may be repeated", async () => {
  for (const status of [500, 503, 408, 429]) {
    assert.deepEqual(await callOf(answer(status)), { kind: "unreachable", detail: `status ${status}` });
  }
});

Deno.test("an answer that cannot be read, or is of another shape, is no answer", async () => {
  for (const body of ["", "{", '{"n":"x"}', `{"n":1,"x":"${"y".repeat(ANSWER_MAX_BYTES)}"}`]) {
    assert.equal((await callOf(answer(200, body))).kind, "unreachable", body.slice(0, 10));
  }
});

Deno.test("a redirect is not followed: a token goes to the registered server only", async () => {
  const outcome = await callOf(() =>
    new Response(null, { status: 307, headers: { location: "http://127.0.0.1:9/" } })
  );
  assert.equal(outcome.kind, "unreachable");
});

Deno.test("a server that does not answer, or is not there, is unreachable", async () => {
  const silence = Promise.withResolvers<Response>();
  const outcome = await callOf((request) => {
    request.signal.addEventListener("abort", () => silence.resolve(new Response()));
    return silence.promise;
  }, 50);
  assert.deepEqual(outcome, { kind: "unreachable", detail: "TimeoutError" });
  const nobody = await createCaller("http://127.0.0.1:1", null)({ method: "GET", path: "/", schema });
  assert.equal(nobody.kind, "unreachable");
});

Deno.test("untilAnswered() repeats what may be repeated, with growing waits, and nothing else", async () => {
  const waits: number[] = [];
  const clock = { nowMs: () => 0, sleep: (ms: number) => (waits.push(ms), Promise.resolve()) };
  const outcomes = [
    { kind: "unreachable", detail: "" } as const,
    { kind: "unreachable", detail: "" } as const,
    { kind: "refused", status: 409, code: "x", message: "" } as const,
    { kind: "ok", value: 1 } as const,
  ];
  const settled = await untilAnswered(
    () => Promise.resolve(outcomes.shift()!),
    { clock, random: () => 0.999999 },
    new AbortController().signal,
  );
  assert.equal(settled.kind, "refused");
  assert.deepEqual(waits, [500, 1_000]);
});

Deno.test("pause() ends early without an error when it is told to", async () => {
  const over = new AbortController();
  const clock = {
    nowMs: () => 0,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  };
  const paused = pause(clock, 1_000_000, over.signal);
  over.abort();
  await paused;
});
