/** What becomes of an agent without a terminal that says of itself that it waits, or is blocked: nobody can answer it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readDeclaredWord } from "../../runner-agent/job/declared_word.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

const ARGS = ["--runtime", "process", "--polling-interval", "0.05", "--heartbeat-seconds", "0.2"];
const CALL = `call() {
  curl -s -X POST "$AGENTICS_BASE_URL/mcp" -H 'content-type: application/json' \\
    -H 'accept: application/json, text/event-stream' -d "$1"; echo
}
`;
const toolCall = (name: string, input: unknown) =>
  `call '${
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: input } })
  }'\n`;
const say = (state: string, message?: string) => toolCall("af_status", { state, message });
const COMPLETE = toolCall("complete_station", { conclusion: "success", summary: "done after all" });

async function reportOf(rig: RunnerRig, command: string) {
  const jobId = rig.addJob({ operatorConfig: { command: CALL + command } });
  const runner = await rig.startInside(openProcessRuntime(rig), { isOnce: true });
  assert.equal(await runner.outcome, "once");
  assert.deepEqual(rig.plane.violations, []);
  const { jobResult, error } = rig.plane.runs.get(jobId)!.outcome!;
  return [jobResult, error];
}

Deno.test("who ends with the word that it waits, or is blocked, has failed with its own words; whoever concludes has not", async () => {
  await withRunnerRig(async (rig) => {
    assert.deepEqual(await reportOf(rig, say("waiting", "which port?")), [
      "failed",
      "the agent waits for an answer, which nobody can give it in a run without a terminal: which port?",
    ]);
    assert.deepEqual(await reportOf(rig, say("waiting", "which port?") + say("blocked", "no key")), [
      "failed",
      "the agent is blocked: no key",
    ]);
    assert.deepEqual(await reportOf(rig, say("blocked", "no key") + say("completed")), ["success", null]);
    assert.deepEqual(await reportOf(rig, say("blocked", "no key") + COMPLETE), ["success", null]);
  });
});

Deno.test("the word outlives a runner that is killed after it was said", async () => {
  await withRunnerRig(async (rig) => {
    const go = join(rig.root, "go");
    const command = `${CALL}${
      say("blocked", "no key")
    }echo said; while [ ! -e '${go}' ]; do sleep 0.05; done`;
    const jobId = rig.addJob({ operatorConfig: { command } });
    const first = rig.startProcess(...ARGS);
    await rig.plane.until("the word", () => rig.plane.outputOf(jobId).includes("said"));
    first.signal("SIGKILL");
    await first.status;
    await Deno.writeTextFile(go, "");
    const second = rig.startProcess(...ARGS);
    await second.seen("clean", (event) => event.phase === "cleaned");
    assert.equal(rig.plane.runs.get(jobId)!.outcome!.error, "the agent is blocked: no key");
  });
});

Deno.test("of a run in which nothing was said there is no word", async () => {
  const root = await Deno.makeTempDir({ prefix: "shopfloor_word_" });
  try {
    assert.equal(await readDeclaredWord(root), null);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
