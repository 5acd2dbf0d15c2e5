import assert from "node:assert/strict";
import { lineInput } from "./line.ts";
import { lineFromFiles } from "./on_disk.ts";

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
