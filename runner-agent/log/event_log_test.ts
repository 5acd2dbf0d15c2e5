import assert from "node:assert/strict";
import { createEventLog } from "./event_log.ts";
import { createStationPrinter } from "./station_printer.ts";

const clock = { nowMs: () => 1_700_000_000_000, sleep: () => Promise.resolve() };

function lineOf(format: "json" | "text"): string {
  const lines: string[] = [];
  createEventLog({ format, clock, write: (line) => lines.push(line) })("run_phase", {
    runId: "r1",
    phase: "started",
  });
  return lines.join("|");
}

Deno.test("an event is one line of JSON, or of words", () => {
  assert.equal(
    lineOf("json"),
    '{"at":"2023-11-14T22:13:20.000Z","event":"run_phase","runId":"r1","phase":"started"}',
  );
  assert.equal(lineOf("text"), "2023-11-14T22:13:20.000Z run_phase runId=r1 phase=started");
});

Deno.test("the station printer prints whole lines behind the station's name", () => {
  let text = "";
  const printer = createStationPrinter("Build", (more) => text += more);
  const bytes = new TextEncoder().encode("one\ntwö\nthree");
  printer.push(bytes.subarray(0, 7));
  assert.equal(text, "[Build] one\n");
  printer.push(bytes.subarray(7));
  printer.end();
  assert.equal(text, "[Build] one\n[Build] twö\n[Build] three\n");
});
