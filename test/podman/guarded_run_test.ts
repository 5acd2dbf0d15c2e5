/** The whole runner with a real sandbox that is not what it should be, or takes more than it may: the report says why. */
import assert from "node:assert/strict";
import { DISK_BOUNDS } from "../../runner-agent/container/disk_guard.ts";
import type { PodmanContainer } from "../../runner-agent/container/podman_container.ts";
import type { DaemonDeps } from "../../runner-agent/job/daemon.ts";
import type { ExecRequest } from "../../runner-agent/ports.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const MEBIBYTE = 1024 * 1024;

/** Runs one script in a sandbox to its report. */
async function report(
  command: string,
  change: Partial<DaemonDeps>,
  bend: (runtime: PodmanContainer) => void = () => {},
) {
  const reports: { readonly jobResult: string; readonly error: string | null; readonly output: string }[] =
    [];
  await withRunnerRig(async (rig) => {
    const image = await imageOf("command");
    const runtime = await openPodman(rig.root);
    bend(runtime);
    const jobId = rig.addJob({ operatorConfig: { command } });
    const runner = await rig.startInside(runtime, { isOnce: true, image, ...change });
    assert.equal(await runner.outcome, "once");
    assert.deepEqual(await runtime.list(), [], "nothing is left");
    runtime.close();
    const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
    reports.push({ jobResult, error: error ?? null, output: rig.plane.outputOf(jobId) });
  });
  return reports[0]!;
}

Deno.test("a sandbox that fails its self-test ends its run before anything of the agent has begun", async () => {
  const { jobResult, error, output } = await report("echo begun; sleep 60", {}, (runtime) => {
    const exec = runtime.exec.bind(runtime);
    // As a shadow would be seen through which Podman has copied.
    runtime.exec = async (containerId: string, request: ExecRequest) => {
      const result = await exec(containerId, request);
      const text = new TextDecoder().decode(result.stdout) + "#net eth0\n";
      return { ...result, stdout: new TextEncoder().encode(text) };
    };
  });
  assert.match(error!, /not as sealed as it must be: it has the network interface eth0/);
  assert.equal(jobResult, "failed");
  assert.doesNotMatch(output, /begun/);
});

Deno.test("a run that takes more of the disk than it may is stopped, and its report says how much", async () => {
  const bounds = { ...DISK_BOUNDS, maxBytes: 60 * MEBIBYTE, intervalMs: 500 };
  const { error, output } = await report(
    "echo begun; dd if=/dev/zero of=big bs=1M count=100 2>/dev/null; echo written; sleep 60",
    { diskBounds: bounds },
  );
  assert.match(output, /begun\nwritten/);
  assert.match(error!, /took more than it may: its files take 1\d\d MiB where 60 MiB are allowed/);
});

Deno.test("a run within its bounds passes its self-test and goes on", async () => {
  const { jobResult, error, output } = await report("echo begun; sleep 0.2", {});
  assert.deepEqual([jobResult, error, output.trim()], ["success", null, "begun"]);
});
