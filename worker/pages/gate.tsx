/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What the holder of a gate's link sees: the question, the evidence, the answer. Works without scripts. */
import type { GateView } from "../domain/former_gate_api.ts";
import { Diff, type DiffProps, Reports, type ReportView } from "./evidence.tsx";
import { Layout } from "./layout.tsx";
import { Ago } from "./parts.tsx";

/** The page at `GET /g`: takes the token out of the address's fragment, or asks for it. */
export function GateEntryPage({ notice }: { readonly notice: string | null }) {
  return (
    <Layout title="Gate" isSignedIn={false} scripts={["fragment.js"]}>
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

export interface GatePageView {
  readonly gate: GateView;
  readonly token: string;
  readonly nowMs: number;
  readonly reports: readonly ReportView[];
  readonly diff: DiffProps;
  readonly notice: string | null;
  /** What was typed before the form came back. */
  readonly reason: string;
}

/** The page that `POST /g` and `POST /g/decision` answer with. */
export function GatePage({ view }: { readonly view: GatePageView }) {
  const { ask, state } = view.gate;
  return (
    <Layout title={`${ask.gateName}: ${ask.taskTitle}`} isSignedIn={false}>
      <p class="crumbs">{ask.owner} / {ask.project} / {ask.lineName}</p>
      <h1>{ask.taskTitle}</h1>
      <Standing view={view} />
      {view.notice === null ? null : <p class="note bad" role="alert">{view.notice}</p>}
      <div class="panel">
        <h3>{ask.gateName}</h3>
        {ask.gateDescription === "" ? null : <p>{ask.gateDescription}</p>}
        <p class="soft small">
          {ask.fromStationName} ended with {ask.fromOutcome}. {state.kind === "open"
            ? `If you approve, the task goes on to ${ask.toStationName}; if you reject, it ends. `
            : null}
          Asked <Ago ms={ask.openedAtMs} nowMs={view.nowMs} />.
        </p>
      </div>
      {ask.taskDescription === "" ? null : (
        <>
          <h2>Card</h2>
          <div class="panel">
            <pre class="text">{ask.taskDescription}</pre>
          </div>
        </>
      )}
      <h2>Reports</h2>
      <Reports reports={view.reports} />
      <h2>Changes</h2>
      <Diff {...view.diff} />
      {state.kind === "open" ? <DecisionForm view={view} /> : null}
    </Layout>
  );
}

function Standing({ view }: { readonly view: GatePageView }) {
  const { state } = view.gate;
  switch (state.kind) {
    case "open":
      return (
        <p class="meta">
          <span class="pill wait">Waits for your decision</span>
        </p>
      );
    case "cancelled":
      return (
        <p class="note" role="status">This question was taken back: {state.reason || "the task moved on"}.</p>
      );
    case "resolved": {
      const { action, reason, decidedBy, decidedAtMs } = state.outcome;
      return (
        <p class={action === "approve" ? "note good" : "note bad"} role="status">
          <strong>{action === "approve" ? "Approved" : "Rejected"}</strong> by {decidedBy},{" "}
          <Ago ms={decidedAtMs} nowMs={view.nowMs} />
          {reason === "" ? "." : `: ${reason}`}
        </p>
      );
    }
  }
}

function DecisionForm({ view }: { readonly view: GatePageView }) {
  return (
    <form class="decision" method="post" action="/g/decision">
      <input type="hidden" name="token" value={view.token} />
      <div>
        <label for="reason">
          Reason <span class="soft small">(needed to reject)</span>
        </label>
        <textarea id="reason" name="reason" rows={1} maxlength={4000}>{view.reason}</textarea>
      </div>
      <div class="row">
        <button class="approve" type="submit" name="action" value="approve">Approve</button>
        <button class="reject" type="submit" name="action" value="reject">Reject</button>
      </div>
    </form>
  );
}
