/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The drawing of a line. Its boxes are links to the stations' details below; on a narrow screen it scrolls in its box. */
import type { GraphEdge, GraphNode, LineDefinition, LineGraph, StationFacts } from "./line_graph.ts";

/** The place of a station's details on the page. */
export function stationAnchor(stationId: string): string {
  return `station-${stationId}`;
}

export interface LineDrawingProps {
  readonly line: LineDefinition;
  readonly factsOf: (stationId: string) => StationFacts;
}

/** Lays the line out and draws it. What lays it out is loaded now: objects that wake up have no use for it. */
export async function LineDrawing({ line, factsOf }: LineDrawingProps) {
  const { lineGraph } = await import("./line_graph.ts");
  return <GraphDrawing graph={lineGraph(line, factsOf)} />;
}

/** `graph` null: there is too much to draw. */
export function GraphDrawing({ graph }: { readonly graph: LineGraph | null }) {
  if (graph === null) {
    return <p class="note">This line has too many rules for a drawing. They are listed below.</p>;
  }
  const { width, height, nodes, edges } = graph;
  return (
    <div class="graph-box" tabindex={0} role="region" aria-label="Drawing of the line">
      <svg
        class="graph"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label="Stations, with arrows for what follows which outcome"
      >
        {edges.map((edge) => <Arrow key={edge.key} edge={edge} />)}
        {edges.map((edge) => <Label key={edge.key} edge={edge} />)}
        {nodes.map((node) => <Box key={node.id} node={node} />)}
      </svg>
    </div>
  );
}

function Arrow({ edge }: { readonly edge: GraphEdge }) {
  return (
    <g aria-hidden="true">
      <path class={`edge ${edge.tone}`} d={edge.path} />
      <polygon class={`tip ${edge.tone}`} points={edge.tip} />
    </g>
  );
}

function Label({ edge }: { readonly edge: GraphEdge }) {
  const { x, y, width, gate, words } = edge;
  return (
    <g aria-hidden="true">
      <text class="word" x={x} y={gate === null ? y + 4 : y - 6} text-anchor="middle">{words}</text>
      {gate === null ? null : (
        <>
          <rect class="gate" x={x - width / 2} y={y} width={width} height={19} rx={9.5} />
          <text class="gate-word" x={x} y={y + 13.5} text-anchor="middle">
            ◆ {gate.name}
            {gate.isOff ? " (open)" : ""}
          </text>
        </>
      )}
    </g>
  );
}

function Box({ node }: { readonly node: GraphNode }) {
  const { x, y, width, height } = node;
  if (node.kind === "end") {
    return (
      <g class="end">
        <rect class="box" x={x} y={y} width={width} height={height} rx={height / 2} />
        <text class="fact" x={x + width / 2} y={y + height / 2 + 4} text-anchor="middle">{node.name}</text>
      </g>
    );
  }
  const state = node.isUnreachable ? "lost" : node.isOccupied ? "occupied" : "";
  return (
    <a href={`#${stationAnchor(node.id)}`} class={state}>
      <rect class="box" x={x} y={y} width={width} height={height} rx={9} />
      <text class="name" x={x + 12} y={y + 22}>{node.name}</text>
      {node.words.map((word, at) => (
        <text key={word} class="fact" x={x + 12} y={y + 40 + 17 * at}>{word}</text>
      ))}
    </a>
  );
}
