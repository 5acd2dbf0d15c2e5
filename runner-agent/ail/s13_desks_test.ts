import assert from "node:assert/strict";
import type { HumanAsk } from "../pipeline/effect.ts";
import { ControlledDesk } from "./controlled_desk.ts";
import { TerminalDesk } from "./terminal_desk.ts";

const never = new AbortController().signal;
const ask = (kind: HumanAsk["kind"]): HumanAsk => ({
  stepId: "gate",
  kind,
  message: null,
  lastResponse: "before",
  timeoutMs: null,
});
const wish = (displayName: string) => ({ displayName, displayDetail: "", toolInput: {} });
const allow = (isForSession: boolean) =>
  ({ type: "permission_response", isAllowed: true, reason: null, isForSession }) as const;

/** Lets what is waiting go on as far as it can. */
const turn = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

Deno.test("wishes for tools are asked one at a time, and answered in their order", async () => {
  const desk = new ControlledDesk();
  const first = desk.askPermission(wish("Bash"));
  const second = desk.askPermission(wish("Read"));
  await turn();
  desk.answerPermission(allow(false));
  assert.deepEqual(await first, { isAllowed: true, reason: null });
  await turn();
  desk.answerPermission({ ...allow(false), isAllowed: false, reason: "no" });
  assert.deepEqual(await second, { isAllowed: false, reason: "no" });
});

Deno.test("a tool that was allowed for the session is asked for no more", async () => {
  const desk = new ControlledDesk();
  const first = desk.askPermission(wish("Bash"));
  const waiting = desk.askPermission(wish("Bash"));
  await turn();
  assert.equal(desk.hasStandingPermission("Bash"), false);
  desk.answerPermission(allow(true));
  assert.equal((await first).isAllowed, true);
  assert.equal((await waiting).isAllowed, true, "the wish that waited is granted with it");
  assert.equal(desk.hasStandingPermission("Bash"), true);
  assert.equal(desk.hasStandingPermission("Read"), false);
});

Deno.test("when nobody answers any more tools are refused, and gates get the empty text", async () => {
  const desk = new ControlledDesk();
  const permission = desk.askPermission(wish("Bash"));
  const gate = desk.ask(ask("pause"), never);
  await turn();
  desk.close();
  assert.equal((await permission).isAllowed, false);
  assert.deepEqual(await gate, { kind: "answered", text: "", isClosed: true });
  assert.equal((await desk.askPermission(wish("Bash"))).isAllowed, false);
});

Deno.test("an answer that comes before its question and names a step passes no other gate", async () => {
  const desk = new ControlledDesk();
  const answer = (stepId: string | null, text: string) =>
    desk.answerHuman({ type: "hitl_response", stepId, text, isRejected: false, reason: null });
  answer("before", "twice by mistake");
  const asked = desk.ask(ask("pause"), never);
  answer("gate", "looked at");
  assert.deepEqual(await asked, { kind: "answered", text: "looked at" });
  answer(null, "for whoever asks next");
  assert.deepEqual(await desk.ask(ask("pause"), never), { kind: "answered", text: "for whoever asks next" });
});

Deno.test("a gate that was given up takes no answer from the next one", async () => {
  const desk = new ControlledDesk();
  const givenUp = new AbortController();
  const first = desk.ask(ask("pause"), givenUp.signal);
  const second = desk.ask(ask("modify"), never);
  givenUp.abort();
  await first;
  desk.answerHuman({ type: "hitl_response", stepId: null, text: "mine", isRejected: false, reason: null });
  assert.deepEqual(await second, { kind: "answered", text: "mine" });
});

Deno.test("at the terminal Enter goes on, 'no' rejects, and an empty change keeps the text", async () => {
  const { desk, said } = terminal(["", "no", "", "new text"]);
  assert.deepEqual(await desk.ask(ask("pause"), never), { kind: "answered", text: "" });
  assert.deepEqual(await desk.ask(ask("pause"), never), { kind: "rejected", reason: null });
  assert.deepEqual(await desk.ask(ask("modify"), never), { kind: "answered", text: "before" });
  assert.deepEqual(await desk.ask(ask("modify"), never), { kind: "answered", text: "new text" });
  assert.match(said(), /\[gate\] Go on\?/);
});

Deno.test("at the terminal a tool is refused unless it is allowed, once or always", async () => {
  const { desk } = terminal(["", "y", "always"]);
  assert.equal((await desk.askPermission(wish("Bash"))).isAllowed, false);
  assert.equal((await desk.askPermission(wish("Bash"))).isAllowed, true);
  assert.equal(desk.hasStandingPermission("Bash"), false);
  assert.equal((await desk.askPermission(wish("Bash"))).isAllowed, true);
  assert.equal(desk.hasStandingPermission("Bash"), true);
  assert.equal((await desk.askPermission(wish("Read"))).isAllowed, false, "the input has ended");
});

Deno.test("a line that is typed after its gate was given up answers the next", async () => {
  const typed = Promise.withResolvers<void>();
  const { desk } = terminal(async function* () {
    await typed.promise;
    yield "late";
  }());
  const givenUp = new AbortController();
  const first = desk.ask(ask("pause"), givenUp.signal);
  await turn();
  givenUp.abort();
  assert.deepEqual(await first, { kind: "answered", text: "" });
  const second = desk.ask(ask("modify"), never);
  typed.resolve();
  assert.deepEqual(await second, { kind: "answered", text: "late" });
});

function terminal(input: readonly string[] | AsyncIterableIterator<string>) {
  let text = "";
  const lines = Symbol.asyncIterator in input ? input : async function* () {
    yield* input;
  }();
  const desk = new TerminalDesk({ err: (one) => void (text += one), lines: () => lines });
  return { desk, said: () => text };
}
