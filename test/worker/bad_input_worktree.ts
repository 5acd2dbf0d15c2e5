/** Wrong input where people look into the worktree of a run. */
import { bad, badQuery, type RouteRows } from "./bad_input_row.ts";

const RUN = { runId: "run_not_found" };

export const WORKTREE_ROUTES: readonly RouteRows[] = [
  {
    route: "GET B/runs/:runId/worktree",
    audience: "user",
    unknown: RUN,
    rows: [badQuery("path=../x", /'path'.*without '\.\.'/)],
  },
  { route: "GET B/runs/:runId/worktree/diff", audience: "user", unknown: RUN },
  {
    route: "POST B/runs/:runId/worktree/:commandId",
    audience: "runner",
    good: { kind: "refused", why: "failed" },
    isJson: true,
    isStrict: true,
    unknown: RUN,
    rows: [
      bad("an unknown kind", { kind: "secrets" }, /'kind'/),
      bad("a reason that is none", { kind: "refused", why: "no" }, /'why'.*expected one of/),
    ],
  },
];
