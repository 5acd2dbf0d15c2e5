/**
 * The turns of a queue's sockets. Frames that have come wait for the end of the turn of the event loop; then they are
 * handled one after the other, what was decided is written once, and what was said leaves. A hundred small events become
 * one piece of work: that is cheaper than the sum of its parts, as code and data stay in the processor's caches.
 *
 * Invariants:
 *   1. What is said leaves behind the write of everything decided until then (`QueueCore.committed`): no answer overtakes
 *      its effect.
 *   2. Frames of a socket are handled in the order in which they came, and its end behind them.
 *   3. While something waits here a callback is to come, so the object does not sleep.
 */
import { SOCKET_TURN_CHARS_MAX } from "../limits.ts";
import type { QueueCore } from "./queue_core.ts";
import type { SocketSession } from "./runner_socket_session.ts";

export interface SocketTurns {
  /** A frame of text has come. */
  heard(session: SocketSession, text: string): void;
  /** The session has something to say or to attach. */
  touched(session: SocketSession): void;
  /** Runs the callback before the turn's write, and not in the middle of a decision. */
  soon(callback: () => void): void;
  /** Handles now what has come: something else of one of the sockets comes behind it. */
  settle(): void;
}

interface Frame {
  readonly session: SocketSession;
  readonly text: string;
}

/** Rounds of the event loop that frames wait for others: some tenths of a millisecond. */
const ROUNDS_MAX = 3;

/** @param handle Handles a frame; it never throws. */
export function createSocketTurns(options: {
  readonly core: QueueCore;
  readonly atEndOfTurn: (callback: () => void) => void;
  readonly handle: (session: SocketSession, text: string) => void;
}): SocketTurns {
  const { core, atEndOfTurn, handle } = options;
  let frames: Frame[] = [];
  let chars = 0;
  /** How many frames there were at the last look, and how many looks before it there were. */
  let seen = 0;
  let rounds = 0;
  let callbacks: (() => void)[] = [];
  let touched: SocketSession[] = [];
  let isHandling = false;

  /** While more come in they are waited for, a little: a turn of twice as many costs less than two. One alone does not wait. */
  function look(): void {
    if (frames.length <= seen || rounds === ROUNDS_MAX) return turn();
    seen = frames.length;
    rounds++;
    atEndOfTurn(look);
  }

  function turn(): void {
    const now = frames;
    if (now.length === 0) return;
    frames = [];
    chars = 0;
    const isWritten = core.together(() => {
      isHandling = true;
      try {
        for (const { session, text } of now) handle(session, text);
        while (callbacks.length > 0) runCallbacks();
      } finally {
        isHandling = false;
      }
    });
    if (isWritten) leave(seal());
  }

  function runCallbacks(): void {
    const now = callbacks;
    callbacks = [];
    for (const callback of now) callback();
  }

  /** What was said by now; what is said from now on waits for a later write. */
  function seal(): readonly SocketSession[] {
    const sessions = touched;
    touched = [];
    for (const session of sessions) session.seal();
    return sessions;
  }

  function leave(sessions: readonly SocketSession[]): void {
    for (const session of sessions) session.leave();
  }

  /** What others than frames have made sessions say. */
  async function leaveLater(): Promise<void> {
    const sessions = seal();
    try {
      await core.committed();
    } catch {
      // Nothing is answered: the object ends, and clients repeat (O4).
      return;
    }
    leave(sessions);
  }

  return {
    heard: (session, text) => {
      chars += text.length;
      if (frames.push({ session, text }) === 1) {
        seen = 1;
        rounds = 0;
        atEndOfTurn(look);
      }
      if (chars > SOCKET_TURN_CHARS_MAX) turn();
    },
    // A queued microtask costs several times this in workerd.
    touched: (session) => {
      if (touched.push(session) === 1 && !isHandling) void Promise.resolve().then(leaveLater);
    },
    soon: (callback) => {
      if (callbacks.push(callback) === 1 && !isHandling) void Promise.resolve().then(runCallbacks);
    },
    settle: turn,
  };
}
