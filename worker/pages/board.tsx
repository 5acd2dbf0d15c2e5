/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The board: every project's tasks; what waits for a person comes first. Read from the history (O5). */
import type { GateRow, HistoryAnswer, TaskPage, TaskRow } from "../store/history/read.ts";
import { Layout } from "./layout.tsx";
import { Ago, Status, taskPath } from "./parts.tsx";

export interface BoardView {
  readonly nowMs: number;
  /** What was searched for; "" is everything. */
  readonly text: string;
  readonly open: HistoryAnswer<TaskPage>;
  readonly ended: HistoryAnswer<TaskPage>;
  readonly gates: HistoryAnswer<readonly GateRow[]>;
}

/** The page at `/`. */
export function BoardPage({ view }: { readonly view: BoardView }) {
  return (
    <Layout title="Board" at="board" scripts={["live.js"]}>
      <h1>Board</h1>
      <form method="get" action="/" role="search" class="row">
        <input
          type="search"
          name="q"
          value={view.text}
          aria-label="Search tasks"
          placeholder="Search tasks by title or description"
        />
        <button class="fixed" type="submit">Search</button>
      </form>
      <div id="board" data-live>
        <Lists view={view} />
      </div>
    </Layout>
  );
}

function Lists({ view }: { readonly view: BoardView }) {
  const { open, ended, gates, nowMs } = view;
  if (open.kind === "off") {
    return (
      <p class="note">
        This control plane runs without a history, so there are no lists and no search. Tasks run all the
        same; their pages are at <code>/p/OWNER/PROJECT/tasks/TASK_ID</code>. Set <code>HISTORY_URL</code>
        {" "}
        to a libSQL server to have them.
      </p>
    );
  }
  if (open.kind === "unavailable") {
    return (
      <p class="note wait">
        The history does not answer ({open.fault}). Tasks go on; the lists come back when it does, and nothing
        is lost.
      </p>
    );
  }
  const tasks = open.value.tasks;
  const openGates = gates.kind === "ok" ? gates.value : [];
  const waiting = tasks.filter((task) => task.status === "awaiting_review");
  const working = tasks.filter((task) => task.status === "claimed" || task.status === "in_progress");
  const queued = tasks.filter((task) => task.status === "queued");
  const done = ended.kind === "ok" ? ended.value.tasks : [];
  if (tasks.length + done.length === 0) {
    return (
      <p class="empty">
        {view.text === "" ? "No tasks yet. Submit a card and it appears here." : "No task matches."}
      </p>
    );
  }
  return (
    <>
      <Section title="Waiting for a person" tasks={waiting} nowMs={nowMs} gates={openGates} />
      <Section title="In progress" tasks={working} nowMs={nowMs} />
      <Section title="Queued" tasks={queued} nowMs={nowMs} />
      <Section title="Ended" tasks={done} nowMs={nowMs} />
      {open.value.nextCursor === null
        ? null
        : <p class="soft">Older open tasks are not shown: search for them.</p>}
    </>
  );
}

interface SectionProps {
  readonly title: string;
  readonly tasks: readonly TaskRow[];
  readonly nowMs: number;
  readonly gates?: readonly GateRow[];
}

function Section({ title, tasks, nowMs, gates = [] }: SectionProps) {
  if (tasks.length === 0) return null;
  return (
    <section>
      <h2>
        {title} <span class="count">{tasks.length}</span>
      </h2>
      <ul class="cards">
        {tasks.map((task) => {
          const gate = gates.find((g) =>
            g.taskId === task.taskId && g.owner === task.owner && g.project === task.project
          );
          return <Card key={task.taskId} task={task} nowMs={nowMs} gateName={gate?.gateName ?? null} />;
        })}
      </ul>
    </section>
  );
}

interface CardProps {
  readonly task: TaskRow;
  readonly nowMs: number;
  readonly gateName: string | null;
}

function Card({ task, nowMs, gateName }: CardProps) {
  const isWaiting = task.status === "awaiting_review";
  return (
    <li class={isWaiting ? "card wait" : "card"}>
      <div class="meta">
        <Status status={task.status} />
        <span>{gateName !== null ? `Gate: ${gateName}` : task.stationName}</span>
        {task.attempt > 1 ? <span>attempt {task.attempt}</span> : null}
      </div>
      <h3>
        <a href={taskPath(task.owner, task.project, task.taskId)}>{task.title}</a>
      </h3>
      {task.rejectionReason === null ? null : <p class="small soft">{task.rejectionReason.slice(0, 200)}</p>}
      <div class="meta">
        <span>{task.owner}/{task.project}</span>
        <span>{task.lineName}</span>
        <Ago ms={task.updatedAtMs} nowMs={nowMs} />
      </div>
    </li>
  );
}
