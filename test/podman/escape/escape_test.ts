/**
 * The escape suite: what an agent may try in a real run's sandbox, each attempt a step of its own, judged by what the host sees
 * (`escape_world.ts`). The table at the end says which bound held what. `escape_rootless_test.ts` runs it as an ordinary user.
 */
import assert from "node:assert/strict";
import { ALONE } from "./alone.ts";
import { GROUPS } from "./attempts/mod.ts";
import { withEscapeWorld } from "./escape_world.ts";
import { withLoneRuns } from "./lone_runs.ts";

const WHO = Deno.uid() === 0 ? "rootful" : "rootless";
const HELD: { readonly name: string; readonly invariant: string; readonly bound: string }[] = [];
const ATTEMPTS_MIN = 60;

/** Only attempts whose name has this in it; for looking at one. */
const ONLY = Deno.env.get("SHOPFLOOR_ESCAPE_ONLY") ?? "";

function printTable(): void {
  console.log(`\n${HELD.length} attempts in ${WHO} sandboxes, none of which got out:`);
  for (const { name, invariant, bound } of HELD) {
    console.log(`  ${name.slice(0, 76).padEnd(78)}${invariant.padEnd(16)}${bound}`);
  }
}

Deno.test(`${WHO}: what an agent tries in its sandbox stays in it`, async (t) => {
  await withEscapeWorld(async (world) => {
    for (const [group, attempts] of GROUPS) {
      for (const attempt of attempts) {
        if (!attempt.name.includes(ONLY) || (attempt.only ?? WHO) !== WHO) continue;
        await t.step(`${group}: ${attempt.name}`, async () => {
          const { output, faults } = await world.attack(attempt);
          assert.deepEqual(
            faults,
            [],
            `it is forbidden by ${attempt.invariant} (${attempt.bound})\n${output}`,
          );
          HELD.push(attempt);
        });
      }
    }
    const { output, printed, jobResult, error } = await world.finish();
    assert.deepEqual([jobResult, error], ["success", null], "the run itself goes on to its end");
    if (ONLY === "") assert.match(output, /after-escapes/);
    assert.deepEqual(printed.match(/\p{Cc}/gu)?.filter((one) => one !== "\n" && one !== "\t") ?? [], []);
  });
});

Deno.test(`${WHO}: what would take a sandbox down ends its own run at most, and its report says why`, async (t) => {
  await withLoneRuns(async (runs) => {
    for (const attempt of ALONE.filter(({ name }) => name.includes(ONLY))) {
      await t.step(attempt.name, async () => {
        const { bound, output, faults } = await runs.attempt(attempt);
        assert.deepEqual(
          faults,
          [],
          `it is forbidden by ${attempt.invariant} (${bound})\n${output.slice(-2_000)}`,
        );
        HELD.push({ ...attempt, bound });
      });
    }
  });
  if (ONLY === "") assert.ok(HELD.length >= ATTEMPTS_MIN, `${HELD.length} attempts`);
  printTable();
});
