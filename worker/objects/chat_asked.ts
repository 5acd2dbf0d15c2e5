/**
 * Completions and lists of models that people wait for, asked of a job that serves a model (Line 4.5). In memory: each
 * lives as long as the request that waits for it.
 */
import type { ChatCall, ChatFrame } from "../../protocol/line/chat.ts";
import { type HttpRefusal, refusal, refusalResponse } from "../errors.ts";
import { CHAT_ANSWER_MAX_BYTES, CHAT_ASKED_MAX, CHAT_SILENCE_MS, CHAT_UNREAD_MAX_BYTES } from "../limits.ts";

type Answering = Exclude<ChatFrame, { readonly type: "chat.reply" | "chat.end" }>;

/** Why there is no answer. */
type Fault =
  | "channel_not_open"
  | "channel_dropped"
  | "channel_silent"
  | "too_many_asked"
  | "answer_too_large";

const SAID: Readonly<Record<Fault, readonly [HttpRefusal["status"], string]>> = {
  channel_not_open: [409, "the job must serve a model, and its chat channel must be open"],
  channel_dropped: [503, "the channel must stay open until the answer is there: ask again"],
  channel_silent: [503, `the runner must go on within ${CHAT_SILENCE_MS / 1_000} seconds`],
  too_many_asked: [409, `at most ${CHAT_ASKED_MAX} may wait at a time`],
  answer_too_large: [502, `the answer must be at most ${CHAT_ANSWER_MAX_BYTES} bytes`],
};

interface Asked {
  readonly of: "completion" | "models";
  /** False: it wants no more. */
  hear(frame: Answering): boolean;
  fail(fault: Fault): void;
}

export interface ChatAsked {
  /** Asks for a completion, answered as events: each chunk, then `[DONE]`. */
  stream(body: unknown): Response;
  /** The same, answered at its end. */
  whole(body: unknown): Promise<Response>;
  models(): Promise<Response>;
  heard(frame: Answering): void;
  /** Nobody will answer any more. */
  dropped(): void;
}

/** @param say False: there is no channel. */
export function createChatAsked(say: (call: ChatCall) => boolean): ChatAsked {
  const asked = new Map<string, { readonly one: Asked; timer: ReturnType<typeof setTimeout> }>();

  function watch(id: string, one: Asked) {
    return setTimeout(() => {
      asked.delete(id);
      one.fail("channel_silent");
    }, CHAT_SILENCE_MS);
  }

  function ask(one: Asked, call: (requestId: string) => ChatCall): Fault | string {
    if (asked.size >= CHAT_ASKED_MAX) return "too_many_asked";
    const id = crypto.randomUUID();
    if (!say(call(id))) return "channel_not_open";
    asked.set(id, { one, timer: watch(id, one) });
    return id;
  }

  function forget(id: string): void {
    const known = asked.get(id);
    if (known !== undefined) clearTimeout(known.timer);
    asked.delete(id);
  }

  function completion(body: unknown) {
    return (requestId: string): ChatCall => ({ type: "chat.completion.request", requestId, body });
  }

  return {
    stream: (body) => {
      const encoder = new TextEncoder();
      let controller!: ReadableStreamDefaultController<Uint8Array>;
      let id = "";
      const event = (value: unknown) =>
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(value)}\n\n`));
      const one: Asked = {
        of: "completion",
        fail: (fault) => {
          event({ error: { code: fault, message: messageOf(fault) } });
          controller.close();
        },
        hear: (frame) => {
          if (frame.type === "chat.completion.chunk") {
            event(frame.chunk);
            if ((controller.desiredSize ?? 0) > 0) return true;
            one.fail("answer_too_large");
            return false;
          }
          if (frame.type === "chat.completion.error") event({ error: frame.error });
          else controller.enqueue(encoder.encode("data: [DONE]\n\n"));
          controller.close();
          return false;
        },
      };
      const stream = new ReadableStream<Uint8Array>(
        { start: (made) => void (controller = made), cancel: () => forget(id) },
        new ByteLengthQueuingStrategy({ highWaterMark: CHAT_UNREAD_MAX_BYTES }),
      );
      id = ask(one, completion(body));
      if (isFault(id)) return refuse(id);
      return new Response(stream, {
        headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
      });
    },
    whole: (body) =>
      new Promise((resolve) => {
        const chunks: unknown[] = [];
        let bytes = 0;
        const id = ask({
          of: "completion",
          fail: (fault) => resolve(refuse(fault)),
          hear: (frame) => {
            if (frame.type === "chat.completion.chunk") {
              bytes += JSON.stringify(frame.chunk ?? null).length;
              if (bytes <= CHAT_ANSWER_MAX_BYTES) return chunks.push(frame.chunk) > 0;
              resolve(refuse("answer_too_large"));
            } else if (frame.type === "chat.completion.error") {
              const message = "Cannot answer as the runner's model must: it said why in 'detail'";
              resolve(
                refusalResponse(refusal(502, "completion_failed", message, { detail: frame.error })),
              );
            } else if (frame.type === "chat.completion.done") {
              const { type: _, requestId, ...done } = frame;
              resolve(Response.json({ requestId, chunks, done }));
            }
            return false;
          },
        }, completion(body));
        if (isFault(id)) resolve(refuse(id));
      }),
    models: () =>
      new Promise((resolve) => {
        const id = ask({
          of: "models",
          fail: (fault) => resolve(refuse(fault)),
          hear: (frame) => {
            if (frame.type === "chat.models.response") resolve(Response.json({ models: frame.models }));
            return false;
          },
        }, (requestId) => ({ type: "chat.models.request", requestId }));
        if (isFault(id)) resolve(refuse(id));
      }),
    heard: (frame) => {
      const of = frame.type === "chat.models.response" ? "models" : "completion";
      // A list of models may come without saying for whom: then it is for whoever has waited longest.
      const id = frame.requestId ?? [...asked].find(([, { one }]) => one.of === of)?.[0];
      const known = id === undefined ? undefined : asked.get(id);
      if (id === undefined || known?.one.of !== of) return;
      clearTimeout(known.timer);
      if (known.one.hear(frame)) known.timer = watch(id, known.one);
      else asked.delete(id);
    },
    dropped: () => {
      for (const [id, { one }] of [...asked]) {
        forget(id);
        one.fail("channel_dropped");
      }
    },
  };
}

function isFault(text: string): text is Fault {
  return text in SAID;
}

function messageOf(fault: Fault): string {
  return `Cannot answer as ${SAID[fault][1]}`;
}

function refuse(fault: Fault): Response {
  return refusalResponse(refusal(SAID[fault][0], fault, messageOf(fault)));
}
