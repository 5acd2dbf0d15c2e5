/// <reference lib="deno.ns" />
/** Event streams: what they say of a job that is not written yet, and how they end. */
import assert from "node:assert/strict";
import { createQueueRig, lineOf, station } from "../../test/fake/queue_rig.ts";
import { createJobWaiters } from "./job_waiters.ts";

function setUp() {
  const rig = createQueueRig();
  rig.line("line", lineOf([station("build")]));
  const job = rig.jobOf(rig.submit("line").id);
  const written = Promise.withResolvers<void>();
  const waiters = createJobWaiters(() => true, () => written.promise);
  const open = (queued: (typeof job)[] = []) => {
    const reader = waiters.stream({ runnerId: "ada", wants: () => true }, queued)
      .body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const done = (async () => {
      for (;;) {
        const piece = await reader.read();
        if (piece.done) return;
        text += piece.value;
      }
    })();
    return { text: () => text, done };
  };
  return { job, waiters, written, open };
}

/** Lets everything that waits for no timer happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

Deno.test("a stream is told of a job behind the write of what made it, and of none that could not be written", async () => {
  for (const isWritten of [true, false]) {
    const { job, waiters, written, open } = setUp();
    const early = open();
    waiters.offer([job]);
    const late = open([job]);
    await settle();
    assert.deepEqual([early.text(), late.text()], [": connected\n\n", ": connected\n\n"]);
    if (isWritten) written.resolve();
    else written.reject(new Error("disk is full"));
    await settle();
    for (const stream of [early, late]) assert.equal(stream.text().includes(job.id), isWritten);
    waiters.end("ada");
    await Promise.all([early.done, late.done]);
  }
});

Deno.test("the streams of a runner end when its token does, and those of others do not", async () => {
  const { waiters, open } = setUp();
  const stream = open();
  waiters.end("bob");
  assert.deepEqual([...waiters.live()], ["ada"]);
  waiters.end("ada");
  await stream.done;
  assert.deepEqual([...waiters.live()], []);
});
