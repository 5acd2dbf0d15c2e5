/** What the board shows of all tasks: read from the query of its address, and written back into one. Pure. */
import { isName } from "../../protocol/ids.ts";
import { BOARD_TEXT_MAX_CHARS } from "../limits.ts";

/** The states that people tell apart, in the order of the board: what waits on a person comes first. */
export const BOARD_STATES = ["waiting", "working", "queued", "completed", "failed"] as const;
export type BoardState = (typeof BOARD_STATES)[number];

const STATUSES: Readonly<Record<BoardState, readonly string[]>> = {
  waiting: ["awaiting_review"],
  working: ["claimed", "in_progress"],
  queued: ["queued"],
  completed: ["completed"],
  failed: ["failed"],
};

export interface BoardFilter {
  /** Full text; "": everything. */
  readonly text: string;
  readonly lineId: string | null;
  readonly stationId: string | null;
  readonly label: string | null;
  /** One state, in pages; null: all of them, the newest of each. */
  readonly state: BoardState | null;
  readonly cursor: string | null;
}

/** The statuses of tasks that a state stands for. */
export function statusesOf(state: BoardState): readonly string[] {
  return STATUSES[state];
}

/** The state of a task: one at work whose agent waits for a person waits for a person. */
export function stateOf({ status, hasAgentWaiting }: BoardStatus): BoardState {
  if (hasAgentWaiting && STATUSES.working.includes(status)) return "waiting";
  return BOARD_STATES.find((state) => STATUSES[state].includes(status)) ?? "queued";
}

export interface BoardStatus {
  readonly status: string;
  readonly hasAgentWaiting: boolean;
}

/** What the history is asked for the tasks of a state. */
export function tasksOf(
  state: BoardState,
): { readonly statuses: readonly string[]; readonly waitingAgents: "too" | "none" | "any" } {
  const statuses = STATUSES[state];
  if (state === "waiting") return { statuses, waitingAgents: "too" };
  return { statuses, waitingAgents: state === "working" ? "none" : "any" };
}

/** What cannot be is left out: a board with a mistyped address is a board. */
export function readBoardFilter(query: Readonly<Record<string, string | undefined>>): BoardFilter {
  const nameIn = (key: string) => {
    const value = query[key] ?? "";
    return isName(value) ? value : null;
  };
  const label = (query["label"] ?? "").trim().slice(0, BOARD_TEXT_MAX_CHARS);
  const state = BOARD_STATES.find((known) => known === query["state"]) ?? null;
  return {
    text: (query["q"] ?? "").trim().slice(0, BOARD_TEXT_MAX_CHARS),
    lineId: nameIn("line"),
    stationId: nameIn("station"),
    label: label === "" ? null : label,
    state,
    cursor: state === null ? null : query["cursor"] ?? null,
  };
}

/** The query of the address of this board with some of it changed; "" when nothing is filtered. */
export function boardQuery(filter: BoardFilter, change: Partial<BoardFilter> = {}): string {
  // Another filter is another list: it begins at its beginning.
  const wanted = { ...filter, cursor: null, ...change };
  const pairs: readonly (readonly [key: string, value: string | null])[] = [
    ["q", wanted.text],
    ["line", wanted.lineId],
    ["station", wanted.stationId],
    ["label", wanted.label],
    ["state", wanted.state],
    ["cursor", wanted.cursor],
  ];
  const query = new URLSearchParams();
  for (const [key, value] of pairs) if (value !== null && value !== "") query.set(key, value);
  return query.size === 0 ? "" : `?${query}`;
}

/** Is everything shown? */
export function isWhole(filter: BoardFilter): boolean {
  return boardQuery(filter) === "";
}
