/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The page of an ask, by its link or for somebody signed in: what is asked, the evidence, the answer. */
import { Diff, Reports } from "./evidence.tsx";
import { AnswerForm } from "./gate_answer.tsx";
import { GateActions } from "./gate_actions.tsx";
import type { GatePageView } from "./gate_parts.tsx";
import { Question, titleOf } from "./gate_question.tsx";
import { Record, Said } from "./gate_record.tsx";
import { Standing } from "./gate_standing.tsx";
import { Layout } from "./layout.tsx";
import { taskPath } from "./parts.tsx";

/** The page at `GET /g`: takes the token out of the address's fragment, or asks for it. Knows nothing of any ask. */
export function GateEntryPage({ notice }: { readonly notice: string | null }) {
  return (
    <Layout title="Gate" scripts={["fragment.js"]}>
      <div class="narrow panel stack">
        <h1>A decision is asked of you</h1>
        {notice === null ? null : <p class="note bad" role="alert">{notice}</p>}
        <p class="soft">
          The link you got opens the question by itself. If it does not, paste its last part here.
        </p>
        <form method="post" action="/g" data-fragment="token" class="stack">
          <div>
            <label for="token">Token, beginning with oag1</label>
            <input id="token" name="token" required autocomplete="off" spellcheck={false} maxlength={200} />
          </div>
          <button type="submit">Show the question</button>
        </form>
        <p class="soft small">Looking changes nothing.</p>
      </div>
    </Layout>
  );
}

/** What `POST /g` and its forms answer with, and the page at `/p/{owner}/{project}/asks/{askId}`. */
export function GatePage({ view }: { readonly view: GatePageView }) {
  const { ask } = view.gate;
  const title = titleOf(ask);
  const { origin } = ask;
  const place = origin.kind === "line_gate" ? `${origin.lineName}: ${origin.gateName}` : ORIGINS[origin.kind];
  const isSignedIn = view.way.kind === "person";
  return (
    <Layout
      title={`${place}: ${title}`}
      at="worklist"
      {...(isSignedIn
        ? { crumbs: [{ text: "Worklist", href: "/worklist" }, { text: title }] }
        : { scripts: ["fragment.js"] })}
    >
      {isSignedIn ? null : <p class="crumbs">{ask.owner} / {ask.project} / {place}</p>}
      <h1>{title}</h1>
      <Standing view={view} />
      {view.notice === null
        ? null
        : <p class={`note ${view.notice.tone}`} role="alert">{view.notice.text}</p>}
      <Question view={view} />
      <Said view={view} />
      {origin.kind === "line_gate" && origin.taskDescription !== ""
        ? (
          <>
            <h2>Card</h2>
            <div class="panel">
              <pre class="text">{origin.taskDescription}</pre>
            </div>
          </>
        )
        : null}
      {isSignedIn && origin.kind === "line_gate"
        ? (
          <p class="meta">
            <a href={taskPath(ask.owner, ask.project, origin.taskId)}>The task, with its output</a>
            <a href={`${taskPath(ask.owner, ask.project, origin.taskId)}/files`}>Its files</a>
          </p>
        )
        : null}
      {view.evidence === null ? null : (
        <>
          <h2>Reports</h2>
          <Reports reports={view.evidence.reports} />
          <h2>Changes</h2>
          <Diff {...view.evidence.diff} />
        </>
      )}
      <GateActions view={view} />
      <Record view={view} />
      <AnswerForm view={view} />
    </Layout>
  );
}

const ORIGINS = {
  approval_request: "Held request",
  agent_wait: "An agent waits",
  pipeline_gate: "A run waits",
  api: "Question",
} as const;
