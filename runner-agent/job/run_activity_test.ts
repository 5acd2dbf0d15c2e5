/** An agent that waits for its model is not silent; one whose model has died is, after a while. */
import assert from "node:assert/strict";
import { ANSWER_AWAITED_MAX_MS } from "../limits.ts";
import { createRunActivity, withActivity } from "./run_activity.ts";

const REQUEST = new Request("http://hub/model");

function clockAndActivity() {
  const clock = { nowMs: 0 };
  return { clock, activity: createRunActivity(() => clock.nowMs) };
}

Deno.test("a request that is being answered counts as activity, and no longer than an answer may take", async () => {
  const { clock, activity } = clockAndActivity();
  const { promise, resolve } = Promise.withResolvers<Response>();
  const answered = withActivity(() => promise, activity)(REQUEST);
  clock.nowMs = 300_000;
  assert.equal(activity.lastAtMs(), 300_000);
  clock.nowMs = ANSWER_AWAITED_MAX_MS * 2;
  assert.equal(activity.lastAtMs(), ANSWER_AWAITED_MAX_MS);
  resolve(new Response(null));
  await answered;
  assert.equal(activity.lastAtMs(), ANSWER_AWAITED_MAX_MS * 2);
  clock.nowMs += 1_000;
  assert.equal(activity.lastAtMs(), ANSWER_AWAITED_MAX_MS * 2);
});

Deno.test("a body counts until it ends, is given up or breaks", async () => {
  const ends:
    ((body: ReadableStream<Uint8Array>, source: ReadableStreamDefaultController) => Promise<unknown>)[] = [
      (body, source) => {
        source.close();
        return body.pipeTo(new WritableStream());
      },
      (body) => body.cancel(),
      (body, source) => {
        source.error(new Error("broken"));
        return body.pipeTo(new WritableStream()).catch(() => {});
      },
    ];
  for (const end of ends) {
    const { clock, activity } = clockAndActivity();
    let source!: ReadableStreamDefaultController;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (source = controller) });
    const answer = await withActivity(() => new Response(body), activity)(REQUEST);
    clock.nowMs = 5_000;
    assert.equal(activity.lastAtMs(), 5_000);
    await end(answer.body!, source);
    clock.nowMs = 9_000;
    assert.equal(activity.lastAtMs(), 5_000);
  }
});

Deno.test("a handler that fails leaves nothing under way", async () => {
  const { clock, activity } = clockAndActivity();
  await assert.rejects(withActivity(() => Promise.reject(new Error("no")), activity)(REQUEST), /no/);
  clock.nowMs = 5_000;
  assert.equal(activity.lastAtMs(), 0);
});

Deno.test("bytes pass through as they are", async () => {
  const { activity } = clockAndActivity();
  const answer = await withActivity(() => new Response("hello", { status: 201 }), activity)(REQUEST);
  assert.deepEqual([answer.status, await answer.text()], [201, "hello"]);
});

Deno.test("who waits for a person is not idle, however long that takes", () => {
  const { clock, activity } = clockAndActivity();
  const endFirst = activity.awaitPerson();
  const endSecond = activity.awaitPerson();
  clock.nowMs = 10 * ANSWER_AWAITED_MAX_MS;
  assert.equal(activity.lastAtMs(), clock.nowMs);
  endFirst();
  endFirst();
  clock.nowMs *= 2;
  assert.equal(activity.lastAtMs(), clock.nowMs);
  endSecond();
  const endedAtMs = clock.nowMs;
  clock.nowMs *= 2;
  assert.equal(activity.lastAtMs(), endedAtMs);
});
