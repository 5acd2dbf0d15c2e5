/**
 * MCP servers that an agent CLI starts itself, in real sandboxes: the stdio form of the bridge, and what of the environment such
 * a server gets.
 */
import assert from "node:assert/strict";
import type { SessionHarnessName } from "../../runner-agent/agent_ports.ts";
import { sessionHarnessByName } from "../../runner-agent/harness/sessions.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { type ScriptedStep, startScriptedModel } from "../fake/scripted_model.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const KEY = "real-key-of-the-runner-4711";
const BRIDGE = "/run/alp/bin/agent_bridge";
/** What the server was started with and was told, for the agent to look at. */
const SERVER_LOG = "/run/shopfloor/server";
const PASSED = "passed-to-the-server-4711";
const KEPT = "kept-from-the-server-4711";

/** The bridge, with a look at what comes in. */
const WATCHED_BRIDGE = {
  transport: "stdio",
  command: "/bin/sh",
  args: ["-c", `env >${SERVER_LOG}.env; tee ${SERVER_LOG}.in | ${BRIDGE}`],
};

/** Runs one job whose agent has that server under the name `relay`, and takes those steps. */
async function runWithServer(
  name: SessionHarnessName,
  server: Readonly<Record<string, unknown>>,
  steps: readonly ScriptedStep[],
) {
  const { provider } = sessionHarnessByName(name);
  await using model = startScriptedModel({
    keys: { [provider.name]: KEY },
    script: (turn) => steps[turn] ?? { kind: "text", text: "the end" },
  });
  const told = { report: [] as readonly unknown[], output: "" };
  await withRunnerRig(async (rig) => {
    const image = await imageOf(name);
    const runtime = await openPodman(rig.root);
    const jobId = rig.addJob({
      prompt: "Make it.",
      autoGit: true,
      operatorConfig: { agent: name, env: { PASSED, KEPT }, mcp_servers: { relay: server } },
    });
    const baseUrl = model.url + new URL(provider.defaultBaseUrl).pathname.replace(/\/+$/, "");
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      image,
      agentTransport: "tmux",
      ability: { harnesses: [name], forcedHarness: null, runtime: "podman" },
      modelKeys: new Map([[provider.name, { key: KEY, baseUrl }]]),
    });
    const outcome = await runner.outcome;
    runtime.close();
    told.output = rig.plane.outputOf(jobId);
    assert.equal(outcome, "once", told.output);
    assert.deepEqual(rig.plane.violations, []);
    const { jobResult, summary, error } = rig.plane.runs.get(jobId)!.outcome!;
    told.report = [jobResult, summary, error];
  });
  return { ...told, bodies: model.requests.map(({ body }) => body) };
}

Deno.test("the stdio form of the bridge serves an agent CLI: its station is refused once, and ended, by it", async () => {
  const end = (summary: string): ScriptedStep => ({
    kind: "call",
    tool: "relay__complete_station",
    input: { conclusion: "success", summary },
  });
  const { report, output, bodies } = await runWithServer("claude", WATCHED_BRIDGE, [
    { kind: "tool", command: "echo made > made.txt" },
    end("too early"),
    {
      kind: "tool",
      command: `git add made.txt && git commit --quiet --message=agent-work; cat ${SERVER_LOG}.in`,
    },
    end("by standard input"),
  ]);
  assert.deepEqual(report, ["success", "by standard input", null], output);
  assert.ok(bodies.some((body) => body.includes("not committed: made.txt")), "the refusal was read");
  // Both forms are there; what was called is what the CLI started.
  assert.ok(bodies.some((body) => /tools\/call.{0,400}too early/s.test(body)), "it went through its input");
});

Deno.test("a server that the CLI starts gets the variables that its template names, and no others", async () => {
  const server = { ...WATCHED_BRIDGE, env: { OWN: "own-4711" }, env_passthrough: ["PASSED"] };
  const { report, output, bodies } = await runWithServer("codex", server, [
    { kind: "tool", command: `cat ${SERVER_LOG}.env` },
    {
      kind: "call",
      tool: "relay__complete_station",
      input: { conclusion: "success", summary: "looked at it" },
    },
  ]);
  assert.deepEqual(report, ["success", "looked at it", null], output);
  const seen = bodies.find((body) => body.includes("OWN=own-4711"));
  assert.ok(seen?.includes(`PASSED=${PASSED}`), seen?.slice(-2_000) ?? "nothing was seen");
  assert.ok(bodies.every((body) => !body.includes(KEPT)));
});
