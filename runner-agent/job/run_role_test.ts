/** How an agent whose version does not do in a terminal is driven. */
import assert from "node:assert/strict";
import { ok } from "../../protocol/result.ts";
import { probeJob } from "../probe/probe_job.ts";
import { createRunRole, type RoleDeps } from "./run_role.ts";

function deps(only: "structured" | null): RoleDeps {
  return {
    worktrees: { filesAtBase: () => Promise.resolve(ok(new Map())) },
    address: { owner: "o", project: "p" },
    sandboxPaths: { agentHome: "/home/agent", workspace: "/workspace" },
    onlyTransport: ({ operatorConfig }) => {
      assert.equal(operatorConfig["agent"], "claude");
      return only;
    },
  };
}

Deno.test("a run whose agent's version does not do in a terminal goes without one to its end, whatever its station says", async () => {
  const root = await Deno.makeTempDir();
  try {
    const job = probeJob("run", "claude", "task");
    assert.equal(job.agentDefinition.operatorConfig["transport"], "tmux");
    const role = createRunRole(deps("structured"), "run", job, root);
    assert.ok((await role.decide()).ok);
    assert.equal(role.job.agentDefinition.operatorConfig["transport"], "structured");
    await role.write();
    // Another runner, which knows of no fault any more.
    const again = createRunRole(deps(null), "run", job, root);
    await again.load();
    assert.ok((await again.decide()).ok);
    assert.equal(again.job.agentDefinition.operatorConfig["transport"], "structured");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a run whose agent's version does is driven as its station says", async () => {
  const role = createRunRole(deps(null), "run", probeJob("run", "claude", "task"), "/nowhere");
  assert.ok((await role.decide()).ok);
  assert.equal(role.job.agentDefinition.operatorConfig["transport"], "tmux");
});

Deno.test("an agent is asked to end the prompts of its sub-agents as its station says", async () => {
  const job = probeJob("run", "claude", "task");
  const sent = {
    ...job.agentDefinition,
    appendSystemPrompt: "Be brief.",
    subagentPromptAppendix: "Be briefer.",
  };
  const role = createRunRole(deps(null), "run", { ...job, agentDefinition: sent }, "/nowhere");
  assert.ok((await role.decide()).ok);
  assert.match(
    role.job.agentDefinition.appendSystemPrompt,
    /^Be brief\.\n\n# Sub-agents\n[^]*\nBe briefer\.\n---$/,
  );
});
