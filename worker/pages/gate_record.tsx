/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What others said about an ask, who knows of it, and everything that happened to it. */
import type { AuditEntry } from "../domain/human_gate_api.ts";
import { type GatePageView, Who } from "./gate_parts.tsx";
import { nameOf } from "./gate_name.ts";
import { knowersOf } from "./gate_told.ts";
import { Ago } from "./parts.tsx";
import { stampOf } from "./stamp.ts";

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
  const stamp = stampOf(audit.map(({ at }) => Date.parse(at)));
  return (
    <details id="audit">
      <summary>
        Record{" "}
        <span class="small soft">{audit.length} entries, each bound to the one before; times in UTC</span>
      </summary>
      <ol class="events">
        {audit.map((entry) => (
          <li key={entry.hash}>
            <time class="mono soft" datetime={entry.at}>{stamp(Date.parse(entry.at))}</time>
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
