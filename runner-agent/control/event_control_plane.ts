/**
 * The control plane by polls that come when the event stream says that there is work. While there is no stream the poll
 * waits on the server, as without it.
 */
import type { ControlPlane } from "./control_plane.ts";
import type { EventStream } from "./event_stream.ts";

/** @param http The calls that do the work. */
export function createEventControlPlane(http: ControlPlane, stream: EventStream): ControlPlane {
  return {
    ...http,
    async poll(capabilities, waitMs, signal) {
      const first = await http.poll(capabilities, 0, signal);
      const isEmpty = first.kind === "ok" && first.value.jobs.length === 0 && first.value.drain !== true;
      if (!isEmpty || signal.aborted) return first;
      const hasStream = await stream.next(waitMs, signal);
      if (signal.aborted) return first;
      return await http.poll(capabilities, hasStream ? 0 : waitMs, signal);
    },
    close: () => {
      stream.close();
      http.close();
    },
  };
}
