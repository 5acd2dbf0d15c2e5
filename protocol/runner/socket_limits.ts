/** What both ends of a runner's socket must keep to: units in the names, reasons beside them. */

/** One text frame. The platform reads a message as a whole, and the object has 128 MB for all of them. */
export const SOCKET_FRAME_MAX_BYTES = 1024 * 1024;
/** Messages in one frame: what a hundred jobs need (a report and a `want` each), several times over. */
export const SOCKET_MESSAGES_MAX = 1_000;
/** Cards in one `submit`, and runs in one `heartbeat` or `hello`. */
export const SOCKET_ITEMS_MAX = 1_000;
/** Cards in one `submit` with an idempotency key: the ids of their tasks are remembered for a day, in 8 KiB. */
export const SOCKET_KEYED_CARDS_MAX = 250;
/** Frames of one socket that wait for their answer; the next one is of a client that does not listen. */
export const SOCKET_FRAMES_IN_FLIGHT_MAX = 256;
/** Jobs that a runner may ask for in advance, on one socket. */
export const SOCKET_CREDIT_MAX = 1_000;
/** Output that was sent and not yet acknowledged, on one socket: some chunks of 64 KiB under way hide a round trip. */
export const SOCKET_LOG_WINDOW_BYTES = 512 * 1024;
/** What a runner says of itself is kept beside its socket while the queue sleeps; the platform keeps 2 KiB there. */
export const SOCKET_CAPABILITIES_MAX_BYTES = 1_024;
/** A silent connection is cut by proxies after 30 to 60 s. The answer comes without waking anybody. */
export const SOCKET_PING_MS = 25_000;
/** A client that has pinged and then missed three pings is gone, whatever its connection says. */
export const SOCKET_SILENT_MAX_MS = 80_000;

/** The ping and its answer: texts outside the protocol, which the platform answers while the queue sleeps. */
export const SOCKET_PING = "ping";
export const SOCKET_PONG = "pong";

/** Close codes (RFC 6455: 1008 policy, 4000 and above are ours). */
export const SOCKET_CLOSE_POLICY = 1008;
/** Another connection of the same runner took this one's place. */
export const SOCKET_CLOSE_SUPERSEDED = 4409;
/** The token is not accepted any more. */
export const SOCKET_CLOSE_UNAUTHENTICATED = 4401;

if (SOCKET_PING_MS * 3 > SOCKET_SILENT_MAX_MS) {
  throw new RangeError(
    `Cannot use limits as SOCKET_PING_MS * 3 must be <= SOCKET_SILENT_MAX_MS: current values are ${SOCKET_PING_MS} and ${SOCKET_SILENT_MAX_MS}`,
  );
}
