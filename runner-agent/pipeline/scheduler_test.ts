import assert from "node:assert/strict";
import fc from "fast-check";
import { perform, type Routine, tell } from "./effect.ts";
import {
  awaitBranches,
  type BranchEnd,
  cancelBranches,
  fork,
  lookAtBranches,
  type Pending,
  Scheduler,
  takePlace,
} from "./scheduler.ts";

function* shell(command: string): Routine<string> {
  const result = yield* perform<"run_shell">({ kind: "run_shell", command, timeoutMs: null });
  return result.ok ? result.value.stdout : "failed";
}

function* shells(...commands: readonly string[]): Routine<string> {
  let said = "";
  for (const command of commands) said += yield* shell(command);
  return said;
}

const commandOf = ({ effect }: Pending) => effect.kind === "run_shell" ? effect.command : "";
const says = (stdout: string) => ({ ok: true, value: { stdout, stderr: "", exitCode: 0 } });

/** Answers each command with itself, those that wait in the order that `pick` says. */
function run<T>(routine: Routine<T>, pick: (count: number) => number = () => 0): { value: T; ids: string[] } {
  const scheduler = new Scheduler(routine);
  const waiting: Pending[] = [];
  const ids: string[] = [];
  for (;;) {
    waiting.push(...scheduler.advance());
    const cancelled = scheduler.takeCancelled();
    for (const id of cancelled) waiting.splice(waiting.findIndex((one) => one.id === id), 1);
    if (scheduler.outcome !== null) return { value: scheduler.outcome.value, ids: ids.sort() };
    const [one] = waiting.splice(pick(waiting.length), 1);
    assert.ok(one, "it waits for nothing");
    ids.push(one.id);
    scheduler.settle(one.id, says(commandOf(one)));
  }
}

Deno.test("a routine gets the answer of each effect, and effects are numbered in their branch", () => {
  assert.deepEqual(run(shells("a", "b")), { value: "ab", ids: ["main#1", "main#2"] });
});

function* twoBranches(): Routine<readonly BranchEnd[]> {
  yield* fork("x", () => shells("a", "b"));
  yield* fork("y", () => shells("c"));
  yield* shell("m");
  return yield* awaitBranches(["y", "x"]);
}

Deno.test("branches run beside each other, and their ends come in the order that was asked for", () => {
  const scheduler = new Scheduler(twoBranches());
  assert.deepEqual(scheduler.advance().map(({ id }) => id), ["main#1", "main/x#1", "main/y#1"]);
  assert.deepEqual(run(twoBranches()).value, [{ kind: "ended", value: "c" }, { kind: "ended", value: "ab" }]);
});

Deno.test("the order in which answers come changes neither values nor ids", () => {
  const expected = run(twoBranches());
  fc.assert(fc.property(fc.infiniteStream(fc.nat()), (stream) => {
    assert.deepEqual(run(twoBranches(), (count) => stream.next().value! % count), expected);
  }));
});

Deno.test("a cancelled branch does nothing more, its effect is named once and its late answer dropped", () => {
  let isClosed = false;
  function* slow(): Routine<string> {
    try {
      return yield* shells("slow", "never");
    } finally {
      isClosed = true;
    }
  }
  function* main(): Routine<readonly BranchEnd[]> {
    yield* fork("s", slow);
    yield* shell("m");
    yield* cancelBranches(["s"]);
    return yield* awaitBranches(["s"]);
  }
  const scheduler = new Scheduler(main());
  scheduler.advance();
  scheduler.settle("main#1", says("m"));
  assert.deepEqual(scheduler.advance(), []);
  assert.deepEqual(scheduler.outcome?.value, [{ kind: "cancelled" }]);
  assert.equal(isClosed, true);
  assert.deepEqual(scheduler.takeCancelled(), ["main/s#1"]);
  assert.deepEqual(scheduler.takeCancelled(), []);
  scheduler.settle("main/s#1", says("late"));
  assert.deepEqual(scheduler.advance(), []);
});

Deno.test("when the routine ends, what it forked and did not await is cancelled, children of children too", () => {
  function* parent(): Routine<string> {
    yield* fork("child", () => shells("deep"));
    return yield* shell("parent");
  }
  function* main(): Routine<string> {
    yield* fork("p", parent);
    return yield* shell("m");
  }
  const scheduler = new Scheduler(main());
  scheduler.advance();
  scheduler.settle("main#1", says("m"));
  scheduler.advance();
  assert.deepEqual(scheduler.outcome, { value: "m" });
  assert.deepEqual([...scheduler.takeCancelled()].sort(), ["main/p#1", "main/p/child#1"]);
});

