/** What a probe notes, and how it reads. */
import assert from "node:assert/strict";
import { CAPABILITY_CHECKS, type CapabilityCheck } from "../domain/agent/capability.ts";
import { CheckList } from "./check_list.ts";
import { checkLine, conclusionLine } from "./probe_table.ts";

function list(): { readonly checks: CheckList; readonly told: CapabilityCheck[] } {
  let nowMs = 0;
  const told: CapabilityCheck[] = [];
  const clock = { nowMs: () => nowMs += 1_500, sleep: () => Promise.resolve() };
  return { checks: new CheckList(clock, (check) => told.push(check)), told };
}

Deno.test("checks are told as they are done, timed, and those that were not come to are skipped", async () => {
  const { checks, told } = list();
  checks.note("version", { isOk: true, seen: "1.2.3" });
  assert.equal(await checks.check("boot", () => Promise.resolve({ isOk: false, seen: "a question" })), false);
  assert.deepEqual(told.map(({ name, outcome, ms }) => [name, outcome, ms]), [
    ["version", "ok", 0],
    ["boot", "failed", 1_500],
  ]);
  const all = checks.end();
  assert.deepEqual(all.map(({ name }) => name), [...CAPABILITY_CHECKS]);
  assert.ok(all.slice(2).every(({ outcome }) => outcome === "skipped"));
});

Deno.test("what a screen shows is kept without its control characters, its end of it where it is long", () => {
  const { checks, told } = list();
  checks.note("boot", { isOk: false, seen: `${"x".repeat(2_000)}\u001b[31mTrust this folder?\n` });
  const { seen } = told[0]!;
  assert.match(seen, /^…x+ \[31mTrust this folder\?$/);
  assert.ok(seen.length <= 601);
});

Deno.test("a table says what was expected where it was not seen, and what it means", () => {
  const { checks } = list();
  checks.note("version", { isOk: true, seen: "1.2.3" });
  checks.note("boot", { isOk: false, seen: "the screen:\nTrust this folder?" }, 60_000);
  const record = {
    harness: "claude",
    cliVersion: "1.2.3",
    adapter: "0+1",
    image: "image",
    probedAtMs: 0,
    checks: checks.end(),
  } as const;
  assert.equal(
    checkLine(record.checks[1]!),
    "FAIL boot           60.0 s  expected the list of tools asked for, without a person's answer\n" +
      "                            seen: the screen:\n" +
      "                            Trust this folder?",
  );
  assert.equal(checkLine(record.checks[0]!), "ok   version         0.0 s  1.2.3");
  assert.equal(
    conclusionLine(record),
    "claude 1.2.3 cannot be used: boot: the screen:\nTrust this folder?",
  );
});
