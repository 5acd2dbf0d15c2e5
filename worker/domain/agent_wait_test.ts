/// <reference lib="deno.ns" />
/** Agents that wait for a person, in the queue: one ask for each spell, which ends with it, and a board that knows. */
import assert from "node:assert/strict";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import type { WireAgentEvent } from "../../protocol/agent/events.ts";
import { ok } from "../../protocol/result.ts";
import { AGENT_SAYS_MAX_CHARS, AGENT_WAIT_ASKS_MAX } from "../limits.ts";
import { agentNews, agentWait, noteAgentNews, taskAgentWait } from "./agent_wait.ts";
import { agentWaitAsk } from "./agent_wait_ask.ts";
import { taskOf } from "./gate/ask.ts";
import { DEFAULT_POLICY } from "./gate/policy.ts";
import { putProject } from "./project.ts";
import { draftSource, taskSummary } from "./task_view.ts";

const status = (sequence: number, payload: object): WireAgentEvent => ({
  sequence,
  atMs: 1,
  type: "status_change",
  payload: { phase: "running", ...payload },
});
const waits = (sequence: number, detail: string | null = "Which port?") =>
  status(sequence, { activity: "waiting_for_input", detail });
const works = (sequence: number) => status(sequence, { activity: "working", detail: "Bash" });

function stage() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const task = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  rig.report(runnerId, HEARTBEAT);
  return {
    rig,
    task,
    run,
    runnerId,
    tell: (...events: readonly WireAgentEvent[]) =>
      rig.must((draft) => ok(noteAgentNews(draft, run.id, agentNews(events)))),
    gateEvents: () => rig.events.flatMap((event) => event.destination === "gate" ? [event.action] : []),
    asks: () =>
      rig.events.flatMap((event) =>
        event.destination === "gate" && event.action === "agent_waits" ? [event.asks] : []
      ),
    wait: () => agentWait(rig.job(job.id)),
    board: () =>
      rig.must((draft) => ok(taskSummary(draftSource(draft), draft.task(task.id)!, "http://x"))).agentWait,
    told: () =>
      rig.events.flatMap((event) =>
        event.destination === "history" && event.record.kind === "task"
          ? [[event.record.agentWait, event.record.agentSays, event.record.agentRunId]]
          : []
      ),
  };
}

Deno.test("an agent that waits is one ask with its words, and the task says so on every list", () => {
  const { tell, gateEvents, asks, board, told, run, task, rig } = stage();
  const beforeMs = rig.task(task.id).updatedAtMs;
  rig.advance(1_000);
  tell(works(0), waits(1));
  assert.deepEqual(gateEvents(), ["agent_waits"]);
  assert.deepEqual(
    asks().map(({ kind, says, runId, since }) => [kind, says, runId, since]),
    [["waiting", "Which port?", run.id, 1]],
  );
  assert.deepEqual(board(), { kind: "waiting", says: "Which port?", runId: run.id, since: rig.nowMs() });
  assert.deepEqual(told().at(-1), ["waiting", "Which port?", run.id]);
  assert.ok(rig.task(task.id).updatedAtMs > beforeMs, "the board asks whether a task has changed");
  assert.equal(rig.timeline(task.id).at(-1), "agent_waits");
  assert.deepEqual(
    rig.task(task.id).state,
    task.state.kind === "at_station" ? { ...task.state, phase: "in_progress" } : null,
  );
});

Deno.test("the spell ends when the agent goes on: its ask is withdrawn, and the next one is another", () => {
  const { tell, gateEvents, asks, wait, told } = stage();
  tell(waits(1));
  tell(works(2));
  assert.deepEqual(gateEvents(), ["agent_waits", "cancel"]);
  assert.equal(wait(), null);
  assert.deepEqual(told().at(-1), [null, null, null]);
  tell(waits(3));
  assert.deepEqual(gateEvents(), ["agent_waits", "cancel", "agent_waits"]);
  assert.equal(new Set(asks().map(({ askId }) => askId)).size, 2);
  tell(works(4), waits(5, "And now?"));
  assert.deepEqual(gateEvents().slice(3), ["cancel", "agent_waits"], "it went on in between");
});

