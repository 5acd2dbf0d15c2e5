/**
 * How an ask begins (Autonomy 19.1): armed, opened, and its first level entered with whom it means right now, in one
 * transaction. What is told of it, people find. Nobody waits for an answer of `People` that does not come: the level is then
 * entered later.
 */
import { type Ask, askDigest } from "../domain/gate/ask.ts";
import { decideDue } from "../domain/gate/clock.ts";
import type { GateRecord } from "../domain/gate/gate_state.ts";
import { decideArm, decideOpen } from "../domain/gate/lifecycle.ts";
import type { GateCore } from "./gate_core.ts";

/** Arms it once, however often it comes. */
export async function armGate(
  core: GateCore,
  ask: Ask,
): Promise<{ readonly isNew: boolean; readonly isSame: boolean }> {
  const begin = (record: GateRecord, nowMs: number) => {
    const armed = decideArm(record, ask, nowMs);
    return armed === null ? null : { armed, opened: decideOpen(armed.gate, nowMs) };
  };
  const expected = begin(core.store.load(), core.nowMs());
  const targets = expected?.opened ? await core.targetsOf(expected.opened.gate) : null;
  // Another call may have armed it meanwhile, or taken it back (O1).
  const record = core.store.load();
  const nowMs = core.nowMs();
  const begun = begin(record, nowMs);
  if (begun === null) {
    return { isNew: false, isSame: record.kind === "opened" && askDigest(record.ask) === askDigest(ask) };
  }
  const { armed, opened } = begun;
  core.apply(
    armed,
    opened,
    opened === null || targets === null ? null : decideDue(opened.gate, targets, nowMs),
  );
  void core.tick();
  return { isNew: true, isSame: true };
}
