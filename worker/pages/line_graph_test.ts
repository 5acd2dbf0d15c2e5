/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { lineInput } from "../../protocol/line/line.ts";
import { GRAPH_EDGES_MAX, type GraphEdge, lineGraph } from "./line_graph.ts";
import { GraphDrawing } from "./line_graph_view.tsx";

const station = (id: string, type = "dispatch_worker") => ({ id, name: id.toUpperCase(), trigger: { type } });

const LINE = lineInput.parse({
  name: "Tidy",
  stations: [
    station("format"),
    station("check"),
    station("deliver"),
    station("lost"),
    station("parked", "none"),
  ],
  gates: [{ id: "review", name: "Review <b>" }, { id: "note", name: "Note", requiresApproval: false }],
  transitionRules: [
    { fromStationId: "format", toStationId: "check", condition: "success", gateId: "note" },
    { fromStationId: "check", toStationId: "deliver", condition: "success", gateId: "review" },
    { fromStationId: "check", toStationId: "format", condition: "failure" },
    { fromStationId: "check", toStationId: "check", condition: "cancelled" },
    { fromStationId: "deliver", toStationId: "parked", condition: "any" },
  ],
});

const named = (edges: readonly GraphEdge[]) =>
  new Map(edges.map((edge) => [(JSON.parse(edge.key) as string[]).slice(0, 2).join(">"), edge]));

Deno.test("every way out of a station is an arrow, also the one that no rule says", () => {
  const edges = named(lineGraph(LINE)!.edges);
  assert.deepEqual([...edges.keys()].sort(), [
    "check>check",
    "check>deliver",
    "check>format",
    "deliver>parked",
    "format>check",
    "lost>parked",
  ]);
  assert.equal(edges.get("deliver>parked")?.words, "any outcome");
  assert.equal(edges.get("deliver>parked")?.tone, "mixed");
  assert.deepEqual(edges.get("check>deliver")?.gate, { name: "Review <b>", isOff: false });
  assert.deepEqual(edges.get("format>check")?.gate, { name: "Note", isOff: true });
  assert.equal(edges.get("check>format")?.tone, "failure");
});

Deno.test("a line that ends by success has an end, and an unreachable station is marked", () => {
  const plain = lineInput.parse({ name: "L", stations: [station("a"), station("b")], transitionRules: [] });
  const ends = lineGraph(plain)!.nodes.filter(({ kind }) => kind === "end");
  assert.equal(ends.length, 1);
  const graph = lineGraph(LINE)!;
  assert.equal(graph.nodes.some(({ kind }) => kind === "end"), false);
  assert.deepEqual(graph.nodes.filter(({ isUnreachable }) => isUnreachable).map(({ id }) => id), ["lost"]);
});

Deno.test("boxes lie inside the drawing and never on each other", () => {
  const graph = lineGraph(LINE, () => ({ tasks: 2, words: ["2 tasks now", "median 4 min"] }))!;
  for (const a of graph.nodes) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= graph.width && a.y + a.height <= graph.height, a.id);
    for (const b of graph.nodes) {
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y ||
        b.y + b.height <= a.y;
      assert.ok(a === b || apart, `${a.id} and ${b.id}`);
    }
  }
});

Deno.test("an arrow ends at the edge of the box that it leads to", () => {
  const graph = lineGraph(LINE)!;
  const boxes = new Map(graph.nodes.map((node) => [node.id, node]));
  for (const [name, edge] of named(graph.edges)) {
    const to = boxes.get(name.split(">")[1]!)!;
    const [x, y] = edge.tip.split(" ")[0]!.split(",").map(Number) as [number, number];
    assert.ok(x >= to.x - 1 && x <= to.x + to.width + 1 && y >= to.y - 60 && y <= to.y + to.height + 1, name);
    assert.ok(edge.y >= 0 && edge.y <= graph.height, `the label of ${name} is in the drawing`);
  }
});

Deno.test("the same line is the same drawing, and too many arrows are none", () => {
  assert.deepEqual(lineGraph(LINE), lineGraph(LINE));
  const ids = Array.from({ length: 100 }, (_, i) => `s${i}`);
  const rules = ids.flatMap((from, i) =>
    (["success", "failure", "cancelled"] as const).map((condition, k) => ({
      fromStationId: from,
      toStationId: ids[(i + 2 + k) % ids.length]!,
      condition,
    }))
  );
  const wide = lineInput.parse({ name: "W", stations: ids.map((id) => station(id)), transitionRules: rules });
  assert.ok(rules.length > GRAPH_EDGES_MAX);
  assert.equal(lineGraph(wide), null);
});

Deno.test("boxes are links to the details, in text that is escaped, without a style of their own", () => {
  const html = String(GraphDrawing({ graph: lineGraph(LINE) }));
  assert.match(html, /<a href="#station-check" class=""><rect/);
  assert.match(html, /Review &lt;b&gt;/);
  assert.doesNotMatch(html, /style=|<b>/);
  assert.match(html, /viewBox="0 0 \d+ \d+"/);
});
