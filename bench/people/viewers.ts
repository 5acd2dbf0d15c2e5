/** Fan-out: pieces of one task's output to many viewers, until the last of them has the last piece. */
import { openSocket } from "../queue/clients/socket.ts";

export const PIECE_BYTES = 2_000;

export interface FanOut {
  /** Where a viewer connects, `http://...`. */
  readonly viewUrl: string;
  readonly appendUrl: string;
  readonly viewers: number;
  readonly pieces: number;
}

/** Deliveries a second: a piece that one viewer got is one. Pieces may come together in one message. */
export async function fanOut({ viewUrl, appendUrl, viewers, pieces }: FanOut): Promise<number> {
  const wanted = pieces * PIECE_BYTES;
  const done = Promise.withResolvers<void>();
  let finished = 0;
  const sockets = [];
  for (let n = 0; n < viewers; n++) {
    const socket = await openSocket(viewUrl);
    let got = 0;
    socket.onMessage = (text) => {
      got += bytesOf(text);
      if (got === wanted && ++finished === viewers) done.resolve();
    };
    socket.onClose = (why) => done.reject(new Error(`Cannot go on as every viewer must stay: ${why}`));
    sockets.push(socket);
  }
  const beganAt = performance.now();
  const answer = await fetch(`${appendUrl}&messages=${pieces}&bytes=${PIECE_BYTES}`, { method: "POST" });
  if (!answer.ok) throw new Error(`Cannot append: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
  await done.promise;
  const tookMs = performance.now() - beganAt;
  for (const socket of sockets) {
    socket.onClose = () => {};
    socket.close();
  }
  return viewers * pieces * 1_000 / tookMs;
}

/** A frame of ours says from where to where its text goes; the bare object sends the text itself. */
function bytesOf(message: string): number {
  if (!message.startsWith("{")) return message.length;
  const frame = JSON.parse(message) as { kind: string; offset?: number; nextOffset?: number };
  return frame.kind === "output" ? frame.nextOffset! - frame.offset! : 0;
}
