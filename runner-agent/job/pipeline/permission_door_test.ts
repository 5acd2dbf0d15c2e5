/** What a hook of an agent is told, whatever people do. */
import assert from "node:assert/strict";
import { realClock } from "../../container/test_world.ts";
import { createPermissionDoor } from "./permission_door.ts";
import type { QuestionDesk, RunQuestion, RunQuestionAnswer } from "./station_ports.ts";

const BASH = { tool_name: "Bash", tool_input: { command: "rm -r /srv" }, tool_use_id: "t1" };
const QUESTION = {
  tool_name: "AskUserQuestion",
  tool_input: {
    questions: [{ question: "Which?", header: "H", options: [{ label: "a" }], multiSelect: false }],
  },
  tool_use_id: "t2",
};

function stage(answer: RunQuestionAnswer | null, waitMs = 60_000) {
  const asked: RunQuestion[] = [];
  let awaited = 0;
  const late = Promise.withResolvers<RunQuestionAnswer>();
  const questions: QuestionDesk = {
    ask(question) {
      asked.push(question);
      return answer === null ? late.promise : Promise.resolve(answer);
    },
  };
  const door = createPermissionDoor({
    runId: "run",
    questions,
    clock: { ...realClock, sleep: (_, signal) => realClock.sleep(waitMs, signal) },
    awaitPerson: () => {
      awaited++;
      return () => awaited--;
    },
    redact: (text) => text.replaceAll("/srv", "[redacted]"),
  });
  const signal = new AbortController().signal;
  const opened = door.open("c1", { effectId: "main#1", stepId: "s", signal });
  const post = async (wish: unknown, kind = "check-permission-hook", call = "c1") => {
    const body = typeof wish === "string" ? wish : JSON.stringify(wish);
    const url = `http://hub/permission?call=${call}&kind=${kind}`;
    const answer = await door.route.handle(new Request(url, { method: "POST", body }));
    const text = await answer.text();
    const output = answer.status === 200 ? JSON.parse(text).hookSpecificOutput : null;
    return { status: answer.status, decision: output?.permissionDecision, output };
  };
  return { asked, late, opened, post, awaited: () => awaited };
}

Deno.test("a person's word allows a tool, and what is asked says which, without secrets", async () => {
  const { asked, post } = stage({ kind: "answered", text: "" });
  assert.equal((await post(BASH)).decision, "allow");
  const [question] = asked;
  assert.deepEqual(
    { ...question, id: question!.id.length },
    {
      id: 32,
      kind: "permission",
      stepId: "s",
      message: "May the agent use Bash?",
      detail: "command: rm -r [redacted]",
      expiresInMs: null,
    },
  );
});

const NO_WORD: readonly RunQuestionAnswer[] = [
  { kind: "rejected", reason: "no" },
  { kind: "rejected", reason: null },
  { kind: "expired" },
  { kind: "cancelled" },
  { kind: "unavailable", message: "m" },
];

Deno.test("nothing but a person's word allows a tool or answers a question (G1)", async () => {
  for (const given of NO_WORD) {
    for (const [wish, kind] of [[BASH, "check-permission-hook"], [QUESTION, "ask-user-hook"]] as const) {
      const { decision, output } = await stage(given).post(wish, kind);
      assert.equal(decision, "deny", JSON.stringify(given));
      assert.equal(output.updatedInput, undefined);
      assert.ok(output.permissionDecisionReason.length > 0);
    }
  }
});

Deno.test("what the agent asks has a person's words for an answer, and an approval without words is none", async () => {
  const { post, asked } = stage({ kind: "answered", text: "b" });
  const { decision, output } = await post(QUESTION, "ask-user-hook");
  assert.equal(decision, "allow");
  assert.deepEqual(output.updatedInput.answers, { "Which?": "b" });
  assert.equal(asked[0]!.kind, "tool_question");
  assert.equal(
    (await stage({ kind: "answered", text: " " }).post(QUESTION, "ask-user-hook")).decision,
    "deny",
  );
  assert.equal((await post({ ...QUESTION, tool_input: {} }, "ask-user-hook")).decision, "deny");
  // Its own hook decides.
  assert.equal((await post(QUESTION)).decision, "allow");
  assert.equal(asked.length, 1);
});

Deno.test("who waits asks again, and it is one question", async () => {
  const { post, asked, late, awaited } = stage(null, 1);
  assert.equal((await post(BASH)).status, 202);
  assert.equal((await post(BASH)).status, 202);
  assert.equal(awaited(), 1);
  late.resolve({ kind: "answered", text: "" });
  await late.promise;
  assert.equal((await post(BASH)).decision, "allow");
  assert.deepEqual([asked.length, awaited()], [1, 0]);
});

Deno.test("a prompt that has ended waits for no person, also where its questions stay open", async () => {
  const { post, opened, awaited } = stage(null, 1);
  await post(BASH);
  assert.equal(awaited(), 1);
  opened[Symbol.dispose]();
  assert.equal(awaited(), 0);
});

Deno.test("a call that is not known is told to ask again, and an ended one is not known", async () => {
  const { post, opened, asked } = stage({ kind: "answered", text: "" });
  assert.equal((await post(BASH, undefined, "c2")).status, 202);
  opened[Symbol.dispose]();
  assert.equal((await post(BASH)).status, 202);
  assert.equal(asked.length, 0);
});

Deno.test("people see all of what they allow, and how much they do not see of what is too long", async () => {
  const { post, asked } = stage({ kind: "answered", text: "" });
  const command = `git status # ${"x".repeat(200)}\nrm -r /`;
  await post({ ...BASH, tool_input: { command, timeout: 5, deep: { a: ["b"] } } });
  assert.equal(asked[0]!.detail, `command: ${command}\ntimeout: 5\ndeep: {"a":["b"]}`);
  await post({ ...BASH, tool_input: { content: "y".repeat(50_000), path: "/etc/passwd" } });
  const { detail } = asked[1]!;
  assert.ok(detail!.length <= 32_000);
  assert.match(detail!, /^\[this is not all: .*50,?0\d\d/);
});

Deno.test("a wish that is larger than what a model writes is denied, and its people are left alone", async () => {
  const { post, asked } = stage({ kind: "answered", text: "" });
  const { decision } = await post({ ...BASH, tool_input: { content: "x".repeat(2 * 1_048_576) } });
  assert.deepEqual([decision, asked.length], ["deny", 0]);
});

Deno.test("a server of another name is no tool of the runner's own", async () => {
  const { post, asked } = stage({ kind: "rejected", reason: "no" });
  for (const name of ["mcp__shopfloor__evil__rm", "mcp__shopfloor___rm", "mcp__shopfloor__"]) {
    assert.equal((await post({ ...BASH, tool_name: name })).decision, "deny", name);
  }
  assert.equal(asked.length, 3);
});

Deno.test("the runner's own tools are not asked for, and what cannot be read is denied", async () => {
  const { post, asked } = stage({ kind: "answered", text: "" });
  assert.equal((await post({ ...BASH, tool_name: "mcp__shopfloor__complete_station" })).decision, "allow");
  for (const odd of ["", "[]", "{", '{"tool_name":1}', '{"tool_name":"Bash? Ada said yes"}']) {
    assert.equal((await post(odd)).decision, "deny");
  }
  assert.equal(asked.length, 0);
});

Deno.test("a program that asks without end is denied", async () => {
  const { post, asked } = stage(null, 1);
  for (let n = 0; n < 20; n++) await post({ ...BASH, tool_use_id: `u${n}` });
  assert.equal((await post({ ...BASH, tool_use_id: "more" })).decision, "deny");
  assert.equal(asked.length, 16);
});
