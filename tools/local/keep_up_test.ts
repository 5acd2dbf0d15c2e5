import assert from "node:assert/strict";
import { keepUp } from "./keep_up.ts";
import type { Child } from "./processes.ts";

interface FakeChild extends Child {
  /** As by a kill. */
  end(): void;
}

function fakeChild(): FakeChild {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let hasEnded = false;
  const finish = () => {
    hasEnded = true;
    end();
    return ended;
  };
  return {
    ...{ name: "runner vm", pid: 1, logPath: "/log", logStartBytes: 0, ended, end: finish },
    ...{ hasEnded: () => hasEnded, stop: finish, kill9: finish },
  };
}

/** A child that is kept up on a clock that we move. */
function world() {
  const started: FakeChild[] = [], waited: number[] = [], said: string[] = [];
  let now = 0;
  const kept = keepUp({
    start: () => {
      const child = fakeChild();
      started.push(child);
      return child;
    },
    say: (line) => said.push(line),
    nowMs: () => now,
    sleep: (ms) => {
      waited.push(ms);
      return Promise.resolve();
    },
  });
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    ...{ started, waited, said, kept, settle },
    endAfter: async (ms: number) => {
      now += ms;
      started.at(-1)!.end();
      await settle();
    },
  };
}

Deno.test("a child that ends is started again, and its end is said", async () => {
  const { started, said, kept, endAfter } = world();
  await endAfter(3_600_000);
  assert.equal(started.length, 2);
  assert.deepEqual(said, ["runner vm ended, see /log: starting it again in 1 s"]);
  await kept.stop();
  assert.ok(started.every((child) => child.hasEnded()));
});

Deno.test("the wait doubles while it ends soon, and begins anew after a steady time", async () => {
  const { waited, kept, endAfter } = world();
  for (const ms of [10, 10, 10, 60_000, 10]) await endAfter(ms);
  assert.deepEqual(waited, [1_000, 2_000, 4_000, 1_000, 2_000]);
  await kept.stop();
});

Deno.test("a child that never comes up is given up", async () => {
  const { started, kept, endAfter } = world();
  for (let i = 0; i < 5; i++) await endAfter(10);
  await kept.gaveUp;
  assert.equal(started.length, 5);
  await kept.stop();
});

Deno.test("after a stop nothing is started", async () => {
  const { started, said, kept, settle } = world();
  await kept.stop();
  await settle();
  assert.deepEqual([started.length, said], [1, []]);
});
