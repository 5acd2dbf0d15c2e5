/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { verifyChain } from "../../../protocol/autonomy/audit_chain.ts";
import type { GateAction, Responder } from "./action.ts";
import { askWith, by, GateRig, MINUTE_MS, personOf, program, START_MS } from "./gate_test_rig.ts";
import type { GatePolicy } from "./policy.ts";

/** People of all sorts: candidates, a stranger, who asked, who is excluded, a simulator. */
const NAMES = [
  "user:ada",
  "user:bob",
  "user:cy",
  "user:stranger",
  "user:req",
  "user:eve",
  "user:sim",
  "user:olga",
];
const MAY_ANSWER = ["user:ada", "user:bob", "user:cy"];

interface Step {
  readonly who: number;
  readonly how: "person" | "link" | "old link" | "program" | "admin";
  readonly what: GateAction["kind"] | "pass" | "ring" | "link" | "view link" | "outage";
  readonly n: number;
  readonly flag: boolean;
  readonly key: string | null;
}

const step: fc.Arbitrary<Step> = fc.record({
  // Mostly candidates, so that much of what they try is taken.
  who: fc.oneof({ weight: 5, arbitrary: fc.nat(2) }, { weight: 2, arbitrary: fc.nat(NAMES.length - 1) }),
  how: fc.constantFrom("person", "person", "link", "old link", "program", "admin"),
  what: fc.constantFrom<Step["what"]>(
    "redeem",
    "redeem",
    "ack",
    "unack",
    "claim",
    "claim",
    "unclaim",
    "delegate",
    "delegate",
    "delegate",
    "return",
    "reassign",
    "snooze",
    "cancel",
    "supersede",
    "pause",
    "resume",
    "check",
    "check",
    "consume",
    "pass",
    "pass",
    "pass",
    "ring",
    "link",
    "view link",
    "outage",
  ),
  n: fc.nat(1_000),
  flag: fc.boolean(),
  key: fc.option(fc.constantFrom("k1", "k2"), { nil: null }),
});

const policyOf = (need: number, auth: GatePolicy["auth"], veto: boolean): Partial<GatePolicy> => ({
  auth,
  candidates: { users: MAY_ANSWER, groups: [] },
  exclude: ["user:eve"],
  owner: "user:olga",
  quorum: { need, distinct: true, veto },
  levels: [
    { to: ["user:ada", "user:stranger"], leaveAfterMinutes: 20, strategy: "everyone" },
    { to: ["user:bob", "user:cy"], leaveAfterMinutes: 40, strategy: "round_robin" },
  ],
  loops: 2,
  ackTimeoutMinutes: 60,
  clocks: { ackMinutes: 10, resolveMinutes: 30, expireMinutes: null, onExpiry: "block" },
  claimMinutes: 50,
  snoozeMaxMinutes: 90,
  delegableTo: ["user:cy"],
  consumeMinutes: 30,
});

function actionOf({ what, who, n, flag }: Step, nowMs: number): GateAction {
  const to = NAMES[n % (n % 5 === 0 ? NAMES.length : 3)]!;
  switch (what) {
    case "redeem": {
      const decision = flag ? "approve" : "reject";
      return {
        kind: "redeem",
        decision,
        ...(n % 4 === 0 ? {} : { subjectRev: "r1" }),
        ...(n % 7 === 0 ? { expectedSeq: n % 9 } : {}),
      };
    }
    case "claim":
      return { kind: "claim", override: flag };
    case "delegate":
      return { kind: "delegate", to, final: flag };
    case "reassign":
      return { kind: "reassign", to };
    case "snooze":
      return { kind: "snooze", untilMs: nowMs + (n % 120) * MINUTE_MS };
    case "cancel":
      return { kind: "cancel", reason: "" };
    case "supersede":
      return { kind: "supersede", rev: flag ? "r1" : "r2" };
    case "check":
      return { kind: "check", by: who % 2 === 0 ? "judge" : "deterministic", isPassed: flag, reason: "" };
    case "ack":
    case "unack":
    case "unclaim":
    case "return":
    case "pause":
    case "resume":
    case "consume":
      return { kind: what };
    default:
      throw new Error(`Cannot act as it must be an action: current value is ${what}`);
  }
}

/** Ends are rare enough that most runs live long. */
function isRare({ what, n }: Step): boolean {
  return (what === "cancel" || what === "supersede" || what === "pause") && n % 8 !== 0;
}

Deno.test("whatever people, links and clocks do: only an answer of an authorised person answers an ask", () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 80, size: "max" }),
      fc.constantFrom<GatePolicy["auth"]>("token", "token+identity", "token+identity+role@rev"),
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      fc.boolean(),
      (steps, auth, need, veto, isJudged) => {
        const rig = new GateRig(askWith(policyOf(need, auth, veto), {
          requestedBy: "user:req",
          completion: { ac: "x", via: [], check: isJudged ? "judge" : "deterministic" },
          expiresAtMs: START_MS + 600 * MINUTE_MS,
        }));
        rig.people.set("user:sim", personOf("user:sim", { isSimulator: true }));
        const links = new Map<string, Responder[]>();
        const taken: { readonly by: Responder; readonly action: GateAction; readonly key: string | null }[] =
          [];
        for (const one of steps) {
          if (isRare(one)) continue;
          const before = rig.gate;
          play(rig, one, links, taken);
          assertNoSilentAnswer(before.state.kind, rig, one);
        }
        assertLedger(rig, need, veto);
        const { gate } = rig;
        for (const { by: who, action, key } of taken) {
          // Without a link and a key it is another answer, in a round of its own after a failed check.
          if (who.kind !== "token" && key === null && gate.answerRound > 0) continue;
          if (who.kind !== "token" && key === null && gate.advice.length > 0) continue;
          const said = rig.said(who, action, key);
          assert.ok(said === "replay" || said === "gate_cancelled", said);
        }
        rig.ring();
        rig.ring();
        if (taken.length > 0 && gate.state.kind !== "open") assert.deepEqual(rig.gate.state, gate.state);
        const verdict = verifyChain(rig.entries);
        assert.ok(verdict.isWhole, JSON.stringify(verdict));
      },
    ),
    { numRuns: 1_000 },
  );
});

