import assert from "node:assert/strict";
import type { Harvest } from "../ports.ts";
import { decideReport, type RunFacts } from "./outcome.ts";

const BASE = "a".repeat(40);
const HEAD = "b".repeat(40);
const harvest: Harvest = { headCommit: HEAD, commitCount: 1, uncommittedPaths: [] };
const clean: RunFacts = {
  ending: { kind: "exited", exitCode: 0, wasKilledForMemory: false },
  conclusion: { kind: "none" },
  harvest: { kind: "harvested", harvest },
  baseCommit: BASE,
  pushError: null,
  autoGit: false,
  commitMessageTemplate: "",
  isAgent: false,
};

const declared = (conclusion: "success" | "failure", exitCode: number | null = null): Partial<RunFacts> => ({
  conclusion: { kind: "read", conclusion: { conclusion, exitCode, summary: "done" } },
});
const told = (conclusion: "success" | "failure", exitCode = 0): Partial<RunFacts> => ({
  conclusion: { kind: "read", conclusion: { conclusion, exitCode, summary: "done" }, by: "tool" },
});
const followed = (conclusion: "success" | "failure"): Partial<RunFacts> => ({
  conclusion: { kind: "read", conclusion: { conclusion, exitCode: null, summary: "done" }, by: "pipeline" },
});
const exited = (exitCode: number, wasKilledForMemory = false): Partial<RunFacts> => ({
  ending: { kind: "exited", exitCode, wasKilledForMemory },
});
const dirty: Partial<RunFacts> = {
  harvest: { kind: "harvested", harvest: { ...harvest, uncommittedPaths: ["a.txt", "b.txt"] } },
};

/** [what happened, changes to a clean run, jobResult, exitCode, error] */
const TABLE: readonly (readonly [string, Partial<RunFacts>, "success" | "failed", number, RegExp | null])[] =
  [
    ["exit 0 without a conclusion", {}, "success", 0, null],
    [
      "a pipeline that failed",
      { ...exited(1), ...followed("failure"), sessionFault: "the pipeline failed: why" },
      "failed",
      1,
      /^the pipeline failed: why$/,
    ],
    ["a pipeline that ended well", followed("success"), "success", 0, null],
    [
      "a pipeline that could not go on",
      { ending: { kind: "stopped", reason: "pipeline_broken" }, stopDetail: "why" },
      "failed",
      -1,
      /^the station's pipeline could not go on: why$/,
    ],
    ["exit 0 and success", declared("success"), "success", 0, null],
    ["exit 0 and failure", declared("failure"), "failed", 0, /concluded with failure: done/],
    ["exit 0 and failure with code 4", declared("failure", 4), "failed", 4, /concluded with failure/],
    ["exit 0 and success with code 3", declared("success", 3), "failed", 3, /concluded with exit code 3/],
    ["exit 2 without a conclusion", exited(2), "failed", 2, /exit code 2/],
    ["exit 2 and success", { ...exited(2), ...declared("success") }, "failed", 2, /exit code 2/],
    [
      "exit 2 and failure with code 4",
      { ...exited(2), ...declared("failure", 4) },
      "failed",
      2,
      /exit code 2/,
    ],
    ["killed for memory", exited(137, true), "failed", 137, /out of memory/],
    [
      "an invalid conclusion file",
      { conclusion: { kind: "invalid", message: "not JSON" } },
      "failed",
      0,
      /invalid: not JSON/,
    ],
    ["uncommitted paths without autoGit", dirty, "success", 0, null],
    [
      "uncommitted paths with autoGit",
      { ...dirty, autoGit: true, commitMessageTemplate: "fix: x" },
      "failed",
      0,
      /a\.txt, b\.txt.*'fix: x'/,
    ],
    [
      "an unreadable worktree",
      { harvest: { kind: "unreadable", message: "bad HEAD" } },
      "failed",
      0,
      /bad HEAD/,
    ],
    ["a push that failed", { pushError: "no route" }, "failed", 0, /cannot be pushed: no route/],
    ["cancelled", { ending: { kind: "stopped", reason: "cancelled" } }, "failed", -1, /cancelled/],
    ["idle", { ending: { kind: "stopped", reason: "idle_timeout" } }, "failed", -1, /idle timeout/],
    ["too long", { ending: { kind: "stopped", reason: "timeout" } }, "failed", -1, /maximum timeout/],
    [
      "runner stopped",
      { ending: { kind: "stopped", reason: "runner_stopped" } },
      "failed",
      -1,
      /told to stop/,
    ],
    [
      "stopped after the tool was told success",
      { ...told("success"), ending: { kind: "stopped", reason: "concluded" } },
      "success",
      0,
      null,
    ],
    [
      "stopped after the tool was told success, with changes left behind",
      { ...told("success"), ...dirty, autoGit: true, ending: { kind: "stopped", reason: "concluded" } },
      "failed",
      0,
      /not committed/,
    ],
    [
      "stopped after the tool was told failure",
      { ...told("failure", 5), ending: { kind: "stopped", reason: "concluded" } },
      "failed",
      5,
      /concluded with failure/,
    ],
    [
      "runner stopped after the tool was told success",
      { ...told("success"), ending: { kind: "stopped", reason: "runner_stopped" } },
      "success",
      0,
      null,
    ],
    [
      "runner stopped after only a file said success",
      { ...declared("success"), ending: { kind: "stopped", reason: "runner_stopped" } },
      "failed",
      -1,
      /told to stop/,
    ],
    [
      "a timeout after the tool was told success",
      { ...told("success"), ending: { kind: "stopped", reason: "timeout" } },
      "failed",
      -1,
      /maximum timeout/,
    ],
    [
      "cancelled after the tool was told success",
      { ...told("success"), ending: { kind: "stopped", reason: "cancelled" } },
      "failed",
      -1,
      /cancelled/,
    ],
    [
      "changes of the agent CLI itself with autoGit",
      {
        autoGit: true,
        harvest: { kind: "harvested", harvest: { ...harvest, uncommittedPaths: [".claude/", ".codex/x"] } },
      },
      "success",
      0,
      null,
    ],
    [
      "container lost",
      { ending: { kind: "lost" }, harvest: { kind: "none" } },
      "failed",
      -1,
      /^container lost$/,
    ],
    [
      "not started",
      { ending: { kind: "not_started", message: "no image" }, harvest: { kind: "none" } },
      "failed",
      -1,
      /^no image$/,
    ],
  ];