Deno.test("a name may be used again once its branch has ended, with new ids", () => {
  function* main(): Routine<string> {
    let said = "";
    for (const word of ["a", "b"]) {
      yield* fork("again", () => shells(word));
      const [end] = yield* awaitBranches(["again"]);
      said += end!.kind === "ended" ? end!.value : "";
    }
    return said;
  }
  assert.deepEqual(run(main()), { value: "ab", ids: ["main/again#1", "main/again#2"] });
});

Deno.test("a bug of a routine is thrown, and so are unknown branches", () => {
  function* main(): Routine<unknown> {
    return yield* awaitBranches(["nobody"]);
  }
  assert.throws(() => new Scheduler(main()).advance(), /knows none of that name/);
});

Deno.test("a branch may wait for one beside it, and look whether others have ended", () => {
  function* second(): Routine<string> {
    const [first] = yield* awaitBranches(["first"], "siblings");
    return first!.kind === "ended" ? `${first!.value}, then ${yield* shell("second")}` : "";
  }
  function* main(): Routine<unknown> {
    yield* fork("first", () => shells("first"));
    yield* fork("second", second);
    const before = yield* lookAtBranches(["first", "second"]);
    const [end] = yield* awaitBranches(["second"]);
    return [before, end, yield* lookAtBranches(["first"])];
  }
  const ended = (value: string) => ({ kind: "ended", value });
  assert.deepEqual(run(main()).value, [[null, null], ended("first, then second"), [ended("first")]]);
});

Deno.test("no more branches work at once than there are places, in the order in which they asked", () => {
  function* one(name: string): Routine<string> {
    yield* takePlace(2);
    return yield* shells(name, name);
  }
  function* main(): Routine<readonly BranchEnd[]> {
    const names = ["a", "b", "c", "d"];
    for (const name of names) yield* fork(name, () => one(name));
    return yield* awaitBranches(names);
  }
  fc.assert(fc.property(fc.infiniteStream(fc.nat()), (stream) => {
    const scheduler = new Scheduler(main());
    const waiting: Pending[] = [];
    const begun: string[] = [];
    while (scheduler.outcome === null) {
      waiting.push(...scheduler.advance());
      for (const one of waiting) if (!begun.includes(commandOf(one))) begun.push(commandOf(one));
      assert.ok(waiting.length <= 2);
      if (waiting.length === 0) break;
      const [one] = waiting.splice(stream.next().value! % waiting.length, 1);
      scheduler.settle(one!.id, says(commandOf(one!)));
    }
    assert.deepEqual(begun, ["a", "b", "c", "d"]);
    assert.deepEqual(scheduler.outcome?.value.map((end) => end.kind), ["ended", "ended", "ended", "ended"]);
  }));
});

Deno.test("a branch may cancel those beside it, and is not cancelled itself", () => {
  function* failing(): Routine<string> {
    yield* shell("f");
    yield* cancelBranches(["slow", "failing"], "siblings");
    return "failed";
  }
  function* main(): Routine<readonly BranchEnd[]> {
    yield* fork("slow", () => shells("s"));
    yield* fork("failing", failing);
    return yield* awaitBranches(["slow", "failing"]);
  }
  const scheduler = new Scheduler(main());
  scheduler.advance();
  scheduler.settle("main/failing#1", says("f"));
  scheduler.advance();
  assert.deepEqual(scheduler.outcome?.value, [{ kind: "cancelled" }, { kind: "ended", value: "failed" }]);
  assert.deepEqual(scheduler.takeCancelled(), ["main/slow#1"]);
});

Deno.test("what is only told is not waited for, takes no number and is told though its branch was cancelled", () => {
  const say = (step_id: string) => tell({ kind: "emit", event: { type: "step_skipped", step_id } });
  function* talking(): Routine<string> {
    yield* say("one");
    const said = yield* shell("t");
    yield* say("two");
    return said;
  }
  function* main(): Routine<readonly BranchEnd[]> {
    yield* fork("talking", talking);
    yield* say("main");
    yield* shell("m");
    yield* say("last");
    yield* cancelBranches(["talking"]);
    return yield* awaitBranches(["talking"]);
  }
  const scheduler = new Scheduler(main());
  const ids = () => scheduler.advance().map(({ id, isTold }) => `${id}${isTold === true ? " told" : ""}`);
  assert.deepEqual(ids(), ["main#0+1 told", "main#1", "main/talking#0+1 told", "main/talking#1"]);
  scheduler.settle("main/talking#1", says("t"));
  scheduler.settle("main#1", says("m"));
  assert.deepEqual(ids(), ["main/talking#1+2 told", "main#1+2 told"]);
  assert.deepEqual(scheduler.outcome?.value, [{ kind: "ended", value: "t" }]);
});
