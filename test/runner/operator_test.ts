/**
 * The operator (Line 16) as an agent meets it: its MCP server, its shell command, its CLI's stop hook, and what becomes of a
 * run that it ends. Whole runner over plain processes; the control plane is the strict fake.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { CONCLUDED_GRACE_MS } from "../../runner-agent/limits.ts";
import type { Clock } from "../../runner-agent/ports.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { scriptedAgent, withPrograms } from "../fake/scripted_agent.ts";

function startScript(
  rig: RunnerRig,
  command: string,
  work: Partial<AgentDefinition>,
  change: Partial<DaemonDeps> = {},
) {
  const jobId = rig.addJob({ operatorConfig: { command }, ...work });
  const runtime = openProcessRuntime(rig);
  return { jobId, runner: rig.startInside(runtime, { isOnce: true, ...change }) };
}

/** Runs one script to its report. */
async function runScript(
  rig: RunnerRig,
  command: string,
  work: Partial<AgentDefinition> = {},
  change: Partial<DaemonDeps> = {},
) {
  const { jobId, runner } = startScript(rig, command, work, change);
  assert.equal(await (await runner).outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  const run = rig.plane.runs.get(jobId)!;
  return { report: run.outcome!, output: rig.plane.outputOf(jobId), job: run.job };
}

/** A clock on which the grace after a conclusion is over at once. */
const noGraceClock: Clock = (() => {
  let skippedMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + skippedMs,
    sleep: async (ms, signal) => {
      const isGrace = ms > CONCLUDED_GRACE_MS - 5_000 && ms <= CONCLUDED_GRACE_MS;
      await systemClock.sleep(isGrace ? 50 : ms, signal);
      if (isGrace) skippedMs += ms - 50;
    },
  };
})();

const CALL = `call() {
  curl -s -X POST "$AGENTICS_BASE_URL/mcp" -H 'content-type: application/json' \\
    -H 'accept: application/json, text/event-stream' -d "$1"; echo
}
`;
const toolCall = (name: string, input: unknown) =>
  `call '${
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: input } })
  }'`;

Deno.test("complete_station over MCP gives the report its conclusion, summary and exit code", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      CALL + `call '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'\n` +
        toolCall("complete_station", { conclusion: "success", summary: "all tidy" }),
    );
    assert.match(output, /"name":"complete_station"/);
    assert.match(output, /"name":"stop_broadcast"/);
    assert.match(output, /Recorded: success/);
    assert.deepEqual([report.jobResult, report.exitCode, report.conclusion, report.summary, report.error], [
      "success",
      0,
      "success",
      "all tidy",
      null,
    ]);
  });
});

Deno.test("an exit code that the tool was given fails a success, and a failure of the tool fails a process that ends well", async () => {
  await withRunnerRig(async (rig) => {
    const coded = await runScript(
      rig,
      CALL + toolCall("complete_station", { conclusion: "success", exitCode: 3 }),
    );
    assert.deepEqual([coded.report.jobResult, coded.report.exitCode], ["failed", 3]);
    const failed = await runScript(
      rig,
      CALL + toolCall("complete_station", { conclusion: "failure", summary: "no tests" }),
    );
    assert.deepEqual([failed.report.jobResult, failed.report.conclusion], ["failed", "failure"]);
    assert.match(failed.report.error ?? "", /no tests/);
    const crashed = await runScript(
      rig,
      CALL + toolCall("complete_station", { conclusion: "success" }) + "\nexit 4",
    );
    assert.deepEqual([crashed.report.jobResult, crashed.report.exitCode], ["failed", 4]);
  });
});

Deno.test("the reference's stop_broadcast ends a station too, and cancelled is no success", async () => {
  await withRunnerRig(async (rig) => {
    const done = await runScript(rig, CALL + toolCall("stop_broadcast", { message: "finished" }));
    assert.deepEqual([done.report.jobResult, done.report.conclusion, done.report.summary], [
      "success",
      "success",
      "finished",
    ]);
    const given = await runScript(rig, CALL + toolCall("stop_broadcast", { conclusion: "cancelled" }));
    assert.deepEqual([given.report.jobResult, given.report.conclusion], ["failed", "failure"]);
  });
});

Deno.test("a second call says that the first one stands, from the tool and from the shell", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      CALL + `complete_station success "made with 'quotes' and ünïcode"\n` +
        toolCall("complete_station", { conclusion: "failure" }) + `\ncomplete_station failure`,
    );
    assert.equal(output.match(/ended before, with success; that stands/g)?.length, 2, output);
    assert.deepEqual([report.jobResult, report.summary], ["success", "made with 'quotes' and ünïcode"]);
  });
});

Deno.test("with autoGit a success is refused while anything is uncommitted, with the hint, and taken afterwards", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      `mkdir -p .claude && echo x > .claude/state && echo more >> README.md && echo new > new.txt
       complete_station success && exit 9
       git add README.md new.txt && git commit -qm "fix: it"
       complete_station success ok`,
      { autoGit: true, commitMessageTemplate: "fix: WHAT" },
    );
    assert.match(output, /README\.md, new\.txt\. Commit them with a message like 'fix: WHAT'/);
    assert.doesNotMatch(output, /\.claude/);
    assert.deepEqual([report.jobResult, report.error, report.summary], ["success", null, "ok"]);
  });
});

