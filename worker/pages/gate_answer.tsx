/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * The form that answers an ask: two buttons for an approval, fields of its schema for a decision, a tick for something to
 * do. It says which question was shown (its digest and the revision of its subject), so that an answer never lands on
 * another one.
 */
import { type DecisionForm, decisionForm } from "./decision_fields.ts";
import { DecisionInputs } from "./decision_inputs.tsx";
import { useFrame } from "./frame.tsx";
import { GateForm, type GatePageView } from "./gate_parts.tsx";
import { askPath } from "./gate_path.ts";

/** What buttons and the comment say already. */
export const GIVEN_BY_BUTTONS = ["decision", "comment"];

export function AnswerForm({ view }: { readonly view: GatePageView }) {
  const { gate } = view;
  if (gate.state.kind !== "open") return null;
  if (!gate.may.includes("redeem")) return <WhyNot view={view} />;
  const { ask } = gate;
  return (
    <GateForm view={view} action="answer" class={hasFields(view) ? "panel stack" : "decision"}>
      <input type="hidden" name="seen" value={ask.inDigest} />
      {ask.subject === null ? null : <input type="hidden" name="rev" value={ask.subject.rev} />}
      {ask.askType === "do" ? <DoFields view={view} /> : null}
      {ask.askType === "decide" ? <DecideFields view={view} /> : null}
      {ask.askType === "approve" ? <ApproveFields view={view} /> : null}
    </GateForm>
  );
}

/** What an approval asks for besides its two buttons and the reason; null: nothing. */
function approveFields({ gate: { ask } }: GatePageView): DecisionForm | null {
  if (ask.decisionSchema === null) return null;
  const form = decisionForm(ask.decisionSchema, GIVEN_BY_BUTTONS);
  return form.kind === "fields" && form.fields.length === 0 ? null : form;
}

/** More than a reason and two buttons does not stick to the edge of a phone: it would cover what it is about. */
function hasFields(view: GatePageView): boolean {
  return view.gate.ask.askType !== "approve" || approveFields(view) !== null;
}

function ApproveFields({ view }: { readonly view: GatePageView }) {
  const form = approveFields(view);
  const schema = view.gate.ask.decisionSchema;
  return (
    <>
      {form === null ? null : <DecisionInputs form={form} schema={schema} typed={view.typed} />}
      <Comment view={view} label="Reason" hint="needed to reject" />
      <div class="row">
        <button class="approve" type="submit" name="decision" value="approve">Approve</button>
        <button class="reject" type="submit" name="decision" value="reject" formnovalidate>Reject</button>
      </div>
    </>
  );
}

function DecideFields({ view }: { readonly view: GatePageView }) {
  const { decisionSchema } = view.gate.ask;
  return (
    <>
      <h2 class="h3">Your decision</h2>
      <DecisionInputs form={decisionForm(decisionSchema)} schema={decisionSchema} typed={view.typed} />
      <Comment view={view} label="Comment" hint="may be left out" />
      <button type="submit">Send this decision</button>
    </>
  );
}

function DoFields({ view }: { readonly view: GatePageView }) {
  const { decisionSchema } = view.gate.ask;
  return (
    <>
      <h2 class="h3">When it is done</h2>
      {decisionSchema === null
        ? (
          <label class="check" for="done">
            <input type="checkbox" id="done" name="done" value="yes" required /> It is done
          </label>
        )
        : <DecisionInputs form={decisionForm(decisionSchema)} schema={decisionSchema} typed={view.typed} />}
      <Comment view={view} label="Note" hint="may be left out" />
      <button type="submit">Report it done</button>
    </>
  );
}

interface CommentProps {
  readonly view: GatePageView;
  readonly label: string;
  readonly hint: string;
}

function Comment({ view, label, hint }: CommentProps) {
  return (
    <div>
      <label for="comment">
        {label} <span class="soft small">({hint})</span>
      </label>
      <textarea id="comment" name="comment" rows={1} maxlength={4000}>{view.typed["comment"] ?? ""}</textarea>
    </div>
  );
}

/** Why somebody who looks may not answer, and what to do about it. */
function WhyNot({ view }: { readonly view: GatePageView }) {
  const { viewer } = useFrame();
  const { ask } = view.gate;
  if (view.way.kind === "link" && ask.policy.auth !== "token" && viewer === null) {
    const next = encodeURIComponent(askPath(ask.owner, ask.project, ask.askId));
    return (
      <div class="panel stack">
        <h2 class="h3">Sign in first</h2>
        <p>
          This question wants to know who answers. After signing in you come back to it; your link stays as
          good as it is.
        </p>
        <p>
          <a class="button" href={`/signin?next=${next}`}>Sign in and come back</a>
        </p>
      </div>
    );
  }
  return (
    <p class="note">
      You may look at this question, and it is somebody else’s to answer: {ask.policy.requiredRole === null
        ? "you are not among those whom it is asked of, or you asked it yourself, or made what it is about."
        : `it needs the role ‘${ask.policy.requiredRole}’, and somebody who neither asked it nor made what it is about.`}
    </p>
  );
}
