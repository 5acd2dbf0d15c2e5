/** Line 3 rows 7 and 9: what a server may have. */
import { holds, same } from "../check.ts";
import { answerText, isOk } from "../wire.ts";
import type { ServerCheck } from "./bench.ts";

export const EXTRA_CHECKS: readonly ServerCheck[] = [
  {
    id: "artifact.answer",
    section: "3 row 9, A24",
    level: "MAY",
    claim: "artifacts",
    says: "POST /artifacts takes {type, name, data} and gives an id",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { job } = await world.submitAndTake();
      const body = { type: "report", name: "Checks", data: { passed: 3 } };
      for (const token of [bench.place.userToken, job.jobToken].filter((one) => one !== undefined)) {
        const answer = await bench.call("POST", "/artifacts", { token, body });
        holds(isOk(answer) && answer.json?.id !== undefined, "2xx with an id", answerText(answer));
      }
      await world.runner.finish("success");
    },
  },
  {
    id: "approval_request.answer",
    section: "3 row 7, 15",
    level: "MAY",
    claim: "approval-requests",
    says: "POST /runners/{id}/approval-requests is pending until a user decides",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { job } = await world.submitAndTake();
      const path = `/runners/${world.runner.id}/approval-requests`;
      const body = {
        url: "https://example.com/x",
        method: "POST",
        body: "b",
        jobId: job.id,
        labels: [world.label],
      };
      const made = await world.runner.call("POST", path, { body });
      holds(made.status === 201 && made.json?.status === "pending", "201 and pending", answerText(made));
      const decided = await bench.call("POST", `${path}/${made.json.id}`, { body: { action: "approve" } });
      holds(isOk(decided), "2xx", answerText(decided));
      const after = await world.runner.call("GET", `${path}/${made.json.id}`);
      same("status", after.json?.status, "approved");
      await world.runner.finish("success");
    },
  },
];
