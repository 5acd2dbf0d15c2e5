/** The forms of an ask's page as actions: what was typed, read by the ask that was shown. What counts is the gate's to say. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { GateAction, GateView } from "../domain/human_gate_api.ts";
import { decisionForm, readDecision } from "../pages/decision_fields.ts";
import { GIVEN_BY_BUTTONS } from "../pages/gate_answer.tsx";
import type { GateFormAction } from "../pages/gate_parts.tsx";

/** The last part of the paths of forms. */
export const GATE_FORMS =
  "answer|ack|unack|claim|unclaim|delegate|return|reassign|snooze|pause|resume|cancel";

export type Typed = Readonly<Record<string, string>>;

/** As `protocol/line/fields.ts` bounds a reason. */
const COMMENT_MAX_CHARS = 4_000;
const PRINCIPAL_MAX_CHARS = 200;
const MINUTE_MS = 60_000;

/** The fields of a form; files and repeated fields are none of ours. */
export function typedOf(body: Readonly<Record<string, unknown>>): Typed {
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** The action, or a sentence that says what is missing. */
export function readGateForm(
  form: GateFormAction,
  typed: Typed,
  gate: GateView,
  nowMs: number,
): Result<GateAction, string> {
  const text = (name: string) => (typed[name] ?? "").trim();
  if (["comment", "reason", "readBack"].some((name) => text(name).length > COMMENT_MAX_CHARS)) {
    return err(`Nothing was done: keep what you write below ${COMMENT_MAX_CHARS} characters.`);
  }
  switch (form) {
    case "answer":
      return readAnswer(typed, gate);
    case "ack":
      return ok({
        kind: "ack",
        ...given("readBack", text("readBack")),
        ...given("seenDigest", text("seen")),
      });
    case "claim":
      return ok({ kind: "claim", ...(text("override") === "" ? {} : { override: true }) });
    case "unack":
    case "unclaim":
    case "return":
    case "pause":
    case "resume":
      return ok({ kind: form });
    case "delegate":
    case "reassign": {
      const to = principalOf(text("to"));
      if (to === null) return err("Nothing was done: say to whom, such as user:ada.");
      return form === "reassign"
        ? ok({ kind: "reassign", to })
        : ok({ kind: "delegate", to, ...(text("final") === "" ? {} : { final: true }) });
    }
    case "snooze": {
      const minutes = Number(text("minutes"));
      if (!Number.isInteger(minutes) || minutes < 1) return err("Nothing was done: say for how long.");
      return ok({ kind: "snooze", untilMs: nowMs + minutes * MINUTE_MS });
    }
    case "cancel":
      return text("reason") === ""
        ? err("Nothing was done: say why it is taken back.")
        : ok({ kind: "cancel", reason: text("reason") });
  }
}

function readAnswer(typed: Typed, { ask }: GateView): Result<GateAction, string> {
  const comment = (typed["comment"] ?? "").trim();
  const shown = {
    ...given("seenDigest", typed["seen"] ?? ""),
    ...given("subjectRev", typed["rev"] ?? ask.subject?.rev ?? ""),
    ...given("comment", comment),
  };
  if (ask.askType !== "approve") {
    if (ask.askType === "do" && ask.decisionSchema === null) {
      if (typed["done"] !== "yes") return err("Nothing was sent: tick that it is done first.");
      return ok({ kind: "redeem", ...shown, out: { done: true, ...given("note", comment) } });
    }
    const out = readDecision(decisionForm(ask.decisionSchema), typed);
    return out.ok ? ok({ kind: "redeem", ...shown, out: out.value }) : err(`Nothing was sent: ${out.error}`);
  }
  const { decision } = typed;
  if (decision !== "approve" && decision !== "reject") return err("Nothing was decided: approve or reject.");
  if (decision === "reject" && comment === "") return err("Nothing was decided: to reject, say why.");
  if (ask.decisionSchema === null) return ok({ kind: "redeem", ...shown, decision });
  const form = decisionForm(ask.decisionSchema, GIVEN_BY_BUTTONS);
  const read = readDecision(form, typed);
  if (!read.ok) return err(`Nothing was decided: ${read.error}`);
  // JSON text is the whole answer; fields are what the buttons leave over.
  const out = form.kind === "json"
    ? read.value
    : { ...read.value as object, decision, ...given("comment", comment) };
  return ok({ kind: "redeem", ...shown, decision, out });
}

/** A name alone is that of a person of the project. */
function principalOf(text: string): string | null {
  if (text === "" || text.length > PRINCIPAL_MAX_CHARS || /\s/.test(text)) return null;
  return text.includes(":") ? text : `user:${text}`;
}

/** A member, unless it is empty. */
function given<K extends string>(name: K, text: string): { readonly [key in K]?: string } {
  return (text === "" ? {} : { [name]: text }) as { readonly [key in K]?: string };
}
