import assert from "node:assert/strict";
import { AGENT_TOOLS, TOOL_DESCRIPTIONS, toolParameters, toolShapes } from "./tools.ts";
import { toolResults } from "./tool_results.ts";

Deno.test("every tool has a description, parameters and a result", () => {
  for (const table of [TOOL_DESCRIPTIONS, toolShapes, toolParameters, toolResults]) {
    assert.deepEqual(Object.keys(table).sort(), [...AGENT_TOOLS].sort());
  }
});

Deno.test("an action without what it needs names the field", () => {
  const cases = [
    ["af_spec_read", { what: "artifact" }, "artifact_name"],
    ["af_ci_status", { action: "run" }, "run_id"],
    ["af_ci_status", { action: "log" }, "job_id"],
    ["af_issues", { action: "get" }, "ref"],
    ["af_issues", { action: "create", title: "x" }, "body"],
    ["af_issues", { action: "update", patch: {} }, "ref"],
    ["af_web_search", { action: "fetch", query: "x" }, "url"],
    ["af_web_search", { action: "search" }, "query"],
  ] as const;
  for (const [tool, body, field] of cases) {
    const parsed = toolParameters[tool].safeParse(body);
    assert.equal(parsed.success, false, tool);
    assert.deepEqual(parsed.error?.issues.map(({ path }) => path.join(".")), [field]);
  }
});

Deno.test("a caller cannot name a scope of its own", () => {
  for (const tool of AGENT_TOOLS) {
    const parsed = toolParameters[tool].safeParse({ namespace: "x", principal: "y", project: "z" });
    assert.equal(parsed.success, false);
    assert.ok(parsed.error?.issues.some(({ code }) => code === "unrecognized_keys"), tool);
  }
});
