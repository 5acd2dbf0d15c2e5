/** A disk that takes or gives nothing any more: a run is stopped or goes on, and the runner lives. */
import assert from "node:assert/strict";
import { ManualClock, settled } from "../../test/fake/manual_clock.ts";
import type { EventFields } from "../log/event_log.ts";
import { startOutputPump } from "./output_pump.ts";
import type { RunContext } from "./run_context.ts";
import { createRunWatch } from "./run_watch.ts";
import { stopFor } from "./sandbox_guards.ts";

/** A run whose directory is where no file can be. */
function rig() {
  const told: (readonly [string, EventFields | undefined])[] = [];
  const context = {
    deps: {
      log: (event: string, fields?: EventFields) => void told.push([event, fields]),
      clock: new ManualClock(),
      random: () => 0,
      journal: { writeLogPosition: () => Promise.resolve() },
      controlPlane: {
        onWatched: () => () => {},
        sendLog: () => Promise.resolve({ kind: "ok", value: { cancel: false } }),
      },
      runtime: {
        output(_id: string, onBytes: (stream: "stdout", bytes: Uint8Array) => void) {
          onBytes("stdout", new TextEncoder().encode("now"));
          return Promise.resolve();
        },
      },
      print: null,
    },
    dirs: { root: "/dev/null/run" },
    ids: { runId: "r1", jobId: "j1", stationId: "s1" },
    run: { runId: "r1", job: { stationName: "" } },
    ref: {},
    secrets: [],
  } as unknown as RunContext;
  return { context, told, watch: createRunWatch("standing") };
}

Deno.test("a run over its limit is stopped, also when the full disk does not take why", async () => {
  const { context, told, watch } = rig();
  await stopFor(context, watch, "limit_exceeded", "its files take too much");
  assert.equal(watch.stop, "limit_exceeded");
  assert.deepEqual(told.map(([event, fields]) => [event, Object.keys(fields!).at(-1)]), [
    ["sandbox_fault", "detail"],
    ["sandbox_fault", "fault"],
  ]);
});

Deno.test("output of a former sandbox that cannot be read costs itself, and what comes now is sent", async () => {
  const { context, told, watch } = rig();
  let stdout = "";
  const pump = startOutputPump(context, "c1", watch, {
    former: ["/dev/null/former_output.1"],
    start: { nextSequence: 0, offset: 0, inflightBytes: 0 },
    onStdout: (bytes) => void (stdout += new TextDecoder().decode(bytes)),
  });
  // Nobody waits for it yet: a rejection would end this process.
  await settled();
  await pump.finish(new AbortController().signal);
  assert.equal(stdout, "now");
  assert.deepEqual(told.map(([event]) => event), ["log_cut"]);
});
