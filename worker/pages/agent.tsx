/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * The agent of a run, for people: how it is, saying something to it, interrupting it, putting it to sleep and waking it,
 * and what came of that. What changes by itself and what is written into are regions of their own, so that nobody loses a
 * text to a refresh.
 */
import type { CommandData } from "../../protocol/agent/commands.ts";
import type { QuestionAnswer } from "../../protocol/agent/question.ts";
import type { ActivityEntry } from "../../protocol/agent/events.ts";
import type { AgentFacts } from "../domain/task_log_api.ts";
import { commandWords, isAsleep, KINDS, statusWords } from "./agent_words.ts";
import { May, type ProjectName } from "./frame.tsx";
import { Who } from "./gate_parts.tsx";
import { askPath } from "./gate_path.ts";
import { Ago, runPath } from "./parts.tsx";

/** What the list shows of a message. */
const MESSAGE_SHOWN_CHARS = 200;

export interface AgentView {
  readonly at: ProjectName;
  readonly runId: string;
  readonly stationName: string;
  /** It can be told something. */
  readonly isActive: boolean;
  readonly facts: AgentFacts;
  /** The newest first. */
  readonly commands: readonly CommandData[];
  /** What its run asks people and nobody has answered, the oldest first. */
  readonly questions: readonly QuestionAnswer[];
  readonly nowMs: number;
}

export interface AgentPanelProps {
  readonly view: AgentView;
  /** Where its forms lead back to. */
  readonly from: "task" | "run";
}

export function AgentPanel({ view, from }: AgentPanelProps) {
  const over = { "data-over": view.isActive ? undefined : "" };
  return (
    <section aria-labelledby="agent-heading">
      <h2 id="agent-heading">
        Agent <span class="count">{view.stationName}</span>
      </h2>
      <div id="run-questions" data-live {...over}>
        <Questions view={view} />
      </div>
      <div id="agent-state" data-live {...over}>
        <AgentState view={view} />
      </div>
      <div id="agent-say" data-live {...over}>
        {view.isActive ? <Say view={view} from={from} /> : null}
      </div>
      <div id="agent-commands" data-live {...over}>
        <Commands view={view} />
      </div>
    </section>
  );
}

const ASKS: Readonly<Record<QuestionAnswer["kind"], string>> = {
  pause: "waits until somebody lets it go on",
  modify: "waits for the text that it goes on with",
  permission: "waits for leave to use a tool",
  tool_question: "waits for the agent’s answer",
};

/** Each is answered on the page of its ask, by who may. */
function Questions({ view: { at, questions, nowMs } }: { readonly view: AgentView }) {
  if (questions.length === 0) return null;
  return (
    <ul class="list">
      {questions.map(({ id, askId, kind, stepId, askedAt }) => (
        <li key={id} class="meta">
          <span class="pill wait">{stepId}</span>
          <span>{ASKS[kind]}</span>
          <a href={askPath(at.owner, at.project, askId)}>Answer it</a>
          <Ago ms={Date.parse(askedAt)} nowMs={nowMs} />
        </li>
      ))}
    </ul>
  );
}

function AgentState({ view: { facts: { status }, isActive, nowMs } }: { readonly view: AgentView }) {
  if (status === null) {
    return (
      <p class="soft small">
        {isActive ? "It has told nothing of itself yet." : "It told nothing of itself."}
      </p>
    );
  }
  const { text, tone, detail } = statusWords(status);
  return (
    <p class="meta">
      <span class={`pill ${isActive ? tone : ""}`}>{isActive ? text : "Has ended"}</span>
      {detail === null || !isActive ? null : <span class="path">{detail}</span>}
      <Ago ms={status.atMs} nowMs={nowMs} />
    </p>
  );
}

function Say({ view, from }: AgentPanelProps) {
  const { at, runId, facts } = view;
  const path = `${runPath(at.owner, at.project, runId)}/agent`;
  const sleeps = isAsleep(facts.status);
  return (
    <May scope="tasks:write">
      <form class="panel stack" method="post" action={`${path}/message`}>
        <div>
          <label for="agent-text">Message to the agent</label>
          <textarea id="agent-text" name="text" rows={2} required></textarea>
        </div>
        <div class="row">
          <label class="check fixed" for="agent-interrupt">
            <input id="agent-interrupt" type="checkbox" name="interrupt" value="true" />
            End its turn first
          </label>
          <div class="fixed end">
            <button type="submit">Send the message</button>
          </div>
        </div>
        <input type="hidden" name="from" value={from} />
      </form>
      <div class="actions">
        {sleeps ? null : <Button path={`${path}/interrupt`} from={from} text="Interrupt" />}
        {sleeps
          ? <Button path={`${path}/resume`} from={from} text="Resume" />
          : <Button path={`${path}/suspend`} from={from} text="Suspend" />}
      </div>
    </May>
  );
}

function Button({ path, from, text }: {
  readonly path: string;
  readonly from: AgentPanelProps["from"];
  readonly text: string;
}) {
  return (
    <form method="post" action={path}>
      <input type="hidden" name="from" value={from} />
      <button class="plain" type="submit">{text}</button>
    </form>
  );
}

function Commands({ view: { commands, facts, nowMs } }: { readonly view: AgentView }) {
  if (commands.length === 0) return null;
  return (
    <ul class="files panel small" aria-label="What people wanted of it">
      {commands.map((command) => (
        <Command key={command.id} command={command} event={facts.messages[command.id]} nowMs={nowMs} />
      ))}
    </ul>
  );
}

function Command({ command, event, nowMs }: {
  readonly command: CommandData;
  readonly event: ActivityEntry | undefined;
  readonly nowMs: number;
}) {
  const { kind, text, interrupt, by, createdAt } = command;
  const words = commandWords(command, event);
  const shown = text === null || text.length <= MESSAGE_SHOWN_CHARS
    ? text
    : `${text.slice(0, MESSAGE_SHOWN_CHARS)}…`;
  return (
    <li>
      <span>
        <b>{KINDS[kind]}</b>
        {interrupt ? " with an interrupt" : ""}
        {shown === null ? null : <span class="path">: {shown}</span>}
      </span>
      <span class="meta">
        <span class={`pill ${words.tone}`}>{words.text}</span>
        {words.detail === null ? null : <span>{words.detail}</span>}
        <span>
          by <Who principal={by} />
        </span>
        <Ago ms={Date.parse(createdAt)} nowMs={nowMs} />
      </span>
    </li>
  );
}
