/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * What the pages of an ask share. An ask is looked at by its link, whose token goes along in the body of each form and is
 * in no address, or by somebody who is signed in. Everything on them works without scripts, and no GET changes anything (G1).
 */
import type { Child } from "hono/jsx";
import type { AuditEntry, GateView } from "../domain/human_gate_api.ts";
import type { DiffProps, ReportView } from "./evidence.tsx";
import { nameOf } from "./gate_name.ts";
import { askPath } from "./gate_path.ts";

/** By which way the page was reached. */
export type GateWay = { readonly kind: "link"; readonly token: string } | { readonly kind: "person" };

export interface GatePageView {
  readonly gate: GateView;
  readonly way: GateWay;
  readonly nowMs: number;
  /** Null for an ask that is about no task. */
  readonly evidence: { readonly reports: readonly ReportView[]; readonly diff: DiffProps } | null;
  /** The chain; null for who came by a link, to whom it is not shown. */
  readonly audit: readonly AuditEntry[] | null;
  readonly notice: { readonly tone: "good" | "bad" | "wait"; readonly text: string } | null;
  /** Principals to hand it to; none for who came by a link. */
  readonly people: readonly string[];
  /** What was typed, by field, when a form comes back. */
  readonly typed: Readonly<Record<string, string>>;
}

/** Forms of the ask; the action is the last part of the path. */
export type GateFormAction =
  | "answer"
  | "ack"
  | "unack"
  | "claim"
  | "unclaim"
  | "delegate"
  | "return"
  | "reassign"
  | "snooze"
  | "pause"
  | "resume"
  | "cancel";

export interface GateFormProps {
  readonly view: GatePageView;
  readonly action: GateFormAction;
  readonly class?: string;
  readonly children?: Child;
}

/** A form that does something with the ask, by the way that the page was reached. */
export function GateForm({ view, action, class: className, children }: GateFormProps) {
  const { way, gate } = view;
  const { askId, owner, project } = gate.ask;
  const path = way.kind === "link" ? `/g/${action}` : `${askPath(owner, project, askId)}/${action}`;
  return (
    <form method="post" action={path} class={className}>
      {way.kind === "link" ? <input type="hidden" name="token" value={way.token} /> : null}
      {children}
    </form>
  );
}

/** A principal, with its whole name behind it. */
export function Who({ principal }: { readonly principal: string }) {
  return <span title={principal}>{nameOf(principal)}</span>;
}

/** What was written as JSON: texts as texts, the rest as it is. */
export function Written({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) return <p class="soft">Nothing was written.</p>;
  if (typeof value === "string") return <pre class="text">{value}</pre>;
  if (typeof value !== "object" || Array.isArray(value)) {
    return <pre class="text mono">{JSON.stringify(value, null, 2)}</pre>;
  }
  return (
    <dl class="written">
      {Object.entries(value).map(([name, part]) => (
        <>
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd>
            {typeof part === "string"
              ? <pre class="text">{part}</pre>
              : <pre class="text mono">{JSON.stringify(part, null, 2)}</pre>}
          </dd>
        </>
      ))}
    </dl>
  );
}
