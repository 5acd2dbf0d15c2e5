/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { parseSpec, type SpecTexts } from "./spec.ts";
import { coverage, renderSpec, traceability } from "./spec_view.ts";

const TEXTS: SpecTexts = {
  prd: "---\nstatus: active\n---\n# Login\n",
  requirements:
    "# R\n\n## REQ-1: Users log in\n\ntext\n\n### REQ-2: Users log out\n\n```\n## REQ-1: not a heading\n```\n",
  test_spec:
    "## TEST-1: Logs in\n\nRequirements: REQ-1\nPath: `test/login_test.ts`\n\nPath: free text\n\n## TEST-2: Logs out\nRequirements: REQ-2, REQ-9\n",
  tasks:
    "## 1. Log in\n\nRequirements: REQ-1\nStation: make\n\n- [ ] free\n\n### 1.2 The form\n\n## 1.V Verify\n\n- [ ] tests pass\n\n## Notes\n",
};
const parsed = (texts: SpecTexts) => {
  const spec = parseSpec("login", texts);
  assert.ok(spec.ok, JSON.stringify(spec));
  return spec.value;
};
const faults = (texts: SpecTexts) => {
  const spec = parseSpec("login", texts);
  assert.ok(!spec.ok);
  return spec.error.map(({ file, line, message }) => `${file}:${line}: ${message}`);
};

Deno.test("a spec is read from its headings and their fields", () => {
  assert.deepEqual(parsed(TEXTS), {
    name: "login",
    status: "active",
    requirements: [{ id: "REQ-1", title: "Users log in" }, { id: "REQ-2", title: "Users log out" }],
    tests: [
      { id: "TEST-1", title: "Logs in", requirementIds: ["REQ-1"], path: "test/login_test.ts" },
      { id: "TEST-2", title: "Logs out", requirementIds: ["REQ-2", "REQ-9"], path: null },
    ],
    tasks: [
      { id: "1", title: "Log in", requirementIds: ["REQ-1"], stationId: "make" },
      { id: "1.2", title: "The form", requirementIds: [], stationId: null },
    ],
  });
});

Deno.test("a spec that says nothing of its status is active, one without files is empty", () => {
  assert.equal(parsed({ prd: "# P" }).status, "active");
  assert.equal(parsed({ prd: "---\ntitle: x\nstatus: draft\n---\n" }).status, "draft");
  assert.deepEqual(parsed({}).requirements, []);
});

Deno.test("every fault names its file and line", () => {
  const at = ".agentics/specs/login";
  const cases: readonly (readonly [SpecTexts, string])[] = [
    [
      { requirements: "\n## REQ-1 no colon" },
      `${at}/requirements.md:2: expected 'REQ-ID: Title', came 'REQ-1 no colon'`,
    ],
    [
      { requirements: "## req-1: lower" },
      `${at}/requirements.md:1: expected 'REQ-ID: Title', came 'req-1: lower'`,
    ],
    [
      { requirements: "## REQ-1: a\n\n## REQ-1: b" },
      `${at}/requirements.md:3: expected an id used once, came 'REQ-1' again`,
    ],
    [
      { test_spec: "## TEST-1: a\n" },
      `${at}/test_spec.md:1: expected a line 'Requirements: REQ-...' below 'TEST-1'`,
    ],
    [
      { test_spec: "## TEST-1: a\nRequirements: REQ-1; REQ-2" },
      `${at}/test_spec.md:2: expected ids such as 'REQ-1' with commas in between, came 'REQ-1; REQ-2'`,
    ],
    [
      { test_spec: "## TEST-1: a\nRequirements: REQ-1\nPath: ../x" },
      `${at}/test_spec.md:3: expected a path below the repository's root, came '../x'`,
    ],
    [
      { tasks: "## 1.x Title" },
      `${at}/tasks.md:1: expected '1. Title', '1.2 Title' or '1.V Title', came '1.x Title'`,
    ],
    [
      { prd: "---\nstatus: done\n---" },
      `${at}/prd.md:2: expected 'status' to be one of draft, active, completed, superseded, came 'done'`,
    ],
    [{ prd: "---\nstatus: draft" }, `${at}/prd.md:1: expected the front matter to end with '---'`],
  ];
  for (const [texts, fault] of cases) assert.deepEqual(faults(texts), [fault]);
});

Deno.test("requirements are traced to tests, and a test's file is there or not", () => {
  const spec = parsed(TEXTS);
  const existing = new Set(["test/login_test.ts"]);
  assert.deepEqual(traceability(spec, existing), [
    {
      requirementId: "REQ-1",
      title: "Users log in",
      tests: [{ id: "TEST-1", title: "Logs in", testPath: "test/login_test.ts", exists: true }],
    },
    {
      requirementId: "REQ-2",
      title: "Users log out",
      tests: [{ id: "TEST-2", title: "Logs out", testPath: null, exists: false }],
    },
  ]);
  assert.deepEqual(coverage(spec, existing), {
    ...{ requirements: 2, specified: 2, implemented: 1, unspecifiedIds: [], unimplementedIds: ["REQ-2"] },
    danglingTestIds: ["TEST-2"],
  });
  assert.equal(coverage(spec, new Set()).implemented, 0);
});

Deno.test("rendered is every artifact under the name of its file", () => {
  assert.equal(
    renderSpec("a", { prd: "# P\n", tasks: "## 1. T" }),
    "<!-- .agentics/specs/a/prd.md -->\n\n# P\n\n<!-- .agentics/specs/a/tasks.md -->\n\n## 1. T\n",
  );
});
