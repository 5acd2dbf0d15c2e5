/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The specs of a task, and one of them: its text, its tests and how far they go, its tasks and what became of them. */
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import type { SpecTask } from "../domain/spec.ts";
import type { Coverage, TraceRow } from "../domain/spec_view.ts";
import { Layout } from "./layout.tsx";
import { taskPath } from "./parts.tsx";
import { Prose } from "./prose.tsx";
import { SpecSubtasks } from "./spec_subtasks.tsx";

export interface SpecOutline {
  readonly name: string;
  /** Null: it cannot be read. */
  readonly status: string | null;
  readonly counts: string;
  readonly fault: string | null;
}

export interface SpecsView {
  readonly task: TaskData;
  readonly specs: readonly SpecOutline[];
}

/** The page at `/p/{owner}/{project}/tasks/{taskId}/specs`. */
export function SpecsPage({ view: { task, specs } }: { readonly view: SpecsView }) {
  const path = taskPath(task.owner, task.projectId, task.id);
  return (
    <Layout
      title={`Specs of ${task.title}`}
      at="board"
      crumbs={[{ text: task.title, href: path }, { text: "specs" }]}
    >
      <h1>Specs</h1>
      <p class="soft">
        What its agents are to build, from <code>.agentics/specs/</code> of its line and of its repository.
        {" "}
        <a href={`${path}/subtasks`}>Its subtasks</a>
      </p>
      {specs.length === 0 ? <p class="empty">This task has no specs.</p> : (
        <ul class="cards">
          {specs.map(({ name, status, counts, fault }) => (
            <li key={name} class={fault === null ? "card" : "card wait"}>
              <h3>
                {fault === null ? <a href={`${path}/specs/${encodeURIComponent(name)}`}>{name}</a> : name}
              </h3>
              <div class="meta">
                {status === null ? null : <span class="pill">{status}</span>}
                <span class="path">{fault ?? counts}</span>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Layout>
  );
}

export interface SpecView {
  readonly task: TaskData;
  readonly name: string;
  readonly status: string;
  readonly revision: string;
  readonly text: string;
  readonly rows: readonly TraceRow[];
  readonly coverage: Coverage;
  readonly tasks: readonly SpecTask[];
  /** Those of the task. */
  readonly subtasks: readonly SubtaskData[];
  readonly stations: readonly { readonly id: string; readonly name: string }[];
  /** Why the last form was not taken. */
  readonly fault: string | null;
}

/** The page at `/p/{owner}/{project}/tasks/{taskId}/specs/{spec}`. */
export function SpecPage({ view }: { readonly view: SpecView }) {
  const { task, name, status, revision, text, rows, coverage, tasks, subtasks, stations, fault } = view;
  const path = taskPath(task.owner, task.projectId, task.id);
  const crumbs = [{ text: task.title, href: path }, { text: "specs", href: `${path}/specs` }, { text: name }];
  return (
    <Layout title={`Spec ${name}`} at="board" crumbs={crumbs}>
      <h1>{name}</h1>
      <div class="meta">
        <span class="pill">{status}</span>
        <span>
          as of <code>{revision}</code>
        </span>
      </div>
      <dl class="tiles">
        <Tile name="Requirements" count={coverage.requirements} />
        <Tile name="With a test" count={coverage.specified} />
        <Tile name="Whose test exists" count={coverage.implemented} />
      </dl>
      {rows.length === 0 ? null : (
        <>
          <h2>Requirements and their tests</h2>
          <div class="scroll" tabindex={0} role="region" aria-label="Requirements and their tests">
            <table class="wraps">
              <thead>
                <tr>
                  <th>Requirement</th>
                  <th>Tests</th>
                </tr>
              </thead>
              <tbody>
                {rows.map(({ requirementId, title, tests }) => (
                  <tr key={requirementId}>
                    <td>
                      <code>{requirementId}</code> {title}
                    </td>
                    <td>
                      {tests.length === 0 ? <span class="minus">none</span> : (
                        <ul class="bare">
                          {tests.map((test) => (
                            <li key={test.id}>
                              {test.title}{" "}
                              <span class="soft small">
                                {test.testPath ?? "no file named"}
                                {test.testPath === null ? "" : test.exists ? ", exists" : ", not there yet"}
                              </span>
                            </li>
                          ))}
                        </ul>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      <SpecSubtasks {...{ spec: name, tasks, subtasks, stations, path, fault }} />
      <section class="panel prose">
        <Prose text={text} level={2} />
      </section>
    </Layout>
  );
}

function Tile({ name, count }: { readonly name: string; readonly count: number }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd class="figure">{count}</dd>
    </div>
  );
}
