/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What is asked of somebody, by deadline: what is late, what they have in hand, what is offered to them. */
import type { WorklistEntry, WorklistReason } from "../domain/people_api.ts";
import { Who } from "./gate_parts.tsx";
import { askPath } from "./gate_path.ts";
import { Layout } from "./layout.tsx";
import { Ago, In } from "./parts.tsx";

/** What a list is narrowed to. */
export type WorklistFilter = "waiting" | "mine" | "overdue" | "answered";

export interface WorklistView {
  readonly nowMs: number;
  /** The path of this list, without its query. */
  readonly path: string;
  readonly filter: WorklistFilter;
  readonly items: readonly WorklistEntry[];
  /** Null: there is no more. */
  readonly nextCursor: string | null;
  /** Projects that could not be asked, or are more than a page takes. */
  readonly leftOut: readonly string[];
}

const TABS: readonly (readonly [WorklistFilter, string])[] = [
  ["waiting", "Waiting"],
  ["mine", "Mine"],
  ["overdue", "Overdue"],
  ["answered", "Answered"],
];

const EMPTY: Readonly<Record<WorklistFilter, string>> = {
  waiting: "Nothing is asked of you.",
  mine: "You have nothing in hand.",
  overdue: "Nothing is late.",
  answered: "Nothing was answered yet.",
};

/** The pages at `/worklist` and `/p/{owner}/{project}/worklist`. */
export function WorklistPage({ view }: { readonly view: WorklistView }) {
  const { path, filter, items, nextCursor, leftOut } = view;
  return (
    <Layout
      title="Worklist"
      at="worklist"
      crumbs={[{ text: "Worklist" }]}
      scripts={["live.js"]}
      pollMs={5_000}
    >
      <h1>Worklist</h1>
      <nav class="tabs" aria-label="Which questions">
        {TABS.map(([name, text]) => (
          <a
            key={name}
            href={name === "waiting" ? path : `${path}?show=${name}`}
            aria-current={name === filter ? "page" : undefined}
          >
            {text}
          </a>
        ))}
      </nav>
      <div id="worklist" data-live>
        {leftOut.length === 0
          ? null
          : <p class="note wait">Not in this list: {leftOut.join(", ")}. Open the project’s own worklist.</p>}
        {items.length === 0 ? <p class="empty">{EMPTY[filter]}</p> : <Sections view={view} />}
        {nextCursor === null ? null : (
          <nav class="pager" aria-label="More">
            <a class="button plain" href={`${path}?show=${filter}&cursor=${encodeURIComponent(nextCursor)}`}>
              Later ones
            </a>
          </nav>
        )}
      </div>
    </Layout>
  );
}

const IN_HAND: readonly WorklistReason[] = ["claimed", "delegated", "assigned"];

function Sections({ view }: { readonly view: WorklistView }) {
  const { items, filter, nowMs } = view;
  if (filter !== "waiting") return <List items={items} nowMs={nowMs} />;
  const late = items.filter(({ reasons }) => reasons.includes("overdue"));
  const rest = items.filter((item) => !late.includes(item));
  const held = rest.filter(({ reasons }) => reasons.some((reason) => IN_HAND.includes(reason)));
  const offered = rest.filter((item) => !held.includes(item));
  return (
    <>
      <Section title="Overdue" items={late} nowMs={nowMs} />
      <Section title="In your hands" items={held} nowMs={nowMs} />
      <Section title="Offered" items={offered} nowMs={nowMs} />
    </>
  );
}

interface ListProps {
  readonly items: readonly WorklistEntry[];
  readonly nowMs: number;
}

function Section({ title, items, nowMs }: ListProps & { readonly title: string }) {
  if (items.length === 0) return null;
  return (
    <section>
      <h2>
        {title} <span class="count">{items.length}</span>
      </h2>
      <List items={items} nowMs={nowMs} />
    </section>
  );
}

function List({ items, nowMs }: ListProps) {
  return (
    <ul class="cards">
      {items.map((item) => <Item key={item.askId} item={item} nowMs={nowMs} />)}
    </ul>
  );
}

const TYPES = { do: "To do", decide: "Decide", approve: "Approve" } as const;
const OUTCOMES = { approve: "Approved", reject: "Rejected" } as const;

function Item({ item, nowMs }: { readonly item: WorklistEntry; readonly nowMs: number }) {
  const isLate = item.reasons.includes("overdue");
  const isOver = item.state !== "open" && item.state !== "armed" && item.state !== "answered";
  return (
    <li class={isOver ? "card" : "card wait"}>
      <div class="meta">
        <span class={isOver ? "pill" : isLate ? "pill bad" : "pill wait"}>
          {isOver
            ? item.outcome === null ? item.state : OUTCOMES[item.outcome]
            : isLate
            ? "Overdue"
            : TYPES[item.askType]}
        </span>
        {item.isExhausted && !isOver ? <span class="minus">nobody answered the reminders</span> : null}
        {item.nextDeadlineMs === null || isOver ? null : (
          <span class="due">
            due <In ms={item.nextDeadlineMs} nowMs={nowMs} />
          </span>
        )}
      </div>
      <h3>
        <a href={askPath(item.owner, item.project, item.askId)}>{item.title}</a>
      </h3>
      <div class="meta">
        <span>{item.owner}/{item.project}</span>
        <span>{whereOf(item)}</span>
        <Ago ms={item.openedAtMs} nowMs={nowMs} />
        {item.claimedBy === null ? null : (
          <span>
            claimed by <Who principal={item.claimedBy} />
          </span>
        )}
        {item.ackedBy === null || item.claimedBy !== null ? null : (
          <span>
            acknowledged by <Who principal={item.ackedBy} />
          </span>
        )}
        {item.delegatedTo === null ? null : (
          <span>
            delegated to <Who principal={item.delegatedTo} />
          </span>
        )}
        {item.snoozedUntilMs === null || item.snoozedUntilMs <= nowMs ? null : (
          <span>
            quiet <In ms={item.snoozedUntilMs} nowMs={nowMs} />
          </span>
        )}
      </div>
    </li>
  );
}

function whereOf({ origin }: WorklistEntry): string {
  switch (origin.kind) {
    case "line_gate":
      return `${origin.lineId ?? "line"}: ${origin.gateId ?? "gate"}`;
    case "approval_request":
      return "held request";
    case "agent_wait":
      return "an agent waits";
    case "pipeline_gate":
      return "a run waits";
    case "api":
      return "asked by a program";
  }
}
