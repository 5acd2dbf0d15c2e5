import assert from "node:assert/strict";
import { ok } from "../../protocol/result.ts";
import { EMPTY_QUEUE, takeMessage } from "../domain/agent/message_queue.ts";
import { newSession, type SessionState } from "../domain/agent/session_state.ts";
import type { KeptTurn } from "../domain/turns.ts";
import { createAgentTurns, createRewindGate } from "./agent_turns.ts";
import type { RunContext } from "./run_context.ts";

const TURN: KeptTurn = {
  turn: 1,
  kind: "turn",
  atMs: 0,
  filesChanged: 1,
  filesLeftOut: 0,
  prompt: null,
  headCommit: "0123",
};

/** An agent that waits in a terminal; `done` is what happened, in its order. */
function world(change: Partial<SessionState> = {}) {
  const done: string[] = [];
  let state: SessionState = { ...newSession(0), phase: { kind: "running" }, ...change } as SessionState;
  let phase = state.phase.kind === "suspended" ? "suspended" : "started";
  let nowMs = 0;
  const watch = { wish: null as "suspend" | "resume" | null, stop: null };
  const rewindGate = createRewindGate();
  const failing = { rewind: false };
  const context = {
    run: { runId: "r1" },
    deps: {
      stateDir: "/state",
      clock: {
        nowMs: () => nowMs,
        sleep: (ms: number) => {
          nowMs += ms;
          phase = "suspended";
          watch.wish = null;
          return Promise.resolve();
        },
      },
      worktrees: {
        harvest: () => Promise.resolve(ok({ headCommit: "4567", commitCount: 1, uncommittedPaths: [] })),
        turns: {
          find: () => Promise.resolve(ok(TURN)),
          rewind(_runId: string, turn: number, { headCommit }: { headCommit: string }) {
            done.push(`rewind ${turn} ${headCommit} ${phase}`);
            return Promise.resolve(
              failing.rewind
                ? { ok: false, error: { code: "turn_failed", message: "git failed" } }
                : ok({ turn: TURN, keptAs: 2 }),
            );
          },
        },
      },
    },
  } as unknown as RunContext;
  const session = {
    get state() {
      return state;
    },
    note(text: string) {
      done.push(`note ${/kept as turn \d/.exec(text)?.[0]}`);
      return Promise.resolve();
    },
  } as never;
  const commands = {
    carryOut({ kind }: { readonly kind: string }) {
      done.push(kind);
      if (kind === "suspend") {
        state = { ...state, phase: { kind: "suspended" } as SessionState["phase"] };
        watch.wish = "suspend";
      }
      return Promise.resolve({ outcome: "done" as const, detail: kind === "resume" ? "exact" : null });
    },
  };
  const turns = createAgentTurns(
    context,
    { session, rewindGate },
    commands,
    watch,
    () => ({ kind: phase }) as never,
  );
  return { turns, done, watch, rewindGate, failing };
}

async function refusal(
  change: Partial<SessionState>,
  prepare: (at: ReturnType<typeof world>) => void = () => {},
) {
  const at = world(change);
  prepare(at);
  const answer = await at.turns.rewind(1);
  assert.deepEqual(at.done, []);
  assert(!answer.ok);
  assert.equal(answer.error.code, "agent_busy");
  return answer.error.message;
}

const SUSPENDED = { phase: { kind: "suspended" } as SessionState["phase"] };

Deno.test("an agent that waits is suspended until its sandbox is gone, put back, told, and resumed", async () => {
  const { turns, done } = world();
  assert.deepEqual(await turns.rewind(1), ok({ turn: TURN, keptAs: 2, resumed: "exact" }));
  assert.deepEqual(done, ["suspend", "rewind 1 4567 suspended", "note kept as turn 2", "resume"]);
});

Deno.test("an agent that is suspended stays so", async () => {
  const { turns, done } = world(SUSPENDED);
  assert.deepEqual(await turns.rewind(1), ok({ turn: TURN, keptAs: 2, resumed: null }));
  assert.deepEqual(done, ["rewind 1 4567 suspended", "note kept as turn 2"]);
});

Deno.test("files are not put back within a turn, before one, at an end, or while the agent comes or goes", async () => {
  assert.match(await refusal({ turn: { kind: "running" } as SessionState["turn"] }), /must not be in a turn/);
  const taken = takeMessage(
    EMPTY_QUEUE,
    { id: "m", text: "hello", isInterrupting: false, expiresAtMs: null },
    0,
  );
  assert(taken.ok);
  assert.match(
    await refusal({ queue: taken.value }),
    /no message may wait/,
  );
  assert.match(
    await refusal({ phase: { kind: "starting" } as SessionState["phase"] }),
    /current value is starting/,
  );
  const finish = { status: 0, reason: "turn_over", message: null } as never;
  assert.match(await refusal({ finish }), /it is ending/);
  assert.match(await refusal(SUSPENDED, ({ watch }) => watch.wish = "resume"), /it is being resumed/);
  assert.match(await refusal({}, ({ rewindGate }) => void rewindGate.close()), /another rewind must be over/);
});

Deno.test("an agent whose files could not be put back goes on, untold", async () => {
  const { turns, done, failing } = world();
  failing.rewind = true;
  const answer = await turns.rewind(1);
  assert(!answer.ok && answer.error.message === "git failed");
  assert.deepEqual(done, ["suspend", "rewind 1 4567 suspended", "resume"]);
});

Deno.test("who resumes waits until files are not being put back", async () => {
  const gate = createRewindGate();
  await gate.until;
  const open = gate.close();
  assert(open !== null && gate.close() === null);
  let hasPassed = false;
  const passing = gate.until.then(() => hasPassed = true);
  await Promise.resolve();
  assert(!hasPassed);
  open();
  await passing;
  assert.notEqual(gate.close(), null);
});
