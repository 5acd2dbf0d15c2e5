/** Gates and permissions that a program decides: answers come as messages, in the order in which they are asked (Pipeline 3.5, s13). */
import type { ControlMessage } from "../pipeline/control_message.ts";
import type { HumanAnswer, HumanAsk } from "../pipeline/effect.ts";
import { PERMISSION_WAIT_MS } from "./limits.ts";
import type { HumanDesk, PermissionAnswer, PermissionRequest } from "./ports.ts";

type HumanMessage = Extract<ControlMessage, { readonly type: "hitl_response" }>;
type PermissionMessage = Extract<ControlMessage, { readonly type: "permission_response" }>;

/** Gates take it for the empty text; who needs a yes does not take it for one. */
const CLOSED: HumanAnswer = { kind: "answered", text: "", isClosed: true };

interface Waiting {
  readonly answer: (given: HumanAnswer) => void;
}

export class ControlledDesk implements HumanDesk {
  readonly #waiting: Waiting[] = [];
  /** Answers that came before they were asked for; one that names a step is for that step only. */
  readonly #early: { readonly stepId: string | null; readonly given: HumanAnswer }[] = [];
  readonly #standing = new Set<string>();
  #permission: { readonly answer: (given: PermissionMessage | null) => void } | null = null;
  /** The end of the request before: one is asked at a time. */
  #permissionBefore: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  ask({ stepId }: HumanAsk, signal: AbortSignal): Promise<HumanAnswer> {
    const at = this.#early.findIndex((early) => early.stepId === null || early.stepId === stepId);
    if (at !== -1) return Promise.resolve(this.#early.splice(at, 1)[0]!.given);
    if (this.#isClosed || signal.aborted) return Promise.resolve(CLOSED);
    const { promise, resolve } = Promise.withResolvers<HumanAnswer>();
    const waiting: Waiting = { answer: resolve };
    this.#waiting.push(waiting);
    signal.addEventListener("abort", () => {
      const at = this.#waiting.indexOf(waiting);
      if (at !== -1) this.#waiting.splice(at, 1);
      resolve(CLOSED);
    }, { once: true });
    return promise;
  }

  answerHuman(message: HumanMessage): void {
    const given: HumanAnswer = message.isRejected
      ? { kind: "rejected", reason: message.reason }
      : { kind: "answered", text: message.text };
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#early.push({ stepId: message.stepId, given });
    else waiting.answer(given);
  }

  hasStandingPermission = (displayName: string): boolean => this.#standing.has(displayName);

  askPermission = (request: PermissionRequest): Promise<PermissionAnswer> => {
    const answer = this.#permissionBefore.then(() => this.#askPermission(request));
    this.#permissionBefore = answer;
    return answer;
  };

  answerPermission(message: PermissionMessage): void {
    this.#permission?.answer(message);
  }

  /** Nobody answers any more: gates get the empty text, tools are refused. */
  close(): void {
    this.#isClosed = true;
    for (const { answer } of this.#waiting.splice(0)) answer(CLOSED);
    this.#permission?.answer(null);
  }

  async #askPermission({ displayName }: PermissionRequest): Promise<PermissionAnswer> {
    if (this.#standing.has(displayName)) return { isAllowed: true, reason: null };
    if (this.#isClosed) return { isAllowed: false, reason: "nobody answers" };
    const { promise, resolve } = Promise.withResolvers<PermissionMessage | null | "timeout">();
    this.#permission = { answer: resolve };
    const timer = setTimeout(() => resolve("timeout"), PERMISSION_WAIT_MS);
    const message = await promise;
    clearTimeout(timer);
    this.#permission = null;
    if (message === "timeout") return { isAllowed: false, reason: "timeout" };
    if (message === null) return { isAllowed: false, reason: "nobody answers" };
    if (message.isAllowed && message.isForSession) this.#standing.add(displayName);
    return { isAllowed: message.isAllowed, reason: message.reason };
  }
}
