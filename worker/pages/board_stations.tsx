/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** How many tasks are at each station, line by line; each station leads to its tasks. */
import { type BoardFilter, boardQuery, stateOf } from "../domain/board_filter.ts";
import type { LineOutline, StationCount } from "../store/history/read.ts";
import { projectPath, useFrame } from "./frame.tsx";

export type StationTally = StationCount;

/** More lines than these make the board a list of lines. */
const LINES_MAX = 12;

export interface BoardStationsProps {
  readonly lines: readonly LineOutline[];
  readonly tally: readonly StationTally[];
  readonly filter: BoardFilter;
}

/** Nothing where nothing is under way. */
export function BoardStations({ lines, tally, filter }: BoardStationsProps) {
  const { project } = useFrame();
  const busy = lines.map((line) => ({ line, counts: tally.filter((count) => isOfLine(count, line)) }))
    .filter(({ line, counts }) =>
      counts.length > 0 && (filter.lineId === null || filter.lineId === line.lineId)
    )
    .slice(0, LINES_MAX);
  if (busy.length === 0) return null;
  return (
    <section aria-labelledby="stations">
      <h2 id="stations">Stations</h2>
      <ul class="panel lanes">
        {busy.map(({ line, counts }) => (
          <li key={`${line.owner}/${line.project}/${line.lineId}`}>
            <span>
              <strong>{line.name}</strong>
              {project === null ? <span class="soft small">{line.owner}/{line.project}</span> : null}
            </span>
            <ol>
              {line.stations.map((station) => {
                const here = counts.filter(({ stationId }) => stationId === station.id);
                const query = boardQuery(filter, { lineId: line.lineId, stationId: station.id });
                return (
                  <li key={station.id}>
                    <a
                      class={here.length === 0 ? "chip none" : "chip"}
                      href={projectPath(line) + query}
                      aria-current={filter.stationId === station.id ? "true" : undefined}
                    >
                      {station.name} <strong>{sumOf(here)}</strong>
                      {here.some((count) => stateOf(count) === "waiting")
                        ? (
                          <span class="badge">
                            {sumOf(here.filter((c) => stateOf(c) === "waiting"))} waiting
                          </span>
                        )
                        : null}
                    </a>
                  </li>
                );
              })}
            </ol>
          </li>
        ))}
      </ul>
    </section>
  );
}

function isOfLine(count: StationTally, line: LineOutline): boolean {
  return count.owner === line.owner && count.project === line.project && count.lineId === line.lineId;
}

function sumOf(counts: readonly StationTally[]): number {
  return counts.reduce((sum, { tasks }) => sum + tasks, 0);
}
