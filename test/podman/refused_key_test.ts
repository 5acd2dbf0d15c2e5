/** A key that the model's provider refuses, with each of the four real agent CLIs: its station fails soon, and says why. */
import assert from "node:assert/strict";
import { SESSION_HARNESS_NAMES, sessionHarnessByName } from "../../runner-agent/harness/sessions.ts";
import { startScriptedModel } from "../fake/scripted_model.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { imageOf, openPodman } from "./podman_world.ts";

/** From the first refusal to the report, on a busy machine; Claude Code alone would try for minutes. */
const REPORTED_MAX_MS = 45_000;

for (const name of SESSION_HARNESS_NAMES) {
  Deno.test(`${name} whose key is refused ends its station as a failure that says so`, async () => {
    const provider = sessionHarnessByName(name).provider.name;
    await using model = startScriptedModel({
      keys: { [provider]: "the-key-that-would-do" },
      script: () => ({ kind: "text", text: "never said" }),
    });
    await withRunnerRig(async (rig) => {
      const runtime = await openPodman(rig.root);
      const jobId = rig.addJob({ prompt: "Begin here.", operatorConfig: { agent: name } });
      const runner = await rig.startInside(runtime, {
        isOnce: true,
        image: await imageOf(name),
        ability: { harnesses: [name], forcedHarness: null, runtime: "podman" },
        modelKeys: new Map([[provider, { key: "another-key", baseUrl: model.url }]]),
      });
      const isOver = runner.outcome.then(() => true);
      while (model.requests.length === 0 && !await Promise.race([isOver, moment()]));
      const askedMs = performance.now();
      assert.equal(await runner.outcome, "once");
      const tookMs = performance.now() - askedMs;
      runtime.close();
      const report = rig.plane.runs.get(jobId)!.outcome!;
      assert.deepEqual([report.jobResult, report.conclusion], ["failed", "failure"]);
      assert.match(report.error ?? "", /401|key/i);
      assert.ok(model.requests.length > 0, "it was asked");
      assert.ok(tookMs < REPORTED_MAX_MS, `it took ${tookMs} ms`);
      assert.deepEqual(rig.plane.violations, []);
    });
  });
}

/** Between two looks; the run's own deadline ends the looking. */
function moment(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 20));
}
