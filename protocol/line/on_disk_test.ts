import assert from "node:assert/strict";
import { lineInput } from "./line.ts";
import { filesOfLine, importLine, lineFromFiles } from "./on_disk.ts";

const minimal = new Map([
  ["assembly-line.json", '{"id":"l","name":"L"}'],
  ["transitions.json", '[{"from":"b","to":"a","condition":"failure","gate":"g"}]'],
  ["gates.json", '[{"id":"g","name":"G"}]'],
  ["stations/02-b/station.json", '{"id":"b","name":"B","trigger":{"type":"none"}}'],
  [
    "stations/01-a/station.json",
    '{"id":"a","name":"A","trigger":{"type":"dispatch_worker","createStageRepo":true}}',
  ],
  ["stations/01-a/prompt.md", "Do {{task.title}}"],
  ["stations/01-a/system.md", "Be brief"],
  ["stations/01-a/command.sh", "true"],
]);

Deno.test("lineFromFiles() gives a line that lineInput accepts, stations in the order of their folders", () => {
  const folder = lineFromFiles(minimal);
  assert.ok(folder.ok);
  const line = lineInput.parse(folder.value);
  assert.deepEqual(line.stations.map((s) => s.id), ["a", "b"]);
  assert.equal(line.stations[0]?.trigger.promptTemplate, "Do {{task.title}}");
  assert.equal(line.stations[0]?.trigger.appendSystemPrompt, "Be brief");
  assert.equal(line.stations[0]?.trigger.createAssemblyLineRepo, true);
  assert.equal(line.stations[0]?.operatorConfig?.command, "true");
  assert.deepEqual(line.transitionRules, [{
    fromStationId: "b",
    toStationId: "a",
    condition: "failure",
    gateId: "g",
  }]);
});

Deno.test("lineFromFiles() names the file that is missing or is not JSON", () => {
  const without = new Map(minimal);
  without.delete("assembly-line.json");
  assert.deepEqual(lineFromFiles(without), {
    ok: false,
    error: { reason: "file_missing", path: "assembly-line.json" },
  });
  assert.deepEqual(lineFromFiles(new Map([...minimal, ["gates.json", "{"]])), {
    ok: false,
    error: { reason: "not_json", path: "gates.json" },
  });
  assert.deepEqual(lineFromFiles(new Map([...minimal, ["stations/01-a/station.json", "[]"]])), {
    ok: false,
    error: { reason: "not_an_object", path: "stations/01-a/station.json" },
  });
  assert.deepEqual(lineFromFiles(new Map([["assembly-line.json", "{}"]])), {
    ok: false,
    error: { reason: "file_missing", path: "stations/01-NAME/station.json" },
  });
});

const whole = new Map([
  ...minimal,
  ["init.json", '{"createTask":{"title":"T","description":"D"}}'],
  ["devcontainer/devcontainer.json", "{}"],
  ["specs/rules.md", "# Rules"],
  ["specs/deep/more.md", "# More"],
]);

Deno.test("lineFromFiles() takes the container's files, the specifications and the prefill", () => {
  const folder = lineFromFiles(whole);
  assert.ok(folder.ok);
  const line = lineInput.parse(folder.value);
  assert.deepEqual(line.devcontainerFiles, { ".devcontainer/devcontainer.json": "{}" });
  assert.deepEqual(line.agenticsSpecFiles, {
    ".agentics/specs/rules.md": "# Rules",
    ".agentics/specs/deep/more.md": "# More",
  });
  assert.deepEqual(line.init, { createTask: { title: "T", description: "D" } });
});

Deno.test("importLine() makes a line of its own and names what it leaves aside", () => {
  const folder = importLine(
    new Map([
      ...[...whole].map(([path, text]) => [`.agentics/${path}`, text] as const),
      [".agentics/automations.json", "{}"],
      [".agentics/specs/image.png", "x"],
      ["README.md", "beside the folder"],
    ]),
  );
  assert.ok(folder.ok);
  assert.equal(folder.value.line["id"], undefined);
  assert.deepEqual(folder.value.warnings, [
    "The id 'l' is not used: an import makes a new line",
    "'automations.json' is not used",
    "'specs/image.png' is not used",
  ]);
  assert.ok(lineInput.safeParse(folder.value.line).success);
});

Deno.test("filesOfLine() writes what reads as the same line again", () => {
  const read = lineFromFiles(whole);
  assert.ok(read.ok);
  const station = (n: number) => ({
    id: `s${n}`,
    name: `S${n}`,
    operatorConfig: { agent: "claude", other: 1 },
  });
  const many = { name: "Many", stations: Array.from({ length: 12 }, (_, n) => station(n)) };
  for (const input of [read.value, many]) {
    const { id: _, ...line } = lineInput.parse(input);
    const files = filesOfLine(line);
    assert.ok([...files.keys()].every((path) => path.startsWith(".agentics/")));
    const again = importLine(files);
    assert.ok(again.ok);
    assert.deepEqual(again.value.warnings, []);
    const parsed = lineInput.parse(again.value.line);
    assert.deepEqual(
      parsed.stations.map(({ operatorConfig = {}, ...s }) => ({ ...s, operatorConfig })),
      line.stations.map(({ operatorConfig = {}, ...s }) => ({ ...s, operatorConfig })),
    );
    assert.deepEqual({ ...parsed, stations: [] }, { ...line, stations: [] });
  }
});

Deno.test("a station's pipeline is a file beside it, one that it names stays a name", () => {
  const text = 'version: "1"\npipeline:\n  - id: a\n    prompt: hi\n';
  const read = importLine(new Map([...minimal, ["stations/01-a/pipeline.ail.yaml", text]]));
  assert.ok(read.ok);
  assert.deepEqual(read.value.warnings, ["The id 'l' is not used: an import makes a new line"]);
  const { id: _, ...line } = lineInput.parse(read.value.line);
  assert.equal(line.stations[0]?.operatorConfig?.pipeline, text);
  assert.equal(filesOfLine(line).get(".agentics/stations/01-a/pipeline.ail.yaml"), text);
  const [first, ...others] = line.stations;
  const named = {
    ...line,
    stations: [{ ...first!, operatorConfig: { pipeline: ".ail/x/y.ail.yaml" } }, ...others],
  };
  const files = filesOfLine(named);
  assert.equal(files.has(".agentics/stations/01-a/pipeline.ail.yaml"), false);
  assert.match(files.get(".agentics/stations/01-a/station.json")!, /"pipeline": "\.ail\/x\/y\.ail\.yaml"/);
  const bare = importLine(new Map([...minimal, ["stations/01-a/pipeline.ail.yaml", "pipeline: []"]]));
  assert.ok(bare.ok);
  assert.equal(lineInput.parse(bare.value.line).stations[0]?.operatorConfig?.pipeline, "pipeline: []\n");
});

Deno.test("a line whose station names a pipeline outside of the worktree is refused", () => {
  const read = lineFromFiles(minimal);
  assert.ok(read.ok);
  const stations = [{ id: "a", name: "A", operatorConfig: { pipeline: "../up.yaml" } }];
  const parsed = lineInput.safeParse({ ...read.value, stations, transitionRules: [] });
  assert.match(JSON.stringify(parsed.error?.issues), /expected a path below the worktree/);
});
