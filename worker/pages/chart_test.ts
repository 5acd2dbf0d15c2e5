/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Chart } from "./chart.tsx";
import { inWords, scaleOf } from "./chart_scale.ts";
import type { ChartSpec } from "./chart_spec.ts";
import { chartSvg } from "./chart_svg.ts";

const SPEC: ChartSpec = {
  id: "ended",
  kind: "bars",
  isStacked: true,
  title: "Tasks that ended",
  note: "By day & outcome.",
  unit: "count",
  labelName: "Day",
  labels: ["1 May", '<script>alert("1")</script> style="a:b"', "3 May"],
  series: [
    { name: "Completed", tone: "good", values: [3, 0, 2] },
    { name: "Failed", tone: "bad", values: [1, null, 0] },
  ],
};
const KINDS = ["bars", "rows", "lines"] as const;

Deno.test("a chart has nothing that the content policy forbids, whatever its kind", () => {
  for (const kind of KINDS) {
    const svg = chartSvg({ ...SPEC, kind, isStacked: kind !== "lines" });
    assert.doesNotMatch(svg, /<style|<script|\son\w+=|CDATA/);
    assert.doesNotMatch(svg.replaceAll("&quot;", "'"), /\sstyle="/);
    assert.doesNotMatch(svg, /zr\d|ecmeta|class="zr/);
  }
});

Deno.test("a chart is well-formed, says its title and note, and keeps hostile labels as text", () => {
  const svg = chartSvg({ ...SPEC, kind: "rows" });
  assert.match(
    svg,
    /^<svg class="chart" role="img" aria-labelledby="ended-title ended-note" viewBox="0 0 340 /,
  );
  assert.match(
    svg,
    /<title id="ended-title">Tasks that ended<\/title><desc id="ended-note">By day &amp; outcome\./,
  );
  assert.match(svg, /&lt;script&gt;/);
  const open: string[] = [];
  for (const [, end, name, empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === "/") assert.equal(open.pop(), name);
    else if (empty !== "/") open.push(name!);
  }
  assert.deepEqual(open, []);
});

Deno.test("a chart takes its colours from the style sheet, and its text is the page's font", () => {
  const svg = chartSvg({ ...SPEC, kind: "lines" });
  const colours = new Set([...svg.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map((match) => match[1]));
  colours.delete("none");
  // A clip path is no ink.
  colours.delete("#000");
  for (const colour of colours) assert.match(colour!, /^var\(--[a-z]+\)$/);
  assert.match(svg, /font-size="11px"/);
  assert.doesNotMatch(svg, /font-family/);
});

Deno.test("the same chart is the same text, and two charts of a page share no id", () => {
  const spec = { ...SPEC, kind: "lines" } as const;
  assert.equal(chartSvg(spec), chartSvg(spec));
  const ids = (svg: string) => [...svg.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
  const [one, two] = [ids(chartSvg(spec)), ids(chartSvg({ ...spec, id: "other" }))];
  assert.ok(one.length >= 3);
  assert.equal(new Set([...one, ...two]).size, one.length + two.length);
  for (const [, id] of chartSvg(spec).matchAll(/url\(#([^)]*)\)/g)) assert.ok(one.includes(id));
});

Deno.test("the drawing grows with its values: a bar of three is three times as high as a bar of one", () => {
  const svg = chartSvg({
    ...SPEC,
    isStacked: false,
    labels: ["a", "b"],
    series: [{ name: "n", tone: "accent", values: [1, 3] }],
  });
  const heights = [...svg.matchAll(/d="M[\d.]+ [\d.]+l[\d.]+ 0l0 (-[\d.]+)[^"]*" fill="var\(--accent\)"/g)]
    .map((match) => Number(match[1]));
  assert.equal(heights.length, 2);
  assert.ok(Math.abs(heights[1]! / heights[0]! - 3) < 0.05, `${heights}`);
});

Deno.test("points that are not evenly apart are drawn where they are", () => {
  const svg = chartSvg({
    ...SPEC,
    kind: "lines",
    isStacked: false,
    labels: ["0", "1", "10"],
    places: { values: [0, 1, 10], step: 5, inWords: (value) => `${value} s` },
    series: [{ name: "n", tone: "accent", values: [1, 2, 3] }],
  });
  const [, path] = /d="(M[^"]*)" fill="none" stroke="var\(--accent\)"/.exec(svg)!;
  const xs = [...path!.matchAll(/[ML]([\d.]+) /g)].map((match) => Number(match[1]));
  assert.ok(Math.abs((xs[1]! - xs[0]!) * 10 - (xs[2]! - xs[0]!)) < 2, `${path}`);
  assert.match(svg, />5 s</);
});

Deno.test("a figure has the numbers as a table, and tells zeros from nothing", async () => {
  const html = String(await Chart({ spec: SPEC }));
  assert.match(html, /<th scope="row">1 May<\/th><td>3<\/td><td>1<\/td>/);
  assert.match(html, /<td>0<\/td><td>none<\/td>/);
  const none = { ...SPEC, series: [{ name: "n", tone: "good", values: [0, null, 0] }] } as const;
  assert.match(String(await Chart({ spec: none })), /Nothing in this time\./);
  assert.match(String(await Chart({ spec: { ...none, allZero: "No job failed." } })), /No job failed\./);
  const unknown = { ...none, series: [{ ...none.series[0], values: [null] }], allZero: "No job failed." };
  assert.match(String(await Chart({ spec: unknown })), /Nothing in this time\./);
});

Deno.test("an axis counts in the unit of its largest value", () => {
  assert.deepEqual(scaleOf("ms", 90 * 60_000), { divisor: 60_000, suffix: " min" });
  assert.deepEqual(scaleOf("ms", 400), { divisor: 1, suffix: " ms" });
  assert.deepEqual(scaleOf("bytes_per_s", 2e6), { divisor: 1e6, suffix: " MB/s" });
  assert.deepEqual(
    [inWords("share", 0.1234), inWords("ms", 90_000), inWords("cores", 1.239), inWords("count", null)],
    ["12.3 %", "1 min 30 s", "1.24", "none"],
  );
});
