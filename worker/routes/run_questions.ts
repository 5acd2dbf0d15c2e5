/**
 * What runs ask people in their middle (Pipeline s13): its runner asks and waits. People answer the ask, as any other: on its
 * page, by `/v1/gates/{askId}`, by their channels.
 */
import { Hono } from "hono";
import { questionAnswer, questionInput, questionList } from "../../protocol/agent/question.ts";
import type { AppEnv } from "../app_env.ts";
import { answer } from "./answer.ts";
import { preferredWaitMs, readBody } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const QUESTIONS = `${PROJECT_PATH}/runs/:runId/questions`;
const QUESTION = `${QUESTIONS}/:questionId`;

export function createRunQuestionRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.post(QUESTIONS, async (c) => {
    const body = await readBody(c, questionInput);
    if (!body.ok) return body.error;
    const runId = c.req.param("runId");
    return answer(await c.var.queue.askQuestion(c.var.caller, { runId, wish: body.value }), 201);
  });
  app.get(QUESTIONS, async (c) => {
    const listed = await c.var.queue.listQuestions(c.var.caller, { runId: c.req.param("runId") });
    return listed.ok ? c.json({ questions: listed.value }) : answer(listed);
  });
  app.get(QUESTION, async (c) => {
    const { runId, questionId } = c.req.param();
    const waitMs = preferredWaitMs(c);
    return answer(await c.var.queue.readQuestion(c.var.caller, { runId, questionId, waitMs }));
  });
  app.delete(QUESTION, async (c) => {
    const { runId, questionId } = c.req.param();
    return answer(await c.var.queue.withdrawQuestion(c.var.caller, { runId, questionId }));
  });
  return app;
}

const ABOUT = { tag: "Agents at work" } as const;
const OWN = ["403 not_your_runner", "404 run_not_found"];
const FOUND = [...OWN, "404 question_not_found"];

export const RUN_QUESTION_OPERATIONS: readonly Operation[] = [
  {
    ...ABOUT,
    method: "post",
    paths: [QUESTIONS],
    summary: "Ask people in the middle of a run",
    description:
      "Opens an ask under the project's policy for `@pipeline_gate`, which people answer as any other. The same `id` is the " +
      "same question for ever. While one is open the run's idle time does not count.",
    tokens: ["runner"],
    body: questionInput,
    answers: { 201: questionAnswer },
    refusals: [...OWN, "409 run_finished", "409 question_differs", "409 too_many_questions"],
  },
  {
    ...ABOUT,
    method: "get",
    paths: [QUESTIONS],
    summary: "List what a run has asked people",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: questionList },
    refusals: OWN,
  },
  {
    ...ABOUT,
    method: "get",
    paths: [QUESTION],
    summary: "How a question of a run stands",
    description:
      "`Prefer: wait=N` waits up to 25 s for its end. Only a person's answer is `answered`; `expired` is the question's own " +
      "time; every other end without an answer is `rejected`.",
    tokens: ["user", "runner"],
    scope: "tasks:read",
    answers: { 200: questionAnswer },
    refusals: FOUND,
  },
  {
    ...ABOUT,
    method: "delete",
    paths: [QUESTION],
    summary: "Take a question of a run back",
    description: "One that has ended stays as it is.",
    tokens: ["runner"],
    answers: { 200: questionAnswer },
    refusals: FOUND,
  },
];
