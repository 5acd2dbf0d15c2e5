/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * What a person may do with a task: try it again, move it, cancel it. Each is a fold with a form in it, so that nothing
 * happens by one slip; who may not do it sees no fold, and would be refused.
 */
import type { TaskData } from "../../protocol/line/task.ts";
import { May } from "./frame.tsx";
import { taskPath } from "./parts.tsx";

export interface StationName {
  readonly id: string;
  readonly name: string;
}

export interface TaskActionsProps {
  readonly task: TaskData;
  /** Of the line's version that the task is on. */
  readonly stations: readonly StationName[];
}

/** Has it come to its end? */
function isOver({ status }: TaskData): boolean {
  return status === "completed" || status === "failed";
}

/** Has it no job and no question? Its station gives none, who submitted it may not dispatch, or nobody answered. */
export function isIdle(task: TaskData): boolean {
  return !isOver(task) && task.currentJobId === null && task.pendingGateId === null;
}

/** The folds that fit the task's state. */
export function TaskActions({ task, stations }: TaskActionsProps) {
  const isHeld = task.status === "claimed" || task.status === "in_progress";
  const [isEnded, mayStart] = [isOver(task), isIdle(task)];
  const path = taskPath(task.owner, task.projectId, task.id);
  return (
    <>
      <May scope="runs:dispatch">
        {isEnded || mayStart
          ? (
            <details id="retry">
              <summary>{mayStart ? "Start" : "Try again"}</summary>
              <form class="stack fold" method="post" action={`${path}/retry`}>
                <StationChoice id="retry-station" stations={stations} chosen={task.columnId} />
                <Reason id="retry-reason" />
                <button type="submit">{mayStart ? "Start this task" : "Try this task again"}</button>
              </form>
            </details>
          )
          : null}
        {!isEnded && !isHeld && stations.length > 0
          ? (
            <details id="move">
              <summary>Move</summary>
              <form class="stack fold" method="post" action={`${path}/move`}>
                <p class="soft small">What the task waits for now is taken back.</p>
                <StationChoice id="move-station" stations={stations} chosen={task.columnId} />
                <Reason id="move-reason" />
                <button type="submit">Move this task</button>
              </form>
            </details>
          )
          : null}
      </May>
      <May scope="tasks:write">
        {isEnded ? null : (
          <details id="cancel">
            <summary>Cancel</summary>
            <form class="stack fold" method="post" action={`${path}/cancel`}>
              <p class="soft small">
                {isHeld
                  ? "The run that is under way is stopped; the line's rules say what comes then."
                  : "What the task waits for is taken back, and it ends."}
              </p>
              <Reason id="cancel-reason" />
              <button class="danger" type="submit">Cancel this task</button>
            </form>
          </details>
        )}
      </May>
    </>
  );
}

interface StationChoiceProps {
  readonly id: string;
  readonly stations: readonly StationName[];
  readonly chosen: string;
}

function StationChoice({ id, stations, chosen }: StationChoiceProps) {
  return (
    <div>
      <label for={id}>Station</label>
      <select id={id} name="stationId">
        {stations.map((station) => (
          <option key={station.id} value={station.id} selected={station.id === chosen}>{station.name}</option>
        ))}
      </select>
    </div>
  );
}

function Reason({ id }: { readonly id: string }) {
  return (
    <div>
      <label for={id}>
        Reason <span class="soft small">(goes on record)</span>
      </label>
      <textarea id={id} name="reason" rows={2} maxlength={4000}></textarea>
    </div>
  );
}
