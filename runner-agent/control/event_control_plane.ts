/**
 * Polls that come when the event stream says that there is work (Line 3, row 6). Where there is no stream, or while it
 * is down, they are the polls that they would be without it.
 */
import type { Clock } from "../ports.ts";
import type { ControlPlane } from "./control_plane.ts";
import type { EventStream } from "./event_stream.ts";

/** @param http The calls that do the work. */
export function createEventControlPlane(http: ControlPlane, stream: EventStream, clock: Clock): ControlPlane {
  return {
    ...http,
    async poll(capabilities, waitMs, signal) {
      const untilMs = clock.nowMs() + waitMs;
      // With a stream to wait on, the server need not hold the poll.
      const first = await http.poll(capabilities, stream.isOpen ? 0 : waitMs, signal);
      const isEmpty = first.kind === "ok" && first.value.jobs.length === 0 && first.value.drain !== true;
      const restMs = untilMs - clock.nowMs();
      if (!isEmpty || restMs <= 0) return first;
      const hasNews = await stream.next(restMs, signal);
      return hasNews && !signal.aborted ? await http.poll(capabilities, 0, signal) : first;
    },
    close: () => {
      stream.close();
      http.close();
    },
  };
}
