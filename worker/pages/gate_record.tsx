/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Where an ask stands, who has it, and everything that happened to it. */
import type { AuditEntry, GateOutcome } from "../domain/human_gate_api.ts";
import { type GatePageView, Who, Written } from "./gate_parts.tsx";
import { nameOf } from "./gate_name.ts";
import { knowersOf } from "./gate_told.ts";
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
              <Who principal={state.consumed.by} /> took it{" "}
              <Ago ms={state.consumed.atMs} nowMs={view.nowMs} />.
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
          <code>{state.rev.slice(0, 12)}</code>. A new question is asked about that.
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

/** Votes of a quorum and advice of delegates: what others said before the answer. */
export function Said({ view }: { readonly view: GatePageView }) {
  const { votes, advice, ask } = view.gate;
  return (
    <>
      {votes.length > 0 && ask.policy.quorum.need > 1
        ? (
          <>
            <h2>Answers so far</h2>
            <ul>
              {votes.map((vote) => (
                <li key={vote.by}>
                  <Who principal={vote.by} />: {vote.decision ?? "answered"},{" "}
                  <Ago ms={vote.atMs} nowMs={view.nowMs} />
                </li>
              ))}
            </ul>
          </>
        )
        : null}
      {advice.length === 0 ? null : (
        <>
          <h2>Advice</h2>
          {advice.map((one) => (
            <div class="panel stack" key={`${one.by}${one.atMs}`}>
              <p>
                <Who principal={one.by} />: {one.decision ?? "answered"},{" "}
                <Ago ms={one.atMs} nowMs={view.nowMs} />
                {one.comment === "" ? "" : `: ${one.comment}`}
              </p>
            </div>
          ))}
        </>
      )}
    </>
  );
}

/** Who knows of it, and the chain, folded. */
export function Record({ view }: { readonly view: GatePageView }) {
  if (view.audit === null) return null;
  return (
    <>
      <Knowers audit={view.audit} nowMs={view.nowMs} />
      <Chain audit={view.audit} />
    </>
  );
}

/** Who was told, by which channel, and what came of it. */
function Knowers({ audit, nowMs }: { readonly audit: readonly AuditEntry[]; readonly nowMs: number }) {
  const knowers = knowersOf(audit);
  if (knowers.length === 0) return null;
  const when = (ms: number | null) => ms === null ? "" : <Ago ms={ms} nowMs={nowMs} />;
  return (
    <>
      <h2 id="knowers">Who knows of it</h2>
      <div class="scroll panel" tabindex={0} role="region" aria-labelledby="knowers">
        <table>
          <thead>
            <tr>
              <th scope="col">Person</th>
              <th scope="col">Told</th>
              <th scope="col">Delivery</th>
              <th scope="col">Seen</th>
              <th scope="col">Acknowledged</th>
            </tr>
          </thead>
          <tbody>
            {knowers.map((one) => (
              <tr key={one.principal}>
                <th scope="row">
                  <Who principal={one.principal} />
                </th>
                <td>
                  {when(one.toldAtMs)}
                  {one.why === "" ? null : <span class="soft">, {one.why}</span>}
                </td>
                <td>{one.deliveries.join(", ")}</td>
                <td class="fit">{when(one.seenAtMs)}</td>
                <td class="fit">{when(one.ackedAtMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Chain({ audit }: { readonly audit: readonly AuditEntry[] }) {
  if (audit.length === 0) return null;
  return (
    <details id="audit">
      <summary>
        Record{" "}
        <span class="small soft">{audit.length} entries, each bound to the one before; times in UTC</span>
      </summary>
      <ol class="events">
        {audit.map((entry) => (
          <li key={entry.hash}>
            <time class="mono soft" datetime={entry.at}>{entry.at.slice(11, 19)}</time>
            <span>
              {entry.type.replace(/^gate\./, "").replaceAll("_", " ")}
              <span class="soft">
                {` · ${
                  [nameOf(entry.by), entry.channel, detailOf(entry)].filter((part) => part).join(" · ")
                }`}
              </span>
            </span>
          </li>
        ))}
      </ol>
      <p class="soft small">
        Newest hash <code>{audit.at(-1)!.hash.slice(0, 16)}</code>
      </p>
    </details>
  );
}

/** What else an entry says, in words: values of its detail that are short, and names out of lists. */
function detailOf(entry: AuditEntry): string {
  return Object.entries(entry.detail ?? {}).flatMap(([key, value]) => {
    const text = (Array.isArray(value) ? value : [value]).map(wordOf).filter((word) => word !== "").join(
      ", ",
    );
    return text === "" || text.length > 120 ? [] : [`${key.replaceAll("_", " ")} ${text}`];
  }).join(" · ");
}

const HASH = /^[0-9a-f]{40,64}$/;

function wordOf(value: unknown): string {
  if (typeof value === "string") return HASH.test(value) ? value.slice(0, 12) : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null) return "";
  const { principal } = value as { readonly principal?: unknown };
  return typeof principal === "string" ? principal : "";
}
