/** The name of the `LiveSession` object that knows the task of a broadcast: longer than any session's id. Pure. */
const PREFIX = `broadcast ${".".repeat(200)} `;

export function broadcastName(broadcastId: string): string {
  return PREFIX + broadcastId;
}
