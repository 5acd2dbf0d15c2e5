/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * What else can be done with an ask: say that one has it, take it, hand it on, keep it quiet for a while. Only what this
 * person may do right now is there; none of it answers.
 */
import type { Child } from "hono/jsx";
import type { GateAction, GateView } from "../domain/human_gate_api.ts";
import { GateForm, type GateFormAction, type GatePageView } from "./gate_parts.tsx";
import { lasted } from "./parts.tsx";

const SNOOZE_MINUTES = [30, 60, 240, 480, 1_440, 4_320];

export function GateActions({ view }: { readonly view: GatePageView }) {
  const { gate } = view;
  const may = (kind: GateAction["kind"]) => gate.may.includes(kind);
  const isAny = ALL.some(may);
  if (!isAny) return null;
  return (
    <section aria-labelledby="more">
      <h2 id="more">Without answering yet</h2>
      <datalist id="people">
        {view.people.map((principal) => <option key={principal} value={principal}></option>)}
      </datalist>
      {may("ack") && gate.ackedBy === null ? <Ack view={view} /> : null}
      <div class="actions">
        {may("unack") && gate.ackedBy !== null
          ? <One view={view} action="unack" text="I do not have it after all" />
          : null}
        {may("claim")
          ? <One view={view} action="claim" text={claimText(gate)} isOverride={gate.claim !== null} />
          : null}
        {may("unclaim") ? <One view={view} action="unclaim" text="Give it back to everybody" /> : null}
        {may("return") ? <One view={view} action="return" text="Return it to who asked me" /> : null}
        {may("pause") && !gate.isPaused ? <One view={view} action="pause" text="Pause its clocks" /> : null}
        {may("resume") && gate.isPaused
          ? <One view={view} action="resume" text="Let its clocks run" />
          : null}
      </div>
      {may("snooze") ? <Snooze view={view} /> : null}
      {may("delegate") ? <Delegate view={view} /> : null}
      {may("reassign") ? <Reassign view={view} /> : null}
      {may("cancel") ? <Cancel view={view} /> : null}
    </section>
  );
}

const ALL: readonly GateAction["kind"][] = [
  "ack",
  "unack",
  "claim",
  "unclaim",
  "delegate",
  "return",
  "reassign",
  "snooze",
  "pause",
  "resume",
  "cancel",
];

function claimText(gate: GateView): string {
  return gate.claim === null ? "Claim it" : "Take it over";
}

interface OneProps {
  readonly view: GatePageView;
  readonly action: GateFormAction;
  readonly text: string;
  readonly isOverride?: boolean;
}

function One({ view, action, text, isOverride = false }: OneProps) {
  return (
    <GateForm view={view} action={action}>
      {isOverride ? <input type="hidden" name="override" value="yes" /> : null}
      <button class="plain" type="submit">{text}</button>
    </GateForm>
  );
}

interface FoldProps {
  readonly view: GatePageView;
  readonly action: GateFormAction;
  readonly title: string;
  readonly explains: string;
  readonly children?: Child;
}

function Fold({ view, action, title, explains, children }: FoldProps) {
  return (
    <details id={`do-${action}`}>
      <summary>{title}</summary>
      <GateForm view={view} action={action} class="stack fold">
        <p class="soft small">{explains}</p>
        {children}
      </GateForm>
    </details>
  );
}

function Ack({ view }: { readonly view: GatePageView }) {
  return (
    <Fold
      view={view}
      action="ack"
      title="I have it"
      explains="Says that you will look after it: nobody else is told for now. It is no answer."
    >
      <input type="hidden" name="seen" value={view.gate.ask.inDigest} />
      <div>
        <label for="readback">
          What is asked, in your words <span class="soft small">(may be left out)</span>
        </label>
        <textarea id="readback" name="readBack" rows={2} maxlength={2000}>
          {view.typed["readBack"] ?? ""}
        </textarea>
      </div>
      <button type="submit">Acknowledge</button>
    </Fold>
  );
}

function Snooze({ view }: { readonly view: GatePageView }) {
  const { snoozeMaxMinutes } = view.gate.ask.policy;
  const minutes = SNOOZE_MINUTES.filter((one) => one <= snoozeMaxMinutes);
  if (minutes.length === 0) return null;
  return (
    <Fold
      view={view}
      action="snooze"
      title="Snooze"
      explains="Reminders wait; the time by which it must be answered does not."
    >
      <div>
        <label for="minutes">For</label>
        <select id="minutes" name="minutes">
          {minutes.map((one) => <option key={one} value={one}>{lasted(one * 60_000)}</option>)}
        </select>
      </div>
      <button type="submit">Snooze</button>
    </Fold>
  );
}

function To({ view, id }: { readonly view: GatePageView; readonly id: string }) {
  return (
    <div>
      <label for={id}>To</label>
      <input
        id={id}
        name="to"
        list="people"
        required
        maxlength={200}
        placeholder="user:name"
        autocomplete="off"
        value={view.typed["to"] ?? ""}
      />
    </div>
  );
}

function Delegate({ view }: { readonly view: GatePageView }) {
  const { delegableTo } = view.gate.ask.policy;
  return (
    <Fold
      view={view}
      action="delegate"
      title="Delegate"
      explains="Somebody else looks at it. Their answer comes back to you as advice, unless it may count for itself."
    >
      <To view={view} id="delegate-to" />
      {delegableTo.length === 0 ? null : (
        <label class="check" for="final">
          <input type="checkbox" id="final" name="final" value="yes" /> Their answer counts
        </label>
      )}
      <button type="submit">Delegate</button>
    </Fold>
  );
}

function Reassign({ view }: { readonly view: GatePageView }) {
  return (
    <Fold
      view={view}
      action="reassign"
      title="Reassign"
      explains="It becomes somebody else’s; every link that was handed out for it is dead."
    >
      <To view={view} id="reassign-to" />
      <button type="submit">Reassign</button>
    </Fold>
  );
}

function Cancel({ view }: { readonly view: GatePageView }) {
  return (
    <Fold
      view={view}
      action="cancel"
      title="Take the question back"
      explains="Nobody is asked any more. What waits for the answer is blocked, not approved."
    >
      <div>
        <label for="cancel-reason">Reason</label>
        <textarea id="cancel-reason" name="reason" rows={2} maxlength={4000} required>
          {view.typed["reason"] ?? ""}
        </textarea>
      </div>
      <button class="danger" type="submit">Take it back</button>
    </Fold>
  );
}
