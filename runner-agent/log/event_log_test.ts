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

Deno.test("the station printer does not wait for the end of a line that has none", () => {
  let text = "";
  const printer = createStationPrinter("Build", (more) => text += more);
  const bytes = new TextEncoder().encode("x".repeat(10_000));
  for (let i = 0; i < 100; i++) printer.push(bytes);
  const printed = text.length;
  assert.ok(printed > 900_000, `printed ${printed} of 1000000 characters`);
  printer.push(new TextEncoder().encode("\nnext\n"));
  assert.equal(text.replaceAll(/\[Build\] |\n/g, "").length, 1_000_004);
  assert.ok(text.endsWith("\n[Build] next\n"));
});

Deno.test("the station printer passes colours on to the terminal and no other command", () => {
  let text = "";
  const printer = createStationPrinter("Build", (more) => text += more);
  const clipboard = "\x1b]52;c;ZXZpbA==\x07";
  printer.push(new TextEncoder().encode(`a${clipboard}\tb\r\n\x1b[2Jc\x1b[1A\n\x1b[31mred\n`));
  assert.equal(text, "[Build] a]52;c;ZXZpbA==\tb\n[Build] [2Jc[1A\n[Build] \x1b[31mred\x1b[0m\n");
});