function play(
  rig: GateRig,
  one: Step,
  links: Map<string, Responder[]>,
  taken: { by: Responder; action: GateAction; key: string | null }[],
): void {
  const name = NAMES[one.who]!;
  switch (one.what) {
    case "pass":
      return rig.pass(one.n % 20 === 0 ? one.n : one.n % 60);
    case "ring":
      rig.ring();
      return rig.ring();
    case "outage":
      rig.isPeopleDown = one.n % 4 === 0;
      return;
    case "link":
    case "view link": {
      const person = one.flag ? personOf(NAMES[one.n % NAMES.length]!) : null;
      const made = rig.link(name, one.what === "link" ? "redeem" : "view", person);
      if (made.ok) links.set(name, [...links.get(name) ?? [], made.value]);
      return;
    }
  }
  const own = links.get(name) ?? [];
  const responder = one.how === "program" || isProgramsWork(one)
    ? program(one.flag ? "runner:judge" : "runner:r")
    : one.how === "link" && own.length > 0
    ? own.at(-1)!
    : one.how === "old link" && own.length > 0
    ? own[0]!
    : by(name, one.how === "admin");
  const action = actionOf(one, rig.nowMs);
  const seq = rig.gate.seq;
  const done = rig.act(responder, action, one.key);
  if (!done.ok || done.value.kind !== "change") {
    // What is refused, or so already, changes nothing; the clock may have moved it just before.
    const moved = rig.gate.seq - seq;
    assert.ok(moved === 0 || rig.entries.some((entry) => entry.by === "system" && entry.seq > seq));
    return;
  }
  if (action.kind === "redeem") taken.push({ by: responder, action, key: one.key });
}

/** What people have little success with; some of them try all the same. */
function isProgramsWork({ what, n }: Step): boolean {
  return n % 5 !== 0 && ["check", "pause", "resume", "cancel", "supersede", "consume"].includes(what);
}

function assertNoSilentAnswer(before: string, rig: GateRig, one: Step): void {
  const after = rig.kind;
  if (after === before) return;
  if (after === "answered") assert.equal(one.what, "redeem");
  if (after === "verified") {
    assert.ok(one.what === "redeem" || (one.what === "check" && before === "answered"));
  }
  if (after === "expired") assert.ok(rig.nowMs >= rig.gate.ask.expiresAtMs!);
}

/** Of the log alone: who answered, in which order, and that no seq was left out or used twice. */
function assertLedger(rig: GateRig, need: number, veto: boolean): void {
  const steps = rig.events.map((event) => event.seq);
  assert.deepEqual([...new Set(steps)], Array.from({ length: rig.gate.seq }, (_, i) => i + 1));
  const still = new Set(["notified", "unconsumed"]);
  const moving = rig.events.filter((event) => !still.has(event.type)).map((event) => event.seq);
  assert.deepEqual(moving, [...new Set(moving)]);
  for (const entry of rig.entries) {
    if (entry.type !== "gate.answered" && entry.type !== "gate.voted") continue;
    assert.notEqual(entry.by, "system");
    const excluded = ["user:req", "user:eve", "user:sim", "runner:r", "runner:judge"];
    assert.ok(!excluded.includes(entry.by), entry.by);
  }
  const { state } = rig.gate;
  if (state.kind === "verified" || state.kind === "answered") {
    const alike = rig.gate.ballots.filter((one) => one.decision === state.outcome.decision);
    const isVetoed = veto && state.outcome.decision === "reject";
    assert.ok(isVetoed || new Set(alike.map((one) => one.by)).size >= need);
  }
  const keys = rig.rung.map((timer) => timer.key);
  assert.deepEqual(keys, [...new Set(keys)], "a timer fired twice");
  if (rig.gate.isExhausted) assert.equal(state.kind, "open");
}

Deno.test("nobody is ever answered for by time alone", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(3_000), fc.boolean()), { minLength: 1, maxLength: 60 }),
      fc.constantFrom("high" as const, "low" as const),
      (jumps, urgency) => {
        const rig = new GateRig(askWith({ ...policyOf(1, "token", true), urgency }));
        for (const [minutes, isAcked] of jumps) {
          if (isAcked) rig.said(by("user:ada"), { kind: "ack" });
          rig.pass(minutes);
          rig.ring();
          assert.equal(rig.kind, "open");
        }
        const keys = rig.rung.map((timer) => timer.key);
        assert.deepEqual(keys, [...new Set(keys)]);
        assert.deepEqual(rig.resolutions, []);
      },
    ),
    { numRuns: 200 },
  );
});
