/** When the agent of a run was last seen to do something beside its output: a word to its model, or to a tool of ours. */
export interface RunActivity {
  lastAtMs(): number;
  note(): void;
}

export function createRunActivity(nowMs: () => number): RunActivity {
  let lastAtMs = nowMs();
  return { lastAtMs: () => lastAtMs, note: () => void (lastAtMs = nowMs()) };
}

/** Notes each request and each piece of its answer, so that a model that thinks aloud is not silence. */
export function withActivity(
  handle: (request: Request) => Response | Promise<Response>,
  activity: RunActivity,
): (request: Request) => Promise<Response> {
  return async function noted(request) {
    activity.note();
    const answer = await handle(request);
    activity.note();
    if (answer.body === null) return answer;
    const watched = answer.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          activity.note();
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(watched, answer);
  };
}
