/**
 * Where the stations, rules and gates of a line go in its drawing. Pure; the layers are dagre's.
 *
 * What is drawn is what happens: each arrow is what `nextStation` says of a station and an outcome, so a rule that another
 * one shadows has no arrow, and the step to the next station that nobody wrote has one.
 */
import { Graph, layout } from "@dagrejs/dagre";
import type { Gate, LineInput } from "../../protocol/line/line.ts";
import type { Outcome } from "../../protocol/line/task.ts";
import { hasRules, nextStation, unreachableStations } from "../domain/transition.ts";

export type LineDefinition = Omit<LineInput, "id" | "owner" | "project">;

/** What is shown in a station's box, below its name. */
export interface StationFacts {
  readonly tasks: number;
  readonly words: readonly string[];
}

export interface GraphNode {
  readonly id: string;
  readonly name: string;
  readonly kind: "station" | "end";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly words: readonly string[];
  readonly isUnreachable: boolean;
  readonly isOccupied: boolean;
}

export interface GraphEdge {
  readonly key: string;
  /** Of an SVG path, and the corners of the tip at its end. */
  readonly path: string;
  readonly tip: string;
  /** The outcome that goes here; `mixed` when several do. */
  readonly tone: Outcome | "mixed";
  readonly words: string;
  readonly gate: { readonly name: string; readonly isOff: boolean } | null;
  /** The middle of the label. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface LineGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** More arrows than that are no picture any more, and cost seconds. */
export const GRAPH_EDGES_MAX = 200;

const END = "(end)";
const OUTCOMES: readonly Outcome[] = ["success", "failure", "cancelled"];
const NODE = { width: 176, base: 34, line: 17 } as const;
const END_NODE = { width: 100, height: 34 } as const;
/** Room above a box for each arrow that comes back to it. */
const LOOP = 46;
const LABEL_LINE = 20;
const NAME_MAX_CHARS = 20;
const CHAR_WIDTH = 6.6;
const MARGIN = 14;
const TIP = 8;

interface Step {
  readonly from: string;
  readonly to: string;
  readonly gate: Gate | null;
  readonly outcomes: Outcome[];
}

/** The drawing; null when there are too many arrows for one. */
export function lineGraph(
  line: LineDefinition,
  factsOf: (stationId: string) => StationFacts = () => ({ tasks: 0, words: [] }),
): LineGraph | null {
  const steps = stepsOf(line);
  if (steps.length > GRAPH_EDGES_MAX) return null;
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 30, ranksep: 36, edgesep: 18, marginx: MARGIN, marginy: MARGIN });
  const unreachable = new Set<string>(unreachableStations(line));
  const loopsOf = (id: string) => steps.filter(({ from, to }) => from === id && to === id);

  for (const { id } of line.stations) {
    const height = NODE.base + NODE.line * factsOf(id).words.length + LOOP * loopsOf(id).length;
    graph.setNode(id, { width: NODE.width, height });
  }
  if (steps.some(({ to }) => to === END)) graph.setNode(END, { ...END_NODE });
  const between = steps.filter(({ from, to }) => from !== to);
  between.forEach((step, at) => {
    const height = LABEL_LINE * (step.gate === null ? 1 : 2);
    graph.setEdge(step.from, step.to, { width: labelWidth(step), height, labelpos: "c" }, String(at));
  });
  layout(graph);

  const nodes: GraphNode[] = line.stations.map(({ id, name }) => {
    const box = graph.node(id) as Box;
    const loops = LOOP * loopsOf(id).length;
    const { tasks, words } = factsOf(id);
    return {
      id,
      name: shortened(name),
      kind: "station",
      ...corner(box),
      y: box.y - box.height / 2 + loops,
      width: box.width,
      height: box.height - loops,
      words,
      isUnreachable: unreachable.has(id),
      isOccupied: tasks > 0,
    };
  });
  const end = graph.node(END) as Box | undefined;
  if (end !== undefined) {
    const size = { width: end.width, height: end.height, words: [], isUnreachable: false, isOccupied: false };
    nodes.push({ id: END, name: "Completed", kind: "end", ...corner(end), ...size });
  }
  const edges = [
    ...between.map((step, at) => edgeOf(step, graph.edge(step.from, step.to, String(at)) as Drawn)),
    ...nodes.flatMap((node) => loopsOf(node.id).map((step, at) => loopEdge(step, node, at))),
  ];
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width: Math.ceil(width), height: Math.ceil(height), nodes, edges };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
interface Point {
  readonly x: number;
  readonly y: number;
}
interface Drawn extends Point {
  readonly points: readonly Point[];
}

