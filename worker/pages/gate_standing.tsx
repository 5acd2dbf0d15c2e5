/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Where an ask stands, and who has it. */
import type { GateOutcome } from "../domain/human_gate_api.ts";
import { type GatePageView, Who, Written } from "./gate_parts.tsx";
import { Ago, In } from "./parts.tsx";

/** The answer, or what became of the question; for an open one, that it waits. */
export function Standing({ view }: { readonly view: GatePageView }) {
  const { state, ask, unverified } = view.gate;
  switch (state.kind) {
    case "armed":
    case "open":
      return (
        <>
          <p class="meta">
            <span class="pill wait">{state.kind === "open" ? "Waits for an answer" : "Not asked yet"}</span>
            <Holders view={view} />
          </p>
          {unverified.reason === null ? null : (
            <p class="note wait" role="status">
              An answer did not pass its check ({unverified.count}): {unverified.reason}
            </p>
          )}
        </>
      );
    case "answered":
      return (
        <>
          <Answer outcome={state.outcome} nowMs={view.nowMs} />
          <p class="soft">Its check is under way.</p>
        </>
      );
    case "verified":
      return (
        <>
          <Answer outcome={state.outcome} nowMs={view.nowMs} />
          {state.consumed === null ? null : (
            <p class="soft small">
              {/* The queue is not somebody: what it took, the task went on with. */}
              {state.consumed.by === "queue" ? "The task went on with it" : (
                <>
                  <Who principal={state.consumed.by} /> took it
                </>
              )} <Ago ms={state.consumed.atMs} nowMs={view.nowMs} />.
            </p>
          )}
        </>
      );
    case "cancelled":
      return (
        <p class="note" role="status">
          This question was taken back: {state.reason || "what it was about moved on"}.
          {state.outcome === null ? null : (
            <>
              {" "}
              <Who principal={state.outcome.by} /> had answered; it has no effect.
            </>
          )}
        </p>
      );
    case "superseded":
      return (
        <p class="note" role="status">
          This question is about {ask.subject?.rev.slice(0, 12) ?? "something"} that has changed: it is now at
          {" "}
          <code>{state.rev.slice(0, 12)}</code>.{state.by === undefined
            ? null
            : " A new question is asked about that."}
        </p>
      );
    case "expired":
      return (
        <p class="note bad" role="status">
          Nobody answered in time. {state.onExpiry === "reject"
            ? "It counts as rejected."
            : state.onExpiry === "cancel"
            ? "What waited was taken back."
            : "What waited stays blocked."}
        </p>
      );
  }
}

function Answer({ outcome, nowMs }: { readonly outcome: GateOutcome; readonly nowMs: number }) {
  const { decision, comment, by, decidedAtMs, out } = outcome;
  const word = decision === "approve" ? "Approved" : decision === "reject" ? "Rejected" : "Answered";
  return (
    <div class={decision === "reject" ? "note bad" : "note good"} role="status">
      <strong>{word}</strong> by <Who principal={by} />, <Ago ms={decidedAtMs} nowMs={nowMs} />
      {comment === "" ? "." : `: ${comment}`}
      {hasMore(out) ? <Written value={out} /> : null}
    </div>
  );
}

/** Is there more in the answer than its decision and comment, which are said already? */
function hasMore(out: unknown): boolean {
  if (typeof out !== "object" || out === null) return out !== null && out !== undefined;
  return Object.keys(out).some((key) => key !== "decision" && key !== "comment");
}

function Holders({ view }: { readonly view: GatePageView }) {
  const { ackedBy, claim, assignedTo, snoozedUntilMs, isPaused, delegation, votes, ask } = view.gate;
  const delegate = delegation.at(-1);
  return (
    <>
      {ackedBy === null ? null : (
        <span>
          acknowledged by <Who principal={ackedBy} />
        </span>
      )}
      {claim === null ? null : (
        <span>
          claimed by <Who principal={claim.by} />, <In ms={claim.untilMs} nowMs={view.nowMs} />
        </span>
      )}
      {assignedTo === null ? null : (
        <span>
          assigned to <Who principal={assignedTo} />
        </span>
      )}
      {delegate === undefined ? null : (
        <span>
          <Who principal={delegate.from} /> asked <Who principal={delegate.to} />
          {delegate.isFinal ? " to answer" : " for advice"}
        </span>
      )}
      {snoozedUntilMs === null ? null : (
        <span>
          quiet <In ms={snoozedUntilMs} nowMs={view.nowMs} />
        </span>
      )}
      {isPaused ? <span>clocks are paused</span> : null}
      {ask.policy.quorum.need > 1 ? <span>{votes.length} of {ask.policy.quorum.need} answers</span> : null}
    </>
  );
}