Deno.test("what the agent's git configuration names is not run by the look at its worktree", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(
      rig,
      `printf '#!/bin/sh\\ntouch "${rig.root}/was-run"\\n' > "$HOME/evil" && chmod +x "$HOME/evil"
       git config core.fsmonitor "$HOME/evil" && git config filter.x.clean "$HOME/evil" && git config filter.x.required true
       echo '* filter=x' > .gitattributes && echo more >> README.md
       complete_station success || echo refused`,
      { autoGit: true },
    );
    assert.match(output, /refused/);
    assert.equal(report.jobResult, "failed");
    await assert.rejects(Deno.stat(join(rig.root, "was-run")), Deno.errors.NotFound);
  });
});

Deno.test("with autoGit a failure needs no commit, as there is work that nobody should keep", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runScript(rig, `echo x > y.txt; complete_station failure "cannot"`, {
      autoGit: true,
    });
    assert.match(output, /Recorded: failure/);
    assert.deepEqual([report.jobResult, report.summary], ["failed", "cannot"]);
  });
});

Deno.test("an agent that stays after its conclusion is stopped, and what it concluded stands", async () => {
  await withRunnerRig(async (rig) => {
    const { report } = await runScript(
      rig,
      `echo x > x.txt && git add x.txt && git commit -qm x && complete_station success done; sleep 600`,
      {},
      { clock: noGraceClock },
    );
    assert.deepEqual([report.jobResult, report.exitCode, report.summary, report.error], [
      "success",
      0,
      "done",
      null,
    ]);
    assert.notEqual(report.headCommit, report.baseCommit);
  });
});

Deno.test("an agent that is silent but talks to its tools is not idle, and one that does neither is", async () => {
  await withRunnerRig(async (rig) => {
    const idleTimeoutMinutes = 0.6 / 60;
    const busy = CALL + `for i in 1 2 3 4 5 6; do
      sleep 0.25; call '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' >/dev/null
    done`;
    assert.equal((await runScript(rig, busy, { idleTimeoutMinutes })).report.error, null);
    const { report } = await runScript(rig, "sleep 600", { idleTimeoutMinutes });
    assert.deepEqual([report.jobResult, report.exitCode, report.reason], ["failed", -1, "idle_timeout"]);
  });
});

Deno.test("the order to stop takes nothing from an agent that has concluded", async () => {
  await withRunnerRig(async (rig) => {
    const { jobId, runner } = startScript(rig, `complete_station success done; echo said; sleep 600`, {});
    const inner = await runner;
    await rig.plane.until("the conclusion", () => rig.plane.outputOf(jobId).includes("said"));
    inner.stop.abort();
    await inner.outcome;
    const report = rig.plane.runs.get(jobId)!.outcome!;
    assert.deepEqual([report.jobResult, report.summary, report.reason], ["success", "done", undefined]);
  });
});

Deno.test("a CLI's stop hook asks for a commit twice and then lets the agent end", async () => {
  await withPrograms(["claude"], () =>
    withRunnerRig(async (rig) => {
      const hook = `echo '{"last_assistant_message":"I am done"}' | agent_hook Stop`;
      const command = `echo x > x.txt; ${hook}; ${hook}; ${hook}; echo end`;
      const { report, output } = await runScript(
        rig,
        command,
        { autoGit: true, operatorConfig: { agent: "claude", command } },
        {
          ability: { harnesses: ["claude"], forcedHarness: null, runtime: "process" },
          harnessByName: scriptedAgent,
        },
      );
      assert.match(output, /^(\{"decision":"block","reason":"[^\n]*not committed: x\.txt[^\n]*\n){2}end\n$/);
      assert.equal(report.jobResult, "failed");
      assert.match(report.error ?? "", /not committed: x\.txt/);
    }));
});

Deno.test("a sandbox finds its credential socket and its proxy, which say that they are not available", async () => {
  await withRunnerRig(async (rig) => {
    const { output, job } = await runScript(
      rig,
      `cred() { curl -s -w ' %{http_code}\\n' --unix-socket "$ALP_CRED_SOCKET" "$@"; }
       cred "http://alp/token?service=x"
       cred -d '{}' http://alp/proxy
       cred -H "ALP-Job-Id: $ALP_JOB_ID" http://alp/token
       cred -H "ALP-Job-Id: other" http://alp/token
       cred http://alp/other
       curl -s -w ' proxied %{http_code}\\n' http://example.invalid/x
       curl -s -w ' job %{http_code}\\n' -H "ALP-Job-Id: other" http://example.invalid/x
       curl -s -o /dev/null -w 'connect %{http_connect}\\n' https://example.invalid/x || true
       curl -s -o /dev/null -w 'loopback %{http_code}\\n' "$AGENTICS_BASE_URL/nothing"`,
      {},
      { networkProfile: "proxy_only" },
    );
    const codes = output.split("\n");
    for (const at of [0, 1, 2]) {
      assert.match(codes[at] ?? "", /"credential_server_not_available".* 501$/);
    }
    assert.match(codes[3] ?? "", /"job_mismatch".* 403$/);
    assert.match(codes[4] ?? "", / 404$/);
    assert.match(output, /"egress_proxy_not_available".*proxied 501/);
    assert.ok(output.includes(job.id));
    assert.match(output, /"job_mismatch".*job 403/);
    assert.match(output, /^connect 501$/m);
    assert.match(output, /^loopback 404$/m);
  });
});

Deno.test("a sealed sandbox has no proxy: no variable names one, and nothing listens", async () => {
  await withRunnerRig(async (rig) => {
    const { output } = await runScript(
      rig,
      `env | grep -i proxy || echo none
       ls /run/alp/dmz.sock "$(dirname "$ALP_CRED_SOCKET")/dmz.sock" 2>/dev/null || echo no socket
       curl -s -o /dev/null -w 'hub %{http_code}\\n' "$AGENTICS_BASE_URL/nothing"`,
    );
    assert.equal(output, "none\nno socket\nhub 404\n");
  });
});
