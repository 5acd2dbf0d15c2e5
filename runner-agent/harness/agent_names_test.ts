/** P2 of the runtime document: a new agent is its name in one list and its adapter; everything else takes it from there. */
import assert from "node:assert/strict";
import { AGENT_NAMES, AGENT_NAMES_TEXT } from "../../protocol/line/agent_names.ts";
import { lineInput } from "../../protocol/line/line.ts";
import { readSettings } from "../settings/settings_layers.ts";
import { harnessByName, SESSION_HARNESS_NAMES } from "./mod.ts";

for (const name of AGENT_NAMES) {
  Deno.test(`the agent ${name} has an adapter, and settings and stations may name it`, () => {
    assert.equal(harnessByName(name).name, name);
    assert.ok(readSettings("/settings.yaml", `defaults: {harness: ${name}}`).ok);
    const station = { id: "a", name: "A", operatorConfig: { agent: name } };
    assert.ok(lineInput.safeParse({ name: "L", transitionRules: [], stations: [station] }).success);
  });
}

Deno.test("what is in no list is no agent, and help names those that are", () => {
  assert.ok(!readSettings("/settings.yaml", "defaults: {harness: cursor}").ok);
  assert.deepEqual([...SESSION_HARNESS_NAMES, "command"].sort(), [...AGENT_NAMES].sort());
  assert.equal(AGENT_NAMES_TEXT, "command, claude, codex, gemini or opencode");
});
