/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What may be done with a runner: at once where it can be undone, else after a page that asks. */
import type { RunnerView } from "../domain/job_queue_api.ts";
import { type ProjectName, projectPath } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { RunnerState } from "./runner_state.tsx";

/** What is asked about first. */
export const ASKED_ACTIONS = ["drain", "rotate", "remove"] as const;
export type AskedAction = (typeof ASKED_ACTIONS)[number];

const QUESTIONS: Readonly<
  Record<AskedAction, { readonly title: string; readonly what: string; readonly yes: string }>
> = {
  drain: {
    title: "Drain",
    what:
      "It finishes what it holds, takes nothing more, and its program ends. Start it again to have it back.",
    yes: "Drain it",
  },
  rotate: {
    title: "Give a new token to",
    what:
      "Its token is worth nothing from then on, and what it holds is lost, unless the new one reaches it in time: " +
      "register the machine again under the same name.",
    yes: "Make a new token",
  },
  remove: {
    title: "Remove",
    what: "Its token is worth nothing from then on. What it holds ends as lost and waits for another runner.",
    yes: "Remove it",
  },
};

interface ActionsProps {
  readonly at: ProjectName;
  readonly runner: RunnerView;
}

/** The buttons on a runner's card. */
export function RunnerActions({ at, runner }: ActionsProps) {
  const path = runnerPath(at, runner.id);
  const intake = runner.intake === "open" ? "pause" : "resume";
  return (
    <div class="actions">
      <form method="post" action={`${path}/${intake}`}>
        <button class="plain" type="submit" id={`intake-${runner.id}`}>
          {intake === "pause" ? "Pause" : "Resume"} <span class="sr">{runner.name}</span>
        </button>
      </form>
      {ASKED_ACTIONS.filter((action) => action !== "drain" || runner.intake !== "draining").map((action) => (
        <a key={action} class="button plain" id={`${action}-${runner.id}`} href={`${path}/${action}`}>
          {WORDS[action]} <span class="sr">{runner.name}</span>
        </a>
      ))}
    </div>
  );
}

const WORDS: Readonly<Record<AskedAction, string>> = {
  drain: "Drain",
  rotate: "New token",
  remove: "Remove",
};

/** The page that asks: `/p/{owner}/{project}/runners/{id}/{action}`. */
export function RunnerQuestionPage(
  { at, runner, action }: ActionsProps & { readonly action: AskedAction },
) {
  const { title, what, yes } = QUESTIONS[action];
  const list = `${projectPath(at)}/runners`;
  return (
    <Layout
      title={`${title} ${runner.name}`}
      at="runners"
      crumbs={[{ text: "Runners", href: list }, { text: runner.name }]}
    >
      <div class="narrow panel stack">
        <h1>{title} “{runner.name}”?</h1>
        <RunnerState runner={runner} />
        <p>{what}</p>
        <form method="post" action={`${runnerPath(at, runner.id)}/${action}`} class="actions">
          <button class={action === "drain" ? undefined : "danger"} type="submit">{yes}</button>
          <a class="button plain" href={list}>Leave it as it is</a>
        </form>
      </div>
    </Layout>
  );
}

export interface SecretPageProps {
  readonly at: ProjectName;
  readonly title: string;
  readonly says: string;
  /** Text to copy, each with what it is. */
  readonly lines: readonly { readonly label: string; readonly text: string }[];
}

/** Shows a secret: the answer to a form, so it is in no address and on no page that can be opened again. */
export function RunnerSecretPage({ at, title, says, lines }: SecretPageProps) {
  const list = `${projectPath(at)}/runners`;
  return (
    <Layout title={title} at="runners" crumbs={[{ text: "Runners", href: list }, { text: title }]}>
      <h1>{title}</h1>
      <p class="note wait" role="status">{says}</p>
      {lines.map(({ label, text }) => (
        <div key={label}>
          <h2>{label}</h2>
          <code class="clone">{text}</code>
        </div>
      ))}
      <p class="pager">
        <a href={list}>Back to the runners</a>
      </p>
    </Layout>
  );
}

function runnerPath(at: ProjectName, runnerId: string): string {
  return `${projectPath(at)}/runners/${encodeURIComponent(runnerId)}`;
}
