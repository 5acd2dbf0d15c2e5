/** Drives the ceiling: each submission is one operation; there is nothing to work on. */
import { type QueueClient, runDriver } from "../driver.ts";
import type { Share } from "../spec.ts";
import { openSocket } from "./socket.ts";

/** About as large as a job's log entry. */
const OPERATION = JSON.stringify({
  kind: "submit",
  id: "01k9zr7g0e3v5q8x2m4n6p8r0t",
  title: "t",
  line: "l",
  at: 1_700_000_000_000,
});

await runDriver(createClient);

async function createClient(share: Share): Promise<QueueClient> {
  const submitters = await Promise.all(
    Array.from(
      { length: share.workers },
      () => share.system === "ceiling_http" ? overHttp(share) : overSocket(share),
    ),
  );
  return {
    submit: async (n) => {
      await submitters[n]!();
      return "";
    },
    submitMany: () => Promise.reject(new Error("Cannot submit many as the ceiling takes one at a time")),
    startWorkers: async (events) => events.completed(share.jobs),
    close: async () => {},
  };
}

async function overHttp(share: Share): Promise<() => Promise<void>> {
  const url = `${share.url}/write?mode=${share.variant}`;
  return async () => {
    const response = await fetch(url, { method: "POST", body: OPERATION });
    await response.text();
  };
}

async function overSocket(share: Share): Promise<() => Promise<void>> {
  const socket = await openSocket(`${share.url}/socket?mode=${share.variant}`);
  let answered = () => {};
  socket.onMessage = () => answered();
  return () =>
    new Promise((resolve) => {
      answered = resolve;
      socket.send(OPERATION);
    });
}
