/** How busy a project's runners were: what their page draws. Bounded by the runs of the time that is asked for. */
import { sql } from "drizzle-orm";
import { createAsk, type HistoryAnswer, type HistoryPlace } from "./ask.ts";
import { runs } from "./schema.ts";

export type { HistoryAnswer } from "./ask.ts";

export interface BusyAsk {
  readonly owner: string;
  readonly project: string;
  readonly fromMs: number;
  /** The time is cut into so many pieces of this length. */
  readonly pieceMs: number;
  readonly pieces: number;
  /** Runs that are under way last until now. */
  readonly nowMs: number;
}

export interface RunnerReader {
  /** Milliseconds that runs took in each piece, all runners together. A run that began a day before `fromMs` is not seen. */
  busyMs(ask: BusyAsk): Promise<HistoryAnswer<readonly number[]>>;
}

/** A run is bounded by its station's limit; one that began earlier is rare, and reading all that ever were is not. */
const RUN_MAX_MS = 86_400_000;

/** Makes a reader for one request. Numbers go to the database as reals, so what counts pieces is cut by hand. */
export function createRunnerReader(place: HistoryPlace): RunnerReader {
  const ask = createAsk(place);
  return {
    busyMs: ({ owner, project, fromMs, pieceMs, pieces, nowMs }) =>
      ask(async (db) => {
        const rows = await db.all<{ piece: number; busyMs: number }>(sql`
          with recursive piece(n) as (select 0 union all select n + 1 from piece where n + 1 < ${pieces}),
          run(a, b) as (select max(${runs.claimedAtMs}, ${fromMs}) - ${fromMs},
              coalesce(${runs.endedAtMs}, ${nowMs}) - ${fromMs}
            from ${runs} where ${runs.owner} = ${owner} and ${runs.project} = ${project}
              and ${runs.claimedAtMs} >= ${fromMs - RUN_MAX_MS} and ${runs.claimedAtMs} < ${nowMs}
              and (${runs.endedAtMs} is null or ${runs.endedAtMs} > ${fromMs}))
          select n as piece, sum(min(b, (n + 1) * ${pieceMs}) - max(a, n * ${pieceMs})) as "busyMs"
          from run join piece on n >= cast(a / ${pieceMs} as integer) and n * ${pieceMs} < b
          group by n`);
        const byPiece = new Map(rows.map((row) => [row.piece, row.busyMs]));
        return Array.from({ length: pieces }, (_, n) => byPiece.get(n) ?? 0);
      }),
  };
}