/** Every way out of every station, outcomes that go the same way together. A failed task goes nowhere. */
function stepsOf(line: LineDefinition): Step[] {
  const steps = new Map<string, Step>();
  for (const { id, trigger } of line.stations) {
    if (trigger.type === "none" && !hasRules(line, id)) continue;
    for (const outcome of OUTCOMES) {
      const next = nextStation(line, id, outcome, null);
      if (next.kind === "fail") continue;
      const to = next.kind === "complete" ? END : next.toStationId;
      const gate = next.kind === "gate" ? next.gate : next.kind === "advance" ? next.passedGate : null;
      const key = JSON.stringify([id, to, gate?.id ?? null]);
      const known = steps.get(key);
      if (known === undefined) steps.set(key, { from: id, to, gate, outcomes: [outcome] });
      else known.outcomes.push(outcome);
    }
  }
  return [...steps.values()];
}

function corner({ x, y, width, height }: Box): Point {
  return { x: x - width / 2, y: y - height / 2 };
}

function wordsOf({ outcomes }: Step): string {
  return outcomes.length === OUTCOMES.length ? "any outcome" : outcomes.join(", ");
}

function labelWidth(step: Step): number {
  const gate = step.gate === null ? 0 : gateName(step.gate).length + 3;
  return Math.ceil(CHAR_WIDTH * Math.max(wordsOf(step).length, gate)) + 14;
}

function gateName({ name }: Gate): string {
  return shortened(name);
}

function shortened(name: string): string {
  return name.length <= NAME_MAX_CHARS ? name : `${name.slice(0, NAME_MAX_CHARS - 1)}…`;
}

function labelOf(step: Step, { x, y }: Point) {
  const { gate, outcomes } = step;
  return {
    key: JSON.stringify([step.from, step.to, gate?.id ?? null]),
    tone: outcomes.length === 1 ? outcomes[0]! : "mixed" as const,
    words: wordsOf(step),
    gate: gate === null
      ? null
      : { name: gateName(gate), isOff: !gate.requiresApproval || gate.enabled === false },
    x: round(x),
    y: round(y),
    width: labelWidth(step),
  };
}

function edgeOf(step: Step, drawn: Drawn): GraphEdge {
  const points = drawn.points;
  const last = points.at(-1)!;
  // The curve of a short arrow passes beside the place that was kept for its label.
  const [a, b, c] = points;
  const middle = points.length === 3
    ? { x: drawn.x, y: (a!.y + 2 * b!.y + c!.y) / 4 }
    : { x: drawn.x, y: drawn.y };
  return {
    ...labelOf(step, middle),
    path: smooth(points),
    tip: tipAt(last, points.at(-2) ?? last),
  };
}

/** From the top of the box and back to it. */
function loopEdge(step: Step, node: GraphNode, at: number): GraphEdge {
  const middle = node.x + node.width / 2;
  const reach = 26 + at * 14;
  const top = node.y - 26 - at * LOOP;
  const [right, left] = [middle + reach, middle - reach];
  const y = node.y;
  return {
    ...labelOf(step, { x: middle, y: top }),
    path: `M${right} ${y}C${right} ${top - 8} ${left} ${top - 8} ${left} ${y}`,
    tip: tipAt({ x: left, y }, { x: left, y: top }),
  };
}

/** A curve that begins and ends at the ends and passes near the other points. */
function smooth(points: readonly Point[]): string {
  const at = ({ x, y }: Point) => `${round(x)} ${round(y)}`;
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const parts = [`M${at(first)}`];
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    if (next === undefined) {
      if (i === 0) parts.push(`L${at(point)}`);
      return;
    }
    const isLast = i === rest.length - 2;
    const to = isLast ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    parts.push(`Q${at(point)} ${at(to)}`);
  });
  return parts.join("");
}

function tipAt(end: Point, before: Point): string {
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [dx, dy] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const back = { x: end.x - dx * TIP, y: end.y - dy * TIP };
  const side = TIP / 2;
  return [
    end,
    { x: back.x - dy * side, y: back.y + dx * side },
    { x: back.x + dy * side, y: back.y - dx * side },
  ].map(({ x, y }) => `${round(x)},${round(y)}`).join(" ");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
