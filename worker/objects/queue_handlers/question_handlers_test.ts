/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig } from "../../../test/fake/queue_rig.ts";
import type { Caller } from "../../domain/caller.ts";
import type { OpenQueue } from "../open_queue.ts";
import { questionHandlers } from "./question_handlers.ts";

Deno.test("a token that is nobody's makes the queue read nothing from storage", async () => {
  const rig = createQueueRig();
  const page = () => assert.fail("Cannot bring a task into memory for a stranger");
  const queue = { core: { state: rig.state, nowMs: rig.nowMs, page } } as unknown as OpenQueue;
  const stranger: Caller = { kind: "token", hash: "0".repeat(64), isOtherProject: false };
  const { authorizeRepository, authorizeGate } = questionHandlers;
  for (
    const answer of [
      await authorizeRepository(queue, stranger, { taskId: "t" }),
      await authorizeGate(queue, stranger, { lineId: "l", taskId: "t", gateId: "g" }),
    ]
  ) assert.deepEqual(answer, { ok: false, error: { reason: "unauthenticated" } });
});
