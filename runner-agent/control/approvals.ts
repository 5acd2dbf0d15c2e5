/**
 * Asks people to let held requests through: asks, waits, takes the answer into use.
 *
 * 1. One question per request, whatever happens to connections and to the control plane: the asking is repeated with its
 *    idempotency key until it was answered, and the waiting until there is a decision.
 * 2. The decision is about this request: the server's digest must be the one computed here.
 * 3. An approval is taken into use before it is told, once (`consume`): a second use is refused by the control plane.
 * 4. Who stops waiting takes the question back, also one whose id never came back.
 * 5. The socket says when it is worth asking; it is never believed by itself, and silence on it changes nothing.
 */
import {
  type ApprovalAnswer,
  approvalAnswer,
  approvalDigest,
  type ApprovalRequestInput,
  bodySha256Of,
} from "../../protocol/runner/approval.ts";
import { POLL_WAIT_MAX_MS } from "../../protocol/limits.ts";
import { backoffMs } from "../domain/backoff.ts";
import {
  APPROVAL_BODY_MAX_BYTES,
  APPROVAL_LOOK_MS,
  APPROVAL_QUICK_LOOKS,
  APPROVAL_WITHDRAW_MAX_MS,
  POLL_GRACE_MS,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
} from "../limits.ts";
import type { ApprovalDesk, ApprovalOutcome, Clock, HeldRequest } from "../ports.ts";
import { type ControlPlane, type ProjectAddress, projectPath } from "./control_plane.ts";
import { type CallOutcome, createCaller } from "./http_call.ts";
import { pause, type RetryDeps, untilAnswered } from "./retry.ts";

export interface ApprovalDeps {
  readonly at: ProjectAddress;
  readonly runnerId: string;
  readonly token: string;
  readonly plane: Pick<ControlPlane, "onApproval">;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** A fresh text that nobody else makes. */
  readonly newKey: () => string;
  readonly onRetry?: RetryDeps["onRetry"];
}

/** What is known of a question once it was asked. */
interface Asked {
  readonly id: string;
  readonly key: string;
}

