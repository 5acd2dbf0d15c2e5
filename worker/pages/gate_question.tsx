/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What is asked, about what, and by when. */
import type { Ask, GateView } from "../domain/human_gate_api.ts";
import { type GatePageView, Who, Written } from "./gate_parts.tsx";
import { agentPath, Ago, In, taskPath } from "./parts.tsx";

/** What the page is called. */
export function titleOf(ask: Ask): string {
  return ask.origin.kind === "line_gate" ? ask.origin.taskTitle : ask.title;
}

export function Question({ view }: { readonly view: GatePageView }) {
  const { ask } = view.gate;
  const { origin } = ask;
  return (
    <section class="panel stack" aria-labelledby="question">
      <h2 id="question" class="h3">{origin.kind === "line_gate" ? origin.gateName : VERBS[ask.askType]}</h2>
      {origin.kind === "line_gate" ? <LineGate view={view} origin={origin} /> : null}
      {origin.kind === "approval_request" ? <HeldRequest view={view} origin={origin} /> : null}
      {origin.kind === "agent_wait" ? <WaitingAgent view={view} origin={origin} /> : null}
      {origin.kind === "pipeline_gate" ? <WaitingRun view={view} origin={origin} /> : null}
      {origin.kind === "line_gate" ? null : <Written value={ask.in} />}
      {ask.completion.ac === "" || origin.kind === "line_gate"
        ? null
        : <p class="small">Done when: {ask.completion.ac}</p>}
      <Facts view={view} />
    </section>
  );
}

const VERBS = { do: "Something to do", decide: "A decision", approve: "An approval" } as const;

type Origin<K extends Ask["origin"]["kind"]> = Extract<Ask["origin"], { kind: K }>;

function LineGate({ view, origin }: { readonly view: GatePageView; readonly origin: Origin<"line_gate"> }) {
  return (
    <>
      {origin.gateDescription === "" ? null : <p>{origin.gateDescription}</p>}
      <p class="soft small">
        {origin.fromStationName} ended with {origin.fromOutcome}. {view.gate.state.kind === "open"
          ? `If it is approved, the task goes on to ${origin.toStationName}; if it is rejected, it ends.`
          : null}
      </p>
    </>
  );
}

/** Everything that the proxy held back is here, so that nobody approves what they have not seen. */
function HeldRequest(
  { view, origin }: { readonly view: GatePageView; readonly origin: Origin<"approval_request"> },
) {
  const { owner, project } = view.gate.ask;
  return (
    <>
      <p>An agent’s request is held back until somebody lets it through.</p>
      <p class="clone mono">
        <strong>{origin.method}</strong> {origin.url}
      </p>
      <dl class="facts">
        <dt>Labels</dt>
        <dd>
          {origin.labels.length === 0 ? "none" : (
            <span class="chips">
              {origin.labels.map((label) => <span class="chip" key={label}>{label}</span>)}
            </span>
          )}
        </dd>
        <dt>Body digest</dt>
        <dd>
          <code>{origin.bodyDigest}</code>
        </dd>
        <dt>Job</dt>
        <dd>
          <code>{origin.jobId}</code>
          {origin.taskId === null || view.way.kind === "link" ? null : (
            <>
              {" "}of <a href={taskPath(owner, project, origin.taskId)}>this task</a>
            </>
          )}
        </dd>
      </dl>
    </>
  );
}

/** What is said to it is said at its run: an answer here tells others that somebody sees to it. */
function WaitingAgent(
  { view, origin }: { readonly view: GatePageView; readonly origin: Origin<"agent_wait"> },
) {
  const { owner, project } = view.gate.ask;
  return (
    <p>
      {view.way.kind === "link"
        ? "The agent is answered on the page of its run"
        : <a href={agentPath(owner, project, origin.runId)}>Answer the agent</a>}. What is said here holds up
      nothing and lets nothing through; this question ends by itself when the agent goes on.
    </p>
  );
}

/** Everything that the run asks is below; where it came from is a click away. */
function WaitingRun(
  { view, origin }: { readonly view: GatePageView; readonly origin: Origin<"pipeline_gate"> },
) {
  const { owner, project } = view.gate.ask;
  return (
    <p>
      {view.way.kind === "link" ? "A run" : <a href={agentPath(owner, project, origin.runId)}>A run</a>}{" "}
      waits for the answer, and goes on with it at once. {ANSWERS[origin.question]}{" "}
      This question ends by itself with the run.
    </p>
  );
}

const ANSWERS = {
  pause: "A rejection ends its pipeline as failed.",
  modify: "What is written goes on instead of the text below; nothing written leaves it as it is.",
  permission: "A rejection keeps the agent from this one use of the tool.",
  tool_question: "What is written is what the agent reads.",
} as const;

function Facts({ view }: { readonly view: GatePageView }) {
  const { gate, nowMs } = view;
  const { ask } = gate;
  return (
    <dl class="facts">
      <dt>Asked</dt>
      <dd>
        <Ago ms={ask.createdAtMs} nowMs={nowMs} /> by <Who principal={ask.requestedBy} />
      </dd>
      <Deadlines gate={gate} nowMs={nowMs} />
      {ask.subject === null ? null : (
        <>
          <dt>About</dt>
          <dd>
            {ask.subject.ref}, revision <code title={ask.subject.rev}>{ask.subject.rev.slice(0, 12)}</code>
          </dd>
        </>
      )}
      <dt>Digest</dt>
      <dd>
        <code title={ask.inDigest}>{ask.inDigest.slice(0, 12)}</code>
      </dd>
    </dl>
  );
}

const THEN = {
  reject: "it counts as rejected",
  cancel: "it is taken back",
  block: "the task stays blocked",
} as const;

function Deadlines({ gate, nowMs }: { readonly gate: GateView; readonly nowMs: number }) {
  const isWaiting = gate.state.kind === "open" || gate.state.kind === "answered";
  if (!isWaiting) return null;
  const { ask, nextDeadlineMs } = gate;
  return (
    <>
      {ask.expiresAtMs === null ? null : (
        <>
          <dt>Answer by</dt>
          <dd>
            <In ms={ask.expiresAtMs} nowMs={nowMs} />; then {ask.origin.kind === "pipeline_gate"
              ? "the run goes on without an answer"
              : THEN[ask.policy.clocks.onExpiry]}
          </dd>
        </>
      )}
      {nextDeadlineMs === null || nextDeadlineMs === ask.expiresAtMs ? null : (
        <>
          <dt>Next reminder</dt>
          <dd>
            <In ms={nextDeadlineMs} nowMs={nowMs} />
          </dd>
        </>
      )}
      {gate.isExhausted
        ? (
          <>
            <dt>Escalation</dt>
            <dd class="minus">Everybody was told, nobody answered. It stays open.</dd>
          </>
        )
        : null}
    </>
  );
}
