/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The board: where every task is; what waits for a person comes first. */
import {
  BOARD_STATES,
  type BoardFilter,
  boardQuery,
  type BoardState,
  isWhole,
} from "../domain/board_filter.ts";
import type { LineOutline } from "../store/history/read.ts";
import { BoardCards, type BoardTask } from "./board_cards.tsx";
import { BoardStations, type StationTally } from "./board_stations.tsx";
import { cardsPath } from "./card_edit.tsx";
import { May, type ProjectName, projectPath, useFrame } from "./frame.tsx";
import { Layout } from "./layout.tsx";

const TITLES: Readonly<Record<BoardState, string>> = {
  waiting: "Waiting for a person",
  working: "In progress",
  queued: "Queued",
  completed: "Completed",
  failed: "Failed",
};

export interface BoardSection {
  readonly state: BoardState;
  readonly tasks: readonly BoardTask[];
  /** How many there are in all; null: not counted. */
  readonly total: number | null;
  /** There are more than these. */
  readonly hasMore: boolean;
}

export interface BoardView {
  readonly nowMs: number;
  readonly filter: BoardFilter;
  readonly projects: readonly ProjectName[];
  readonly lines: readonly LineOutline[];
  readonly tally: readonly StationTally[];
  readonly sections: readonly BoardSection[];
  /** Of a page of one state. */
  readonly nextCursor: string | null;
  /** Where the lists come from: the history, or what the project's queue has in memory, and why that. */
  readonly source: { readonly kind: "history" } | { readonly kind: "queue" | "none"; readonly why: string };
}

/** The page at `/` and at `/p/{owner}/{project}`. */
export function BoardPage({ view }: { readonly view: BoardView }) {
  return (
    <Layout title="Board" at="board" scripts={["live.js"]}>
      <div class="heading">
        <h1>Board</h1>
        <NewCard />
      </div>
      <Filters view={view} />
      <div id="board" data-live>
        <Lists view={view} />
      </div>
    </Layout>
  );
}

function NewCard() {
  const { project } = useFrame();
  return (
    <May scope="tasks:write">
      <a class="button" href={project === null ? "/projects?to=cards" : cardsPath(project)}>Write a card</a>
    </May>
  );
}

function Filters({ view }: { readonly view: BoardView }) {
  const { filter, projects, lines } = view;
  const { project } = useFrame();
  const here = project === null ? "" : `${project.owner}/${project.project}`;
  const ofLine = filter.lineId === null ? lines : lines.filter(({ lineId }) => lineId === filter.lineId);
  const stations = [...new Map(ofLine.flatMap((line) => line.stations.map((s) => [s.id, s.name])))];
  const lineNames = [...new Map(lines.map(({ lineId, name }) => [lineId, name]))];
  const isNarrow = !isWhole({ ...filter, text: "", cursor: null });
  return (
    <form method="get" action="/" role="search" class="stack">
      <div class="row">
        <input
          type="search"
          name="q"
          value={filter.text}
          aria-label="Search tasks"
          placeholder="Search tasks by title or description"
          maxlength={200}
        />
        <button class="fixed" type="submit">Search</button>
      </div>
      <details id="filters" open={isNarrow}>
        <summary>Filter</summary>
        <div class="filters inset">
          <Choice
            name="project"
            label="Project"
            all="All projects"
            chosen={here}
            options={namesOf(projects, here)}
          />
          <Choice name="line" label="Line" all="All lines" chosen={filter.lineId} options={lineNames} />
          <Choice
            name="station"
            label="Station"
            all="All stations"
            chosen={filter.stationId}
            options={stations}
          />
          <Choice
            name="state"
            label="State"
            all="All states"
            chosen={filter.state}
            options={BOARD_STATES.map((state) => [state, TITLES[state]])}
          />
          <div>
            <label for="label">Label</label>
            <input id="label" name="label" value={filter.label ?? ""} maxlength={200} />
          </div>
          <div class="actions">
            <button type="submit">Apply</button>
            <a class="button plain" href={project === null ? "/" : projectPath(project)}>Clear</a>
          </div>
        </div>
      </details>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly all: string;
  readonly chosen: string | null;
  readonly options: readonly (readonly [value: string, text: string])[];
}

/** What is chosen is among the options even where nothing is known of it. */
function Choice({ name, label, all, chosen, options }: ChoiceProps) {
  const isKnown = chosen === null || chosen === "" || options.some(([value]) => value === chosen);
  return (
    <div>
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        <option value="">{all}</option>
        {isKnown ? null : <option value={chosen!} selected>{chosen}</option>}
        {options.map(([value, text]) => (
          <option key={value} value={value} selected={value === chosen}>{text}</option>
        ))}
      </select>
    </div>
  );
}

function namesOf(projects: readonly ProjectName[], here: string): [string, string][] {
  const names = projects.map(({ owner, project }) => `${owner}/${project}`);
  if (here !== "" && !names.includes(here)) names.push(here);
  return names.map((name) => [name, name]);
}

function Lists({ view }: { readonly view: BoardView }) {
  const { sections, filter, source, nowMs, nextCursor } = view;
  const { project } = useFrame();
  const base = project === null ? "/" : projectPath(project);
  const shown = sections.filter(({ tasks }) => tasks.length > 0);
  return (
    <>
      {source.kind === "history" ? null : <p class="note wait">{source.why}</p>}
      <BoardStations lines={view.lines} tally={view.tally} filter={filter} />
      {shown.length > 0 || source.kind === "none" ? null : (
        <p class="empty">
          {isWhole(filter) ? "No tasks yet. Submit a card and it appears here." : "No task matches."}
        </p>
      )}
      {shown.map((section) => (
        <section key={section.state} aria-labelledby={`of-${section.state}`}>
          <h2 id={`of-${section.state}`}>
            {TITLES[section.state]} <span class="count">{section.total ?? section.tasks.length}</span>
          </h2>
          <BoardCards tasks={section.tasks} nowMs={nowMs} />
          {section.hasMore && filter.state === null
            ? (
              <p class="pager">
                <a href={base + boardQuery(filter, { state: section.state })}>
                  All that are {TITLES[section.state].toLowerCase()}
                </a>
              </p>
            )
            : null}
        </section>
      ))}
      {filter.state === null ? null : (
        <p class="pager">
          {filter.cursor === null ? null : <a href={base + boardQuery(filter)}>Newest</a>}
          {nextCursor === null
            ? null
            : <a rel="next" href={base + boardQuery(filter, { cursor: nextCursor })}>Older</a>}
          <a href={base + boardQuery(filter, { state: null })}>All states</a>
        </p>
      )}
    </>
  );
}
