/**
 * What the tasks of a storm do, and how each must end. A card's title says at which station its script fails.
 *
 * Each run of a station appends `RUN TASK STATION` to a file of the machine when it starts, prints its lines, commits a
 * file that holds its run's id, and then ends well or with an exit code.
 */

export const LINES_PER_RUN = 8;

/** Words of a title, with the line that the card goes to. */
export interface Kind {
  readonly lineId: "straight" | "detour";
  readonly failsAt: "a" | "b" | "c" | "nowhere";
}

/** In turn: half of all cards go through, the others fail where their script says. */
const KINDS: readonly Kind[] = [
  { lineId: "straight", failsAt: "nowhere" },
  { lineId: "detour", failsAt: "b" },
  { lineId: "straight", failsAt: "nowhere" },
  { lineId: "straight", failsAt: "b" },
  { lineId: "detour", failsAt: "nowhere" },
  { lineId: "straight", failsAt: "c" },
];

export interface Expectation {
  readonly status: "completed" | "failed";
  /** Stations visited, with their outcomes, in order. */
  readonly visits: readonly (readonly [string, "success" | "failure"])[];
}

export function kindOf(serial: number): Kind {
  return KINDS[serial % KINDS.length]!;
}

export function titleOf(serial: number): string {
  return `card ${serial} fails at ${kindOf(serial).failsAt}`;
}

/** How a task of this title must end. */
export function expectationOf(title: string): Expectation {
  const serial = Number(/^card (\d+) /.exec(title)?.[1]);
  const { lineId, failsAt } = kindOf(serial);
  const visits: [string, "success" | "failure"][] = [];
  for (const station of ["a", "b", "c"]) {
    visits.push([station, station === failsAt ? "failure" : "success"]);
    if (station === failsAt && !(lineId === "detour" && station === "b")) return { status: "failed", visits };
  }
  return { status: "completed", visits };
}

/** The lines, as their control plane takes them. `detour` goes on to `c` when `b` fails. */
export function lineOf(lineId: Kind["lineId"], startsPath: string): unknown {
  const command = `
    run=$(basename "$(dirname "$PWD")")
    echo "$run $SHOPFLOOR_TASK_ID $SHOPFLOOR_STATION_ID" >> ${startsPath}
    for i in $(seq 1 ${LINES_PER_RUN}); do echo "$run line $i"; sleep 0.15; done
    echo "$run" > "$SHOPFLOOR_STATION_ID.txt"
    git add -A && git commit -q -m "$SHOPFLOOR_STATION_ID"
    case "$(cat "$SHOPFLOOR_PROMPT_FILE")" in *"fails at $SHOPFLOOR_STATION_ID"*) exit 3 ;; esac`;
  return {
    name: lineId,
    stations: ["a", "b", "c"].map((id) => ({
      id,
      name: `Station ${id}`,
      trigger: { type: "dispatch_worker", promptTemplate: "{{task.title}}" },
      operatorConfig: { agent: "command", command },
    })),
    ...(lineId === "detour"
      ? { transitionRules: [{ fromStationId: "b", condition: "failure", toStationId: "c" }] }
      : {}),
  };
}
