import assert from "node:assert/strict";
import {
  answerLine,
  displayDetail,
  hookOutput,
  hookSettings,
  needsNoAnswer,
  readAnswerLine,
  readHookInput,
  readWishLine,
  shownInput,
  wishLine,
} from "./backend_permission.ts";
import { answeredInput, readQuestions } from "./backend_question.ts";

const WISH = { toolName: "Bash", toolInput: { command: "ls" } };
const CANONICAL = {
  questions: [{
    header: "Colour",
    question: "Which?",
    multiSelect: false,
    options: [{ label: "red", description: "warm" }, { label: "blue" }],
  }],
};
const ASKED = { toolName: "AskUserQuestion", toolInput: CANONICAL };

Deno.test("r02: the settings install both hooks, with words that the shell reads whole", () => {
  const { hooks } = JSON.parse(hookSettings(["/my bin/ail", "it's"], "/tmp/a.sock"));
  assert.deepEqual(hooks.PreToolUse.map((one: { matcher: string }) => one.matcher), [
    "AskUserQuestion",
    "^(?!AskUserQuestion$).*",
  ]);
  assert.deepEqual(
    hooks.PreToolUse.map((one: { hooks: { command: string }[] }) => one.hooks[0]!.command),
    [
      `'/my bin/ail' 'it'\\''s' ask-user-hook --socket /tmp/a.sock`,
      `'/my bin/ail' 'it'\\''s' check-permission-hook --socket /tmp/a.sock`,
    ],
  );
});

Deno.test("r02: the wish and the answer are one line each, as the reference has them", () => {
  assert.equal(wishLine(WISH), '{"tool_name":"Bash","tool_input":{"command":"ls"}}');
  assert.deepEqual(readWishLine(wishLine(WISH)), WISH);
  assert.equal(readWishLine('{"__close__":true}'), null);
  assert.equal(
    answerLine({ isAllowed: true, reason: null }, WISH),
    '{"behavior":"allow","updatedInput":{"command":"ls"}}',
  );
  assert.equal(answerLine({ isAllowed: false, reason: "no" }, WISH), '{"behavior":"deny","message":"no"}');
  assert.deepEqual(readAnswerLine('{"behavior":"deny","message":"no"}'), { isAllowed: false, reason: "no" });
  assert.equal(readAnswerLine('{"behavior":"maybe"}'), null);
});

function printed(...args: Parameters<typeof hookOutput>) {
  const { hookSpecificOutput } = JSON.parse(hookOutput(...args));
  assert.equal(hookSpecificOutput.hookEventName, "PreToolUse");
  return hookSpecificOutput;
}

Deno.test("r02: the check hook says what the run said", () => {
  assert.equal(printed("check", WISH, { isAllowed: true, reason: null }).permissionDecision, "allow");
  const denied = printed("check", WISH, { isAllowed: false, reason: "not here" });
  assert.deepEqual([denied.permissionDecision, denied.reason, denied.permissionDecisionReason], [
    "deny",
    "not here",
    "not here",
  ]);
  assert.ok(!("reason" in printed("check", WISH, { isAllowed: false, reason: null })));
});

Deno.test("r02: the check hook allows what it cannot read and questions, and denies without a run", () => {
  assert.equal(readHookInput("no json"), null);
  assert.ok(needsNoAnswer("check", null) && needsNoAnswer("check", ASKED));
  assert.ok(!needsNoAnswer("check", WISH) && !needsNoAnswer("ask", ASKED));
  assert.equal(printed("check", null, null).permissionDecision, "allow");
  assert.equal(printed("check", ASKED, null).permissionDecision, "allow");
  for (const [kind, wish] of [["check", WISH], ["ask", ASKED]] as const) {
    const denied = printed(kind, wish, null);
    assert.deepEqual([denied.permissionDecision, denied.reason], ["deny", "ail permission bridge error"]);
  }
});

Deno.test("r02: an answer to a question is a denial with a reason, and leaves the hook as an allowance", () => {
  const said = printed("ask", ASKED, { isAllowed: false, reason: "red" });
  assert.equal(said.permissionDecision, "allow");
  assert.deepEqual(said.updatedInput, { ...CANONICAL, answers: { "Which?": "red" } });
  assert.equal(printed("ask", ASKED, { isAllowed: false, reason: null }).permissionDecision, "deny");
});

for (
  const [what, input] of [
    ["the canonical shape", CANONICAL],
    ["options with previews", {
      questions: [{
        ...CANONICAL.questions[0],
        options: [{ label: "red", description: "warm", preview: "##" }, { label: "blue", preview: "" }],
      }],
    }],
    ["one question without a list", CANONICAL.questions[0]],
    ["JSON in a text", { questions: JSON.stringify(CANONICAL.questions) }],
    ["all of it JSON in a text", JSON.stringify(CANONICAL)],
    ["one question as the list", { questions: CANONICAL.questions[0] }],
    ["multiSelect as a text", {
      questions: [{ ...CANONICAL.questions[0], multiSelect: "false" }],
    }],
  ] as const
) {
  Deno.test(`r02: questions are normalised from ${what}`, () => {
    assert.deepEqual(readQuestions(input), CANONICAL);
    assert.deepEqual(shownInput({ toolName: "AskUserQuestion", toolInput: input }), CANONICAL);
  });
}

Deno.test("r02: options may be texts, and multiSelect 'true'", () => {
  assert.deepEqual(readQuestions({ question: "Which?", options: ["a", "b", 3], multiSelect: "true" }), {
    questions: [{
      header: "",
      question: "Which?",
      multiSelect: true,
      options: [{ label: "a" }, { label: "b" }],
    }],
  });
});

Deno.test("r02: what is no question stays as it was", () => {
  assert.equal(readQuestions({ colour: "red" }), null);
  assert.deepEqual(shownInput({ toolName: "AskUserQuestion", toolInput: { colour: "red" } }), {
    colour: "red",
  });
});

Deno.test("r02: several questions have one answer, or one each", () => {
  const input = { questions: [{ question: "A?", options: [] }, { question: "B?", options: [] }] };
  assert.deepEqual(answeredInput(input, "yes")["answers"], { "A?": "yes", "B?": "yes" });
  assert.deepEqual(answeredInput(input, '{"A?":"one","B?":"two"}')["answers"], { "A?": "one", "B?": "two" });
});

Deno.test("r02: the detail has a line for each argument, cut by characters and never within one", () => {
  assert.equal(displayDetail({ command: "ls", count: 2 }), "\n    command: ls\n    count: 2");
  assert.equal(displayDetail({ text: "one\ntwo\nthree" }), "\n    text: one… (3 lines)");
  assert.equal(displayDetail({ text: "😀".repeat(101) }), `\n    text: ${"😀".repeat(100)}…`);
  assert.equal(displayDetail({ text: "😀".repeat(100) }), `\n    text: ${"😀".repeat(100)}`);
  assert.equal(displayDetail("{not json"), "");
});
