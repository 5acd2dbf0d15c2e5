/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { sessionMetadata } from "../../protocol/line/live.ts";
import { LIVE_COMPACT_MAX_MS, LIVE_NOTES_MAX } from "../limits.ts";
import { activityOf, boundSession, heardEvent, type LiveSession } from "./live_session.ts";

const HOME = { owner: "o", project: "p", taskId: "t", broadcastId: null };
const BOUND = boundSession(null, HOME, 1_000);
const hear = (session: LiveSession, subtype: string, nowMs: number, more: object = {}) =>
  heardEvent(session, sessionMetadata.parse({ streamId: "s", subtype, ...more }), nowMs);

Deno.test("silence counts from what the agent did last, and screens are no deeds", () => {
  const { session } = hear(hear(BOUND, "tool_use", 5_000).session, "dims", 9_000);
  assert.deepEqual(activityOf(session, 10_000, 14_999), {
    isActive: true,
    idleSinceMs: 9_999,
    activeSubagentCount: 0,
    whenTimeout: 15_000,
  });
  assert.equal(activityOf(session, 10_000, 15_000).isActive, false);
});

Deno.test("helpers of an agent make its silence count a third, until the last one stops", () => {
  let session = hear(hear(BOUND, "subagent_start", 0).session, "subagent_start", 0).session;
  assert.equal(activityOf(session, 10_000, 29_999).isActive, true);
  assert.equal(activityOf(session, 10_000, 30_000).isActive, false);
  assert.equal(activityOf(session, 10_000, 1).whenTimeout, 30_000);
  for (let n = 0; n < 3; n++) session = hear(session, "subagent_stop", 0).session;
  assert.deepEqual([session.subagents, activityOf(session, 10_000, 10_000).isActive], [0, false]);
});

Deno.test("an agent that compacts its memory is at work, for a while and no longer", () => {
  const { session } = hear(BOUND, "pre_compact", 0);
  assert.equal(activityOf(session, 1_000, LIVE_COMPACT_MAX_MS - 1).isActive, true);
  assert.equal(activityOf(session, 1_000, LIVE_COMPACT_MAX_MS).isActive, false);
  assert.equal(activityOf(session, 1_000, 1).whenTimeout, LIVE_COMPACT_MAX_MS);
  assert.equal(activityOf(hear(session, "post_compact", 1).session, 1_000, 2_000).isActive, false);
});

Deno.test("what was known of a session stays when it is linked again, and goes with another task", () => {
  const { session } = hear(BOUND, "session_start", 2, { claudeSessionId: "c", workspace: "/w" });
  const again = boundSession(session, { ...HOME, broadcastId: "b" }, 3);
  assert.deepEqual([again.agentSessionId, again.boundAtMs, again.broadcastId], ["c", 1_000, "b"]);
  const other = boundSession({ ...session, subagents: 2 }, { ...HOME, taskId: "u" }, 3);
  assert.deepEqual([other.agentSessionId, other.subagents, other.boundAtMs], ["c", 0, 3]);
});

Deno.test("a session writes so many lines of a timeline and no more", () => {
  let session: LiveSession = BOUND;
  let lines = 0;
  for (let n = 0; n < LIVE_NOTES_MAX + 5; n++) {
    const heard = hear(session, "subagent_start", n);
    session = heard.session;
    if (heard.note !== null) lines++;
  }
  assert.equal(lines, LIVE_NOTES_MAX);
  assert.equal(hear(BOUND, "assistant_response", 1).note, null, "what agents say is no line");
  assert.equal(hear(BOUND, "permission_request", 1, { toolName: "Bash" }).note, "permission_request Bash");
});
