/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** How a runner is. */
import type { RunnerView } from "../domain/job_queue_api.ts";

/** In words and colour: there or not, at work or not, and whether it takes more. */
export function RunnerState({ runner }: { readonly runner: RunnerView }) {
  const { status, intake, currentJobIds } = runner;
  const jobs = currentJobIds.length;
  return (
    <div class="meta">
      {status === "online" ? <span class="pill good">Online</span> : <span class="pill">Offline</span>}
      {jobs > 0 ? <span class="pill busy">Busy{jobs > 1 ? ` with ${jobs}` : ""}</span> : null}
      {intake === "paused" ? <span class="pill wait">Paused</span> : null}
      {intake === "draining" ? <span class="pill wait">Draining</span> : null}
    </div>
  );
}