export function createApprovalDesk(deps: ApprovalDeps): ApprovalDesk {
  const { clock, random, plane } = deps;
  const call = createCaller(deps.at.serverUrl, deps.token);
  const base = `${projectPath(deps.at)}/runners/${deps.runnerId}/approval-requests`;
  const retry: RetryDeps = {
    clock,
    random,
    ...(deps.onRetry === undefined ? {} : { onRetry: deps.onRetry }),
  };

  const post = (path: string, body: unknown, key: string, signal: AbortSignal) =>
    untilAnswered(
      () =>
        call({
          method: "POST",
          path: base + path,
          body,
          headers: { "idempotency-key": key },
          schema: approvalAnswer,
          signal,
        }),
      retry,
      signal,
    );

  /** Decided, or over; null: `signal` aborted. */
  async function decision(
    id: string,
    signal: AbortSignal,
    onWaiting: () => void,
  ): Promise<CallOutcome<ApprovalAnswer> & { kind: "ok" | "refused" } | null> {
    let quickLooks = 0;
    for (let failures = 0; !signal.aborted;) {
      onWaiting();
      const news = Promise.withResolvers<void>();
      // Listens before it asks: what is decided in between is not missed.
      const stop = plane.onApproval(id, () => {
        quickLooks = APPROVAL_QUICK_LOOKS;
        news.resolve();
      });
      const waitMs = stop === null ? POLL_WAIT_MAX_MS : 0;
      const askedMs = clock.nowMs();
      const outcome = await call({
        method: "GET",
        path: `${base}/${encodeURIComponent(id)}`,
        headers: waitMs === 0 ? {} : { prefer: `wait=${waitMs / 1_000}` },
        schema: approvalAnswer,
        timeoutMs: waitMs + POLL_GRACE_MS,
        signal,
      });
      failures = outcome.kind === "unreachable" ? failures + 1 : 0;
      const isPending = outcome.kind === "ok" && outcome.value.status === "pending";
      if (outcome.kind === "unreachable") {
        deps.onRetry?.(failures, outcome.detail);
        await waitFor(
          null,
          backoffMs(failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, random()),
          signal,
        );
      } else if (!isPending) {
        stop?.();
        return outcome;
      } else if (stop !== null) {
        // News of a run may be ahead of what they mean for its requests.
        const lookMs = quickLooks-- > 0 ? RETRY_FIRST_MS : untilLook(outcome.value, clock.nowMs());
        await waitFor(news.promise, lookMs, signal);
      } else if (clock.nowMs() - askedMs < RETRY_FIRST_MS) {
        // It did not wait: something in between may not know the header.
        await waitFor(null, RETRY_FIRST_MS, signal);
      }
      stop?.();
    }
    return null;
  }

  async function waitFor(news: Promise<void> | null, ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const time = pause(clock, ms, AbortSignal.any([signal, over.signal]));
    await (news === null ? time : Promise.race([time, news]));
    over.abort();
  }

  /** Not waited for by anybody: a control plane that is away for long ends the question by itself. */
  async function withdraw(
    asked: Asked | { readonly key: string; readonly body: ApprovalRequestInput },
  ): Promise<void> {
    const limit = new AbortController();
    const timer = pause(clock, APPROVAL_WITHDRAW_MAX_MS, limit.signal).then(() => limit.abort());
    let id = "id" in asked ? asked.id : null;
    if (!("id" in asked)) {
      const late = await post("", asked.body, asked.key, limit.signal);
      if (late.kind === "ok") id = late.value.id;
    }
    if (id !== null) {
      const body = { action: "withdraw", reason: "nobody waits for it any more" };
      await post(`/${encodeURIComponent(id)}`, body, `${asked.key}-withdraw`, limit.signal);
    }
    limit.abort();
    await timer;
  }

  /** Invariant 3. */
  async function use(
    { id, key }: Asked,
    answer: ApprovalAnswer,
    signal: AbortSignal,
  ): Promise<ApprovalOutcome> {
    const used = await post(`/${encodeURIComponent(id)}`, { action: "consume" }, `${key}-consume`, signal);
    if (used.kind === "given_up") return { kind: "withdrawn" };
    if (used.kind === "refused") return { kind: "refused", code: used.code, message: used.message };
    return { kind: "approved", requestId: id, decidedBy: answer.decidedBy ?? "", reason: answer.reason };
  }

  return {
    async requestApproval(request, signal, onWaiting = () => {}) {
      const { body, digest } = bodyOf(request);
      const key = deps.newKey();
      const sent = await post("", body, key, signal);
      if (sent.kind === "given_up") {
        void withdraw({ key, body });
        return { kind: "withdrawn" };
      }
      if (sent.kind === "refused") return { kind: "refused", code: sent.code, message: sent.message };
      const asked: Asked = { id: sent.value.id, key };
      if (sent.value.digest !== digest) {
        void withdraw(asked);
        return { kind: "refused", code: "digest_mismatch", message: "the question is about another request" };
      }
      const decided = await decision(asked.id, signal, onWaiting);
      if (decided === null) {
        void withdraw(asked);
        return { kind: "withdrawn" };
      }
      if (decided.kind === "refused") {
        void withdraw(asked);
        return { kind: "refused", code: decided.code, message: decided.message };
      }
      const { status, reason, decidedBy } = decided.value;
      if (decided.value.digest === digest && status === "approved") {
        return await use(asked, decided.value, signal);
      }
      return status === "denied"
        ? { kind: "denied", requestId: asked.id, decidedBy: decidedBy ?? "", reason }
        : { kind: "expired", requestId: asked.id, reason };
    },
  };
}

/** How long a pending question is left alone: until its end, or the next look. */
function untilLook({ expiresAt }: ApprovalAnswer, nowMs: number): number {
  const endMs = expiresAt === null ? NaN : Date.parse(expiresAt);
  return Number.isNaN(endMs)
    ? APPROVAL_LOOK_MS
    : Math.min(Math.max(endMs - nowMs, 0) + 500, APPROVAL_LOOK_MS);
}

/** The question as it is sent, and the digest of what it is about. */
function bodyOf(request: HeldRequest): { readonly body: ApprovalRequestInput; readonly digest: string } {
  const { jobId, method, url, labels, timeoutMinutes } = request;
  const bytes = typeof request.body === "string" ? new TextEncoder().encode(request.body) : request.body;
  const bodySha256 = bodySha256Of(bytes);
  const shown = bytes === null ? null : new TextDecoder().decode(bytes.subarray(0, APPROVAL_BODY_MAX_BYTES));
  return {
    body: {
      jobId,
      method,
      url,
      body: shown,
      bodySha256,
      labels: [...labels],
      ...(timeoutMinutes === undefined ? {} : { timeoutMinutes }),
    },
    digest: approvalDigest({ method, url, bodySha256 }),
  };
}