for (const [what, change, jobResult, exitCode, error] of TABLE) {
  Deno.test(`decideReport() says ${jobResult} ${exitCode} for ${what}`, () => {
    const report = decideReport({ ...clean, ...change });
    assert.equal(report.jobResult, jobResult);
    assert.equal(report.exitCode, exitCode);
    if (error === null) assert.equal(report.error, null);
    else assert.match(report.error ?? "", error);
  });
}

Deno.test("decideReport() names the commits between which the work lies", () => {
  const report = decideReport(clean);
  assert.deepEqual([report.baseCommit, report.headCommit], [BASE, HEAD]);
});

Deno.test("decideReport() gives the wire's reason for timeouts only where the wire has one", () => {
  const reasonOf = (reason: "timeout" | "idle_timeout" | "runner_stopped" | "cancelled" | "lease_lost") =>
    decideReport({ ...clean, ending: { kind: "stopped", reason } }).reason;
  assert.deepEqual(
    [
      reasonOf("timeout"),
      reasonOf("idle_timeout"),
      reasonOf("runner_stopped"),
      reasonOf("cancelled"),
      reasonOf("lease_lost"),
    ],
    ["timeout", "idle_timeout", "runner_stopped", null, null],
  );
});

Deno.test("decideReport() keeps texts within what the wire takes", () => {
  const report = decideReport({
    ...clean,
    ending: { kind: "not_started", message: "x".repeat(10_000) },
    conclusion: {
      kind: "read",
      conclusion: { conclusion: "success", exitCode: null, summary: "y".repeat(10_000) },
    },
  });
  assert.equal(report.error?.length, 4_000);
  assert.equal(report.summary?.length, 4_000);
});

Deno.test("decideReport() infers what an agent did not conclude from how it ended", () => {
  const inferred = (change: Partial<RunFacts>) => {
    const { conclusion, summary } = decideReport({ ...clean, isAgent: true, ...change });
    return [conclusion, summary];
  };
  const lastMessage: Partial<RunFacts> = { conclusion: { kind: "inferred", summary: "I am done" } };
  assert.deepEqual(inferred({}), ["success", null]);
  assert.deepEqual(inferred(lastMessage), ["success", "I am done"]);
  assert.deepEqual(inferred({ ...lastMessage, ...dirty, autoGit: true }), ["failure", "I am done"]);
  assert.deepEqual(inferred({ ...lastMessage, ...exited(1) }), ["failure", "session ended unexpectedly"]);
  assert.deepEqual(inferred({ ending: { kind: "lost" } }), ["failure", "session ended unexpectedly"]);
  assert.deepEqual(inferred({ ending: { kind: "stopped", reason: "timeout" } }), [null, null]);
  assert.deepEqual(inferred({ isAgent: false }), [null, null], "a script concludes by its exit code alone");
});
