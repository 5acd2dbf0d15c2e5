/** Programs beside an agent, and the stdio form of its bridge, in a real sandbox. */
import assert from "node:assert/strict";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

async function runInPodman(rig: RunnerRig, operatorConfig: Record<string, unknown>) {
  const image = await imageOf("command");
  const runtime = await openPodman(rig.root);
  const jobId = rig.addJob({ operatorConfig });
  const runner = await rig.startInside(runtime, { isOnce: true, image });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(await runtime.list(), []);
  runtime.close();
  return { report: rig.plane.runs.get(jobId)!.outcome!, output: rig.plane.outputOf(jobId) };
}

Deno.test("in a sandbox, the agent starts once its services are ready, and they end after it", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runInPodman(rig, {
      env: { PORT: 5000 },
      services: [{
        name: "echo",
        required: true,
        restart: "on-failure",
        command: [
          "sh",
          "-c",
          'sleep 0.5; exec socat "TCP-LISTEN:${PORT},bind=127.0.0.1,fork,reuseaddr" EXEC:cat',
        ],
        ready_check: { type: "tcp", target: "localhost:${PORT}", timeout: "20s" },
      }],
      command: `
        echo hello | socat -t 2 - TCP:127.0.0.1:5000
        touch /run/alp/services/x 2>/dev/null && echo writable
        kill $(sed -n 's/.*echo started: pid //p' /run/shopfloor/services/lifecycle.log | head -n 1)
        for n in $(seq 100); do
          echo again | socat -t 2 - TCP:127.0.0.1:5000 2>/dev/null && break
          sleep 0.1
        done
        printf '{"jsonrpc":"2.0","id":7,"method":"tools/list"}\\n' | /run/alp/bin/agent_bridge | grep -o complete_station | head -n 1
        cat /run/shopfloor/services/lifecycle.log`,
    });
    assert.deepEqual([report.jobResult, report.error], ["success", null], output);
    assert.match(output, /^hello\nagain\ncomplete_station\n/);
    assert.doesNotMatch(output, /writable/);
    assert.match(output, /echo ready\n[\s\S]*echo ended: ended with status 143\n[\s\S]*echo started/);
  });
});

Deno.test("in a sandbox, a required service that gives up ends the run, and the report says so", async () => {
  await withRunnerRig(async (rig) => {
    const { report, output } = await runInPodman(rig, {
      services: [{
        name: "db",
        required: true,
        command: ["sh", "-c", "until [ -e /tmp/go ]; do sleep 0.05; done; exit 3"],
      }],
      command: "trap 'echo told; exit 0' TERM; touch /tmp/go; while :; do sleep 0.1; done",
    });
    assert.deepEqual([report.jobResult, report.exitCode], ["failed", 125], output);
    assert.match(output, /told/);
    assert.match(report.error ?? "", /service 'db' is required and has given up: ended with status 3/);
  });
});
