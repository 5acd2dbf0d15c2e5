/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { type LiveQuestion, sessionMetadata } from "../../protocol/line/live.ts";
import { LIVE_QUESTIONS_MAX } from "../limits.ts";
import { pendingAnswer, questionOf, voteOf, withAnswer, withQuestion } from "./live_question.ts";

const ask = (event: object): LiveQuestion | null =>
  questionOf(sessionMetadata.parse({ sessionId: "s", ...event }), 1_000);
const permission = ask({
  subtype: "permission_request",
  toolName: "Bash",
  toolUseId: "t1",
  question: "Bash(ls)",
})!;
const pane = ask({
  subtype: "alp_pane",
  paneQuestionId: "p1",
  question: "Which theme?",
  options: ["Dark", "Light"],
})!;
const must = (list: readonly LiveQuestion[], id: string, ...answers: string[]) => {
  const answered = withAnswer(list, id, answers);
  assert.ok(answered.ok, JSON.stringify(answered));
  return answered.value;
};

Deno.test("permissions, prompts, sign-ins and an agent's own questions are questions; nothing else is", () => {
  assert.deepEqual([permission.questionType, permission.parts[0]!.options], ["permission", [
    "allow",
    "deny",
  ]]);
  assert.deepEqual([pane.questionType, pane.parts[0]!.options], ["alp_pane", ["Dark", "Light"]]);
  const external = ask({ subtype: "onboarding_external", questionId: "o1", question: "Sign in" })!;
  assert.equal(external.questionId, "o1");
  const questions = [{ question: "Which?", options: [{ label: "A" }, { label: "B" }], multiSelect: true }];
  const own = ask({
    subtype: "tool_use",
    toolName: "AskUserQuestion",
    toolUseId: "q1",
    toolInput: { questions },
  })!;
  assert.deepEqual(own.parts, [{ question: "Which?", options: ["A", "B"], multiSelect: true, answer: null }]);
  for (
    const event of [
      { subtype: "permission_request", toolName: "Bash" },
      { subtype: "tool_use", toolName: "Bash", toolUseId: "t" },
      { subtype: "alp_pane", paneQuestionId: 5 },
      { subtype: "tool_use", toolName: "AskUserQuestion", toolUseId: "q", toolInput: { questions: [] } },
    ]
  ) assert.equal(ask(event), null, JSON.stringify(event));
});

Deno.test("nobody's silence is an answer: a permission without one has none, whatever the time", () => {
  assert.deepEqual(voteOf([permission], "t1"), { resolvedAnswer: null, voteDeadline: 31_000 });
  assert.equal(voteOf(must([permission], "t1", "deny"), "t1").resolvedAnswer, "deny");
  assert.deepEqual([voteOf([permission], "t2"), voteOf([], null)], [{}, {}]);
});

Deno.test("an answer is given once, fits its question, and goes to the agent's screen unless it is a vote", () => {
  const list = [permission, pane];
  assert.deepEqual(pendingAnswer(list), {});
  assert.deepEqual(pendingAnswer(must(list, "t1", "allow")), {});
  const answered = must(list, "p1", "Light");
  assert.deepEqual(pendingAnswer(answered), {
    questionId: "p1",
    questionType: "alp_pane",
    options: ["Dark", "Light"],
    answer: "Light",
    multiSelect: false,
    subQuestions: [],
  });
  const errorOf = (of: readonly LiveQuestion[], id: string, ...answers: string[]) => {
    const refused = withAnswer(of, id, answers);
    return refused.ok ? null : refused.error;
  };
  assert.equal(errorOf(answered, "p1", "Dark"), "answered");
  assert.equal(errorOf(list, "nobodys", "x"), "unknown");
  assert.equal(errorOf(list, "t1", "maybe"), "unfit");
  assert.equal(errorOf(list, "p1", "a", "b"), "unfit");
});

Deno.test("several questions of an agent are answered together", () => {
  const questions = [{ question: "One?" }, { question: "Two?" }];
  const own = ask({
    subtype: "tool_use",
    toolName: "AskUserQuestion",
    toolUseId: "q",
    toolInput: { questions },
  })!;
  const { answer, subQuestions } = pendingAnswer(must([own], "q", "1", "2"));
  assert.deepEqual([answer, subQuestions!.map((one) => [one.question, one.resolvedAnswer])], [
    "1",
    [["One?", "1"], ["Two?", "2"]],
  ]);
});

Deno.test("the newest questions are kept, and the same one once", () => {
  let list: readonly LiveQuestion[] = [];
  for (let n = 0; n < LIVE_QUESTIONS_MAX + 3; n++) {
    list = withQuestion(list, { ...pane, questionId: `p${n}` });
    assert.equal(withQuestion(list, { ...pane, questionId: `p${n}` }), list);
  }
  assert.deepEqual([list.length, list[0]!.questionId], [LIVE_QUESTIONS_MAX, "p3"]);
});
