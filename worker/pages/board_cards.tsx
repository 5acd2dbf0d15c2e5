/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Tasks as cards: where it is, what it is, whose it is. */
import { useFrame } from "./frame.tsx";
import { agentPath, Ago, questionsPath, Status, taskPath } from "./parts.tsx";

export interface BoardTask {
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
  readonly title: string;
  readonly status: string;
  readonly lineName: string;
  readonly stationName: string;
  /** The gate at which it waits, by name; null: it waits at none, or that is not known. */
  readonly gateName: string | null;
  /** What else about it waits for a person: a request of its run, or what a program asks. */
  readonly asked: string | null;
  /** Its agent waits for a person; `kind`: `waiting`, `blocked`, `stalled` or `question`. Null: it does not. */
  readonly agent: { readonly kind: string; readonly says: string | null; readonly runId: string } | null;
  readonly attempt: number;
  readonly labels: readonly string[];
  readonly reason: string | null;
  readonly updatedAtMs: number;
}

const REASON_MAX_CHARS = 200;
const LABELS_MAX = 6;

/** The cards of one state. */
export function BoardCards(props: { readonly tasks: readonly BoardTask[]; readonly nowMs: number }) {
  return (
    <ul class="cards">
      {props.tasks.map((task) => (
        <Card key={`${task.owner}/${task.project}/${task.taskId}`} task={task} nowMs={props.nowMs} />
      ))}
    </ul>
  );
}

const WAITS: Readonly<Record<string, string>> = {
  waiting: "Its agent waits for an answer",
  blocked: "Its agent is blocked",
  stalled: "Its agent is stalled",
  question: "Its run waits for an answer",
};

/** The agent's own words, and where they are answered. */
function Waits(
  { agent, task }: { readonly agent: NonNullable<BoardTask["agent"]>; readonly task: BoardTask },
) {
  return (
    <p class="small">
      {WAITS[agent.kind] ?? "Its agent waits"}
      {agent.says === null ? "." : <>: “{agent.says.slice(0, REASON_MAX_CHARS)}”</>}{" "}
      {agent.kind === "question"
        ? <a href={questionsPath(task.owner, task.project, agent.runId)}>Answer the run</a>
        : <a href={agentPath(task.owner, task.project, agent.runId)}>Answer the agent</a>}
    </p>
  );
}

function Card({ task, nowMs }: { readonly task: BoardTask; readonly nowMs: number }) {
  const { project } = useFrame();
  const isWaiting = task.status === "awaiting_review" || task.asked !== null || task.agent !== null;
  return (
    <li class={isWaiting ? "card wait" : "card"}>
      <div class="meta">
        <Status status={task.status} />
        <span>{task.gateName === null ? task.stationName : `Gate: ${task.gateName}`}</span>
        {task.asked === null ? null : <span>Asked: {task.asked.slice(0, REASON_MAX_CHARS)}</span>}
        {task.attempt > 1 ? <span>attempt {task.attempt}</span> : null}
      </div>
      <h3>
        <a id={`task-${task.taskId}`} href={taskPath(task.owner, task.project, task.taskId)}>{task.title}</a>
      </h3>
      {task.agent === null ? null : <Waits agent={task.agent} task={task} />}
      {task.reason === null ? null : <p class="small soft">{task.reason.slice(0, REASON_MAX_CHARS)}</p>}
      {task.labels.length === 0 ? null : (
        <div class="chips">
          {task.labels.slice(0, LABELS_MAX).map((label) => <span key={label} class="chip">{label}</span>)}
        </div>
      )}
      <div class="meta">
        {project === null ? <span>{task.owner}/{task.project}</span> : null}
        <span>{task.lineName}</span>
        <Ago ms={task.updatedAtMs} nowMs={nowMs} />
      </div>
    </li>
  );
}
