/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { lineInput } from "../../protocol/line/line.ts";
import { LinePage, type LinePageView } from "./line.tsx";

const definition = lineInput.parse({
  name: "Tidy <b>",
  stations: [
    { id: "work", name: "Work", trigger: { type: "dispatch_worker", promptTemplate: "<script>x</script>" } },
    { id: "done", name: "Done" },
  ],
  transitionRules: [{ fromStationId: "work", toStationId: "done", condition: "any" }],
});
const VIEW: LinePageView = {
  at: { owner: "acme", project: "site" },
  nowMs: 10_000,
  line: {
    id: "tidy",
    version: 3,
    owner: "acme",
    project: "site",
    createdAtMs: 0,
    definition,
    warnings: ["W"],
  },
  isNewest: true,
  numbers: {
    kind: "ok",
    value: {
      open: [{ stationId: "work", tasks: 2 }],
      runs: [{ stationId: "work", count: 9, p50Ms: 240_000, p90Ms: 600_000 }],
      waits: [{ stationId: "work", count: 9, p50Ms: 2_000, p90Ms: 5_000 }],
    },
  },
  notices: [],
  days: 30,
};
const html = async (change: Partial<LinePageView> = {}) =>
  String(await LinePage({ view: { ...VIEW, ...change } }).toString());

Deno.test("a station says what is there, how long it takes and where its outcomes lead", async () => {
  const text = await html();
  assert.match(text, />2 tasks now<\/text>.*>median 4 min<\/text>/);
  assert.match(text, /median 4 min, nine of ten within 10 min \(9 runs\)/);
  assert.match(text, /<dt>On failure<\/dt><dd>to <a href="#station-done">Done<\/a>/);
  assert.match(text, /the task ends as completed/);
  assert.match(text, /class="note wait">W\./);
});

Deno.test("a line without numbers is still a drawing, and says why there are none", async () => {
  for (
    const [numbers, said] of [
      [{ kind: "off" }, /runs without a history/],
      [{ kind: "unavailable", fault: "timeout" }, /does not answer \(timeout\)/],
      [null, /<svg/],
    ] as const
  ) {
    const text = await html({ numbers });
    assert.match(text, said);
    assert.match(text, /<a href="#station-work"/);
    assert.doesNotMatch(text, /tasks now/);
  }
});

Deno.test("what a line's author wrote is text on the page, and nothing is styled in place", async () => {
  const text = await html({ notices: ["<i>left aside</i>"] });
  assert.match(text, /Tidy &lt;b&gt;/);
  assert.match(text, /&lt;script&gt;x/);
  assert.doesNotMatch(text, /<script>x|<i>left|style="/);
});
