import assert from "node:assert/strict";
import {
  GATES_MAX,
  MAX_TIMEOUT_CEILING_MINUTES,
  PROMPT_MAX_BYTES,
  PROMPT_VARIABLES_MAX,
  RULES_MAX,
  STATIONS_MAX,
} from "../limits.ts";
import { lineInput } from "./line.ts";

const A = { id: "a", name: "A" };
const B = { id: "b", name: "B" };
const REVIEW = { id: "review", name: "Review" };
const line = (change: object = {}) => ({ name: "Tidy", stations: [A, B], ...change });

/** Paths and messages of what is wrong, or none. */
function faults(input: unknown): string[] {
  const parsed = lineInput.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join(".")}: ${i.message}`);
}
function assertFault(input: unknown, expected: RegExp): void {
  const found = faults(input);
  assert.ok(
    found.some((fault) => expected.test(fault)),
    `expected ${expected}, came ${JSON.stringify(found)}`,
  );
}

Deno.test("a line with nothing but names gets the defaults of the spec (Line 2.1 to 2.4)", () => {
  assert.deepEqual(lineInput.parse({ name: "Tidy", stations: [A], gates: [REVIEW] }), {
    name: "Tidy",
    stations: [{
      ...A,
      trigger: {
        type: "none",
        labels: [],
        needs: [],
        promptTemplate: "",
        appendSystemPrompt: "",
        idleTimeoutMinutes: 2,
        maxTimeoutMinutes: 60,
        initBranch: false,
        autoGit: false,
        commitMessageTemplate: "",
        createAssemblyLineRepo: false,
      },
    }],
    transitionRules: [],
    gates: [{ ...REVIEW, requiresApproval: true }],
  });
});

Deno.test("every published spelling of a line gives the same line (Line 2.10)", () => {
  const spec = lineInput.parse({
    name: "Tidy",
    stations: [{ ...A, trigger: { type: "dispatch_worker", createAssemblyLineRepo: true } }, B],
    transitionRules: [{ fromStationId: "a", toStationId: "b", condition: "success", gateId: "review" }],
    gates: [REVIEW],
  });
  const rules = [
    { fromColumnId: "a", toColumnId: "b", condition: "success", gateId: "review" },
    { from: "a", to: "b", condition: "success", gate: "review" },
  ];
  for (const rule of rules) {
    for (const rulesKey of ["transitionRules", "transitions"]) {
      const other = lineInput.parse({
        name: "Tidy",
        columns: [{ ...A, trigger: { type: "dispatch_worker", createStageRepo: true } }, B],
        [rulesKey]: [rule],
        gates: [REVIEW],
      });
      assert.deepEqual(other, spec);
    }
  }
});

Deno.test("two spellings of one field that differ are refused at the alias", () => {
  assertFault(line({ columns: [B] }), /^columns: expected the same value as in 'stations'/);
  assertFault(
    line({ transitionRules: [{ from: "a", fromStationId: "b", to: "b", condition: "any" }] }),
    /^transitionRules\.0\.from: expected the same value as in 'fromStationId'/,
  );
  assertFault(
    line({ stations: [{ ...A, trigger: { createStageRepo: true, createAssemblyLineRepo: false } }] }),
    /^stations\.0\.trigger\.createStageRepo:/,
  );
});

Deno.test("unknown targets are refused when the line is defined (Line 7 item 8)", () => {
  const rule = { fromStationId: "a", toStationId: "b", condition: "any" };
  assert.deepEqual(faults(line({ transitionRules: [rule] })), []);
  assertFault(
    line({ transitionRules: [{ ...rule, toStationId: "z" }] }),
    /^transitionRules\.0\.toStationId: .* came 'z'/,
  );
  assertFault(
    line({ transitionRules: [{ ...rule, fromStationId: "z" }] }),
    /^transitionRules\.0\.fromStationId: .* came 'z'/,
  );
  assertFault(
    line({ transitionRules: [{ ...rule, gateId: "z" }], gates: [REVIEW] }),
    /^transitionRules\.0\.gateId: .* came 'z'/,
  );
});

Deno.test("ids, and rules of one station and condition, stand once (A7)", () => {
  assertFault(
    line({ stations: [A, A] }),
    /^stations\.1\.id: expected a station id used once, came 'a' again/,
  );
  assertFault(line({ gates: [REVIEW, REVIEW] }), /^gates\.1\.id: expected a gate id used once/);
  const rule = { from: "a", to: "b", condition: "failure" };
  assertFault(line({ transitionRules: [rule, { ...rule, to: "a" }] }), /^transitionRules\.1\.condition: /);
  assert.deepEqual(faults(line({ transitionRules: [rule, { ...rule, condition: "any" }] })), []);
});

Deno.test("unknown fields and words are refused, not ignored", () => {
  assertFault(line({ colour: "red" }), /colour/);
  assertFault(line({ stations: [{ ...A, colour: "red" }] }), /^stations\.0: .*colour/);
  assertFault(line({ stations: [{ ...A, trigger: { prompt: "x" } }] }), /^stations\.0\.trigger: .*prompt/);
  assertFault(line({ stations: [{ ...A, trigger: { type: "manual" } }] }), /^stations\.0\.trigger\.type: /);
  for (const condition of ["agentic", "hook", "failed", { kind: "typed" }]) {
    assertFault(
      line({ transitionRules: [{ from: "a", to: "b", condition }] }),
      /^transitionRules\.0\.condition: /,
    );
  }
  assertFault(JSON.parse(`{"name":"Tidy","stations":[],"__proto__":{"name":"x"}}`), /./);
  assertFault(JSON.parse(`{"__proto__":${JSON.stringify(line())}}`), /./);
});

Deno.test("a gate may carry a tool draft and whatever else, which is kept (Line 2.3)", () => {
  const gate = { ...REVIEW, enabled: false, tool: { kind: "cli", command: "lint" } };
  const parsed = lineInput.parse(line({ gates: [gate] }));
  assert.deepEqual(parsed.gates, [{ ...gate, requiresApproval: true }]);
});

Deno.test("an operator's configuration keeps the keys of other implementations", () => {
  const operatorConfig = { agent: "claude", modelTier: "large" };
  const parsed = lineInput.parse(line({ stations: [{ ...A, operatorConfig, trigger: { operatorConfig } }] }));
  assert.deepEqual(parsed.stations[0]?.operatorConfig, operatorConfig);
  assert.deepEqual(parsed.stations[0]?.trigger.operatorConfig, operatorConfig);
});

Deno.test("labels are exact, and duplicates fall together (Line 6)", () => {
  const trigger = { labels: ["linux", "Linux", "linux", " linux"] };
  const parsed = lineInput.parse(line({ stations: [{ ...A, trigger }] }));
  assert.deepEqual(parsed.stations[0]?.trigger.labels, ["linux", "Linux", " linux"]);
});

Deno.test("bounds hold at their edge and break one step beyond", async (t) => {
  const stations = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `s${i}`, name: "S" }));
  const rules = (n: number) =>
    Array.from({ length: n }, (_, i) => ({
      from: `s${i % 100}`,
      to: "s0",
      condition: ["success", "failure", "cancelled", "any"][Math.floor(i / 100) % 4],
    }));
  const withTrigger = (trigger: object) => line({ stations: [{ ...A, trigger }] });
  const cases: [string, unknown, unknown][] = [
    ["stations", line({ stations: stations(STATIONS_MAX) }), line({ stations: stations(STATIONS_MAX + 1) })],
    ["at least one station", line({ stations: [A] }), line({ stations: [] })],
    [
      "gates",
      line({ gates: stations(GATES_MAX) }),
      line({ gates: stations(GATES_MAX + 1) }),
    ],
    [
      "minutes",
      withTrigger({ maxTimeoutMinutes: MAX_TIMEOUT_CEILING_MINUTES }),
      withTrigger({ maxTimeoutMinutes: MAX_TIMEOUT_CEILING_MINUTES + 1 }),
    ],
    ["no time at all", withTrigger({ idleTimeoutMinutes: 0.5 }), withTrigger({ idleTimeoutMinutes: 0 })],
    [
      "bytes of a prompt, not characters",
      withTrigger({ promptTemplate: "é".repeat(PROMPT_MAX_BYTES / 2) }),
      withTrigger({ promptTemplate: `${"é".repeat(PROMPT_MAX_BYTES / 2)}x` }),
    ],
    [
      "uses of the task's variables, each of which may be long",
      withTrigger({
        promptTemplate: "{{task.title}} {{ task.description }}".repeat(PROMPT_VARIABLES_MAX / 2),
      }),
      withTrigger({ promptTemplate: "{{ task.description }}".repeat(PROMPT_VARIABLES_MAX + 1) }),
    ],
    ["the name", line({ name: "x".repeat(200) }), line({ name: "x".repeat(201) })],
    ["an empty name", line({ name: " x " }), line({ name: "  " })],
  ];
  for (const [what, good, bad] of cases) {
    await t.step(what, () => {
      assert.deepEqual(faults(good), []);
      assert.notDeepEqual(faults(bad), []);
    });
  }
  await t.step("rules", () => {
    const many = { stations: stations(STATIONS_MAX), transitionRules: rules(RULES_MAX + 1) };
    assertFault(line(many), /^transitionRules: Too big/);
  });
});

Deno.test("what is no line at all is refused with a path, and never throws", () => {
  for (const input of [null, undefined, 1, "x", [], {}, { name: 1 }, { name: "x", stations: {} }]) {
    assert.notDeepEqual(faults(input), []);
  }
  assertFault(line({ stations: [null] }), /^stations\.0: /);
  assertFault(line({ transitionRules: ["x"] }), /^transitionRules\.0: /);
  assertFault(line({ stations: [{ ...A, trigger: "none" }] }), /^stations\.0\.trigger: /);
  assertFault(line({ stations: [{ ...A, id: "a/b" }] }), /^stations\.0\.id: expected 1 to 100 letters/);
});

Deno.test("conditions that are announced or drafts are refused by name, never ignored (Line 7)", () => {
  const stations = [{ id: "a", name: "A" }];
  const says = (condition: unknown) => {
    const parsed = lineInput.safeParse({
      name: "L",
      stations,
      transitionRules: [{ from: "a", to: "a", condition }],
    });
    return parsed.success ? "taken" : parsed.error.issues[0]!.message;
  };
  assert.match(says("agentic"), /expected one of.*came 'agentic', which is announced/);
  assert.match(says("hook"), /expected one of.*came 'hook', which is announced/);
  assert.match(says({ kind: "typed" }), /expected one of.*came an object/);
  assert.match(says("maybe"), /"success"\|"failure"/);
  assert.equal(says("any"), "taken");
});

Deno.test("files of a line lie below the workspace", () => {
  const says = (path: string) =>
    lineInput.safeParse({ name: "L", stations: [{ id: "a", name: "A" }], agenticsSpecFiles: { [path]: "x" } })
      .success;
  for (const path of ["a.md", ".agentics/specs/a b.md"]) assert.ok(says(path), path);
  for (
    const path of [
      "",
      "/etc/x",
      "a/../../x",
      "a//b",
      "./a",
      "a\\b",
      ".git/config",
      "a/.GIT/x",
      "x".repeat(101),
      "a/".repeat(70) + "b",
    ]
  ) {
    assert.ok(!says(path), path);
  }
});

Deno.test("a plugin is a folder's name and an address that holds no credential, and there once", () => {
  const plugins = (...list: readonly object[]) => line({ plugins: list });
  const [id, sourceUrl] = ["a", "https://x.example/a.git"];
  assert.deepEqual(faults(plugins({ id, sourceUrl }, { id: "b.c-d_e", name: "B", sourceUrl })), []);
  for (
    const url of [
      "https://me:secret@x.example/a",
      "https://token@x.example/a",
      "file:///etc",
      "ext::sh -c x",
      "a",
    ]
  ) {
    assertFault(plugins({ id, sourceUrl: url }), /plugins\.0\.sourceUrl.*without a credential/);
  }
  for (const wrong of ["../a", ".git", "a/b", ""]) {
    assertFault(plugins({ id: wrong, sourceUrl }), /plugins\.0\.id.*name of a folder/);
  }
  assertFault(plugins({ id, sourceUrl }, { id, sourceUrl }), /plugins: expected each plugin id once/);
});

Deno.test("a station may name where its work goes besides, but no credential for it", () => {
  const commitBackRepository = { url: "https://git.example/a.git", credentialKind: "agentics-repo" };
  const withBack = (change: object) =>
    line({
      stations: [{ ...A, operatorConfig: { commitBackRepository: { ...commitBackRepository, ...change } } }],
    });
  assert.deepEqual(faults(withBack({})), []);
  assertFault(withBack({ token: "t" }), /operatorConfig.commitBackRepository.*token/);
  assertFault(withBack({ url: "https://me:t@git.example/a.git" }), /without a credential/);
  assertFault(withBack({ credentialKind: "other" }), /credentialKind/);
});
