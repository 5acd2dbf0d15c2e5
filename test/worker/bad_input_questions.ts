/** Wrong input at the routes of what runs ask people. */
import { bad, type RouteRows } from "./bad_input_row.ts";

const RUN = { runId: "run_not_found" };
const QUESTION = { id: "q1", kind: "pause", stepId: "gate" };
export const QUESTION_ROUTES: readonly RouteRows[] = [
  {
    route: "POST B/runs/:runId/questions",
    audience: "runner",
    good: QUESTION,
    isJson: true,
    isStrict: true,
    unknown: RUN,
    rows: [
      bad("no id", { kind: "pause", stepId: "gate" }, /'id'.*expected string/),
      bad("an id that is a path", { ...QUESTION, id: "../q" }, /'id'.*expected 1 to 64 letters/),
      bad("an unknown kind", { ...QUESTION, kind: "maybe" }, /'kind'.*expected one of.*came 'maybe'/),
      bad("words without end", { ...QUESTION, message: "x".repeat(4_001) }, /'message'.*<=4000/),
      bad("a detail without end", { ...QUESTION, detail: "x".repeat(32_001) }, /'detail'.*<=32000/),
      bad("no time at all", { ...QUESTION, expiresInMs: 0 }, /'expiresInMs'.*>=1, came 0/),
    ],
  },
  { route: "GET B/runs/:runId/questions", audience: "any", unknown: RUN },
  {
    route: "GET B/runs/:runId/questions/:questionId",
    audience: "any",
    unknown: { ...RUN, questionId: "question_not_found" },
  },
  {
    route: "DELETE B/runs/:runId/questions/:questionId",
    audience: "runner",
    unknown: { ...RUN, questionId: "question_not_found" },
  },
];
