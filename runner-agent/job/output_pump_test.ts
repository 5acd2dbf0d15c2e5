/** What a heartbeat says of an agent's silence. */
import assert from "node:assert/strict";
import type { RunPhase } from "../domain/job_phase.ts";
import { silence } from "./output_pump.ts";
import type { RunContext } from "./run_context.ts";

const context = {
  activity: { lastAtMs: () => 2_000 },
  deps: { clock: { nowMs: () => 10_000 } },
} as unknown as RunContext;
const pump = { lastOutputAtMs: () => 4_000 } as Parameters<typeof silence>[2];
const at = (kind: RunPhase["kind"]) => ({ kind }) as RunPhase;

Deno.test("an agent's silence counts from its last output or activity, and only while it is there", () => {
  assert.deepEqual(silence(context, at("started"), pump), { idleMs: 6_000 });
  assert.deepEqual(silence(context, at("prepared"), null), {});
});

Deno.test("an agent that is suspended is not silent: it waits for people, whatever it did last", () => {
  for (const kind of ["suspending", "suspended"] as const) {
    assert.deepEqual(silence(context, at(kind), null), { idleMs: 0 });
  }
});