Deno.test("events that come again, or late, change nothing", () => {
  const { tell, gateEvents, rig, wait } = stage();
  tell(waits(5));
  const before = rig.decisions.length;
  tell(waits(5));
  tell(works(4));
  assert.deepEqual(rig.decisions.slice(before).map(({ changes }) => changes.length), [0, 0]);
  tell(works(6));
  tell(waits(5));
  assert.equal(wait(), null);
  assert.deepEqual(gateEvents(), ["agent_waits", "cancel"]);
});

Deno.test("other words are the same spell: the board has them, and nobody is asked twice", () => {
  const { tell, gateEvents, board } = stage();
  tell(waits(1));
  tell(status(2, { activity: "blocked", detail: "No key for the API" }));
  assert.deepEqual(gateEvents(), ["agent_waits"]);
  assert.deepEqual([board()?.kind, board()?.says], ["blocked", "No key for the API"]);
});

Deno.test("a stalled agent waits; one that is idle, done, asleep or over does not", () => {
  const kindOf = (payload: object) => agentNews([status(0, payload)])[0]?.waits?.kind ?? null;
  assert.equal(kindOf({ activity: "working", detail: "Bash", isStalled: true }), "stalled");
  assert.equal(kindOf({ activity: "working", isStalled: false }), null);
  for (const activity of ["idle", "completed", "thinking", "toString"]) {
    assert.equal(kindOf({ activity }), null);
  }
  assert.equal(kindOf({ phase: "suspended", activity: "waiting_for_input" }), null);
  assert.deepEqual(agentNews([{ ...waits(0), type: "message" }]), []);
  const long = agentNews([waits(0, "x".repeat(2_000))])[0]?.waits?.says;
  assert.equal(long?.length, AGENT_SAYS_MAX_CHARS);
});

Deno.test("with the run ends what was asked about its agent, and later events say nothing", () => {
  const { tell, gateEvents, rig, runnerId, task } = stage();
  tell(waits(1));
  rig.report(runnerId, SUCCESS);
  assert.deepEqual(gateEvents(), ["agent_waits", "cancel"]);
  assert.equal(taskAgentWait({ job: (id) => rig.job(id) }, rig.task(task.id)), null);
  const before = rig.decisions.length;
  tell(waits(9));
  assert.equal(rig.decisions[before]?.changes.length, 0);
});

Deno.test("a run that is lost, or cancelled, withdraws it as well", () => {
  for (const end of ["lost", "cancelled"] as const) {
    const { tell, gateEvents, rig, task, told } = stage();
    tell(waits(1));
    if (end === "cancelled") rig.cancel(task.id);
    else {
      rig.advance(60 * 60_000);
      rig.expire();
    }
    assert.deepEqual(gateEvents(), ["agent_waits", "cancel"], end);
    assert.deepEqual(told().at(-1), [null, null, null], end);
  }
});

Deno.test("a project that wants no notices has none, and its board shows the agent all the same", () => {
  const { tell, gateEvents, rig, board } = stage();
  const put = (asksForAgents?: boolean) =>
    rig.must((draft) => putProject(draft, "user:ada", { gitUrl: null, gitBranch: null, asksForAgents }));
  assert.equal(put().asksForAgents, true);
  assert.equal(put(false).asksForAgents, false);
  assert.equal(put().asksForAgents, false, "what is absent stays as it is");
  tell(waits(1));
  assert.deepEqual(gateEvents(), []);
  assert.equal(board()?.says, "Which port?");
  tell(works(2));
  assert.deepEqual(gateEvents(), []);
});

Deno.test("an agent that waits again and again asks no more at the bound, and the board still shows it", () => {
  const { tell, asks, board } = stage();
  for (let n = 0; n < AGENT_WAIT_ASKS_MAX + 3; n++) tell(works(2 * n), waits(2 * n + 1));
  assert.equal(asks().length, AGENT_WAIT_ASKS_MAX);
  assert.equal(board()?.kind, "waiting");
});

Deno.test("its ask is something to do that no task waits for", () => {
  const { tell, asks, task, run } = stage();
  tell(waits(1));
  const ask = agentWaitAsk(asks()[0]!, DEFAULT_POLICY);
  assert.deepEqual([ask.askType, taskOf(ask), ask.subject], ["do", null, {
    ref: task.id,
    rev: `${run.id}:1`,
  }]);
  assert.match(JSON.stringify(ask.in), /Which port\?/);
});
