/** What a probe's record means. */
import assert from "node:assert/strict";
import {
  CAPABILITY_CHECKS,
  type CapabilityCheck,
  type CapabilityCheckName,
  isWhole,
  judgeCapability,
  verdictText,
  versionIn,
} from "./capability.ts";

/** All is well but what is named. */
function checks(
  other: Partial<Record<CapabilityCheckName, "failed" | "skipped" | "missing">> = {},
): { checks: readonly CapabilityCheck[] } {
  return {
    checks: CAPABILITY_CHECKS.filter((name) => other[name] !== "missing").map((name) => ({
      name,
      outcome: other[name] === "failed" || other[name] === "skipped" ? other[name] : "ok",
      expected: "e",
      seen: `${name} was seen`,
      ms: 1,
    })),
  };
}

Deno.test("a version for which everything holds lives in a terminal, also where the latest session needs no try", () => {
  const verdict = judgeCapability(checks({ resume_latest: "skipped" }));
  assert.deepEqual(verdict, { kind: "session", lacks: [] });
  assert.equal(isWhole(verdict), true);
  assert.deepEqual(judgeCapability(checks({ resume_exact: "failed" })), { kind: "session", lacks: [] });
});

Deno.test("a version that does not boot can run nothing, and the reason is what was seen", () => {
  for (const name of ["version", "boot"] as const) {
    for (const how of ["failed", "skipped"] as const) {
      const verdict = judgeCapability(checks({ [name]: how }));
      assert.deepEqual(verdict, { kind: "unavailable", why: `${name}: ${name} was seen` });
      assert.equal(isWhole(verdict), false);
    }
    assert.equal(judgeCapability(checks({ [name]: "missing" })).kind, "unavailable");
  }
});

Deno.test("a version without tools, hooks or large pastes goes without a terminal, tried or not", () => {
  const lacks = { mcp: "tools", hooks: "hooks", paste: "large pastes" } as const;
  for (const [name, lack] of Object.entries(lacks)) {
    for (const how of ["failed", "skipped", "missing"] as const) {
      const verdict = judgeCapability(checks({ [name]: how }));
      assert.deepEqual(verdict, { kind: "structured", lacks: [lack] });
      assert.equal(isWhole(verdict), false);
    }
  }
});

Deno.test("a version that lacks what a structured run has no part in either stays in its terminal, and lacks it", () => {
  const verdict = judgeCapability(
    checks({ interrupt: "failed", resume_exact: "failed", resume_latest: "failed", usage: "skipped" }),
  );
  assert.deepEqual(verdict, { kind: "session", lacks: ["interrupt", "resume", "token counts"] });
  assert.equal(isWhole(verdict), false);
  assert.equal(verdictText(verdict), "works in a terminal, without interrupt, resume, token counts");
});

Deno.test("a version is read from what each CLI says of itself", () => {
  assert.equal(versionIn("2.1.197 (Claude Code)\n"), "2.1.197");
  assert.equal(versionIn("codex-cli 0.169.0"), "0.169.0");
  assert.equal(versionIn("v1.18.33"), "1.18.33");
  assert.equal(versionIn("0.61.0-preview.1\n"), "0.61.0-preview.1");
  assert.equal(versionIn("node: not found"), null);
  assert.equal(versionIn("../../../etc 1.2"), null);
});
