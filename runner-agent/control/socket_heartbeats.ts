/**
 * The signs of life of all runs of this runner in one message: beats that come close to each other travel together, and
 * as they are answered together, the next ones come together too.
 */
import { z } from "zod";
import type { ReportAnswer, RunnerReport } from "../../protocol/line/runner.ts";
import { SOCKET_ITEMS_MAX } from "../../protocol/runner/socket_limits.ts";
import { HEARTBEAT_GATHER_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { reportAnswer } from "./answers.ts";
import type { CallOutcome } from "./http_call.ts";
import type { SocketLink } from "./socket_link.ts";

/** A sign of life; its run is named. */
export type Beat = Omit<RunnerReport, "jobResult"> & { readonly runId: string };

const verdicts = z.object({
  runs: z.array(z.union([
    z.looseObject({
      runId: z.string(),
      ok: z.literal(false),
      status: z.number().int(),
      error: z.object({ code: z.string(), message: z.string() }),
    }),
    z.looseObject({ runId: z.string(), ok: z.literal(true) }),
  ])),
});

interface Gathered {
  readonly beat: Beat;
  settle(outcome: CallOutcome<ReportAnswer>): void;
}

/** Sends beats. `beat` resolves with the verdict on its run. */
export function createSocketHeartbeats(
  link: Pick<SocketLink, "request">,
  clock: Clock,
): { beat(beat: Beat): Promise<CallOutcome<ReportAnswer>> } {
  let gathered: Gathered[] = [];

  async function send(batch: readonly Gathered[]): Promise<void> {
    const runs = batch.map(({ beat }) => ({ ...beat }));
    const outcome = await link.request("heartbeat", { runs }, verdicts);
    batch.forEach(({ settle }, n) =>
      settle(outcome.kind === "ok" ? verdictOn(outcome.value.runs[n]) : outcome)
    );
  }

  return {
    beat: (beat) => {
      const { promise, resolve } = Promise.withResolvers<CallOutcome<ReportAnswer>>();
      gathered.push({ beat, settle: resolve });
      if (gathered.length === 1) {
        void clock.sleep(HEARTBEAT_GATHER_MS).then(() => {
          const all = gathered;
          gathered = [];
          for (let at = 0; at < all.length; at += SOCKET_ITEMS_MAX) {
            void send(all.slice(at, at + SOCKET_ITEMS_MAX));
          }
        });
      }
      return promise;
    },
  };
}

function verdictOn(
  verdict: z.output<typeof verdicts>["runs"][number] | undefined,
): CallOutcome<ReportAnswer> {
  if (verdict === undefined) return { kind: "unreachable", detail: "no verdict" };
  if (!verdict.ok) {
    const { status, error } = verdict;
    return { kind: "refused", status, code: error.code, message: error.message };
  }
  const read = reportAnswer.safeParse(verdict);
  return read.success
    ? { kind: "ok", value: read.data }
    : { kind: "unreachable", detail: "unexpected verdict" };
}
