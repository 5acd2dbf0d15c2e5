/**
 * Approval requests: a request of an agent that the runner's proxy holds until a person has decided (Line 3 row 7, Line 15).
 *
 * 1. A decision is about one exact request: method, URL and the hash of its body make the digest, which both sides compute
 *    and compare ({@link approvalDigest}).
 * 2. It is good for one use: who lets the request through posts `consume` first, and only the first one counts.
 * 3. Silence is no approval: without a decision it ends as `expired`, at its time or with its run.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { labels, reason } from "../line/fields.ts";

/** Longer ones are refused by most servers as well. */
export const APPROVAL_URL_MAX_CHARS = 8_000;
/** A week: a job lives for hours, and its end is the request's. */
const TIMEOUT_MAX_MINUTES = 10_080;

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, { error: "expected 64 hex digits" });

/**
 * `POST B/runners/{runner}/approval-requests`. `body` is the request's text, or for one that is too large or no text its
 * beginning, with the hash of the whole in `bodySha256`.
 */
export const approvalRequest = z.object({
  url: z.url({ protocol: /^https?$/ }).max(APPROVAL_URL_MAX_CHARS),
  /** Methods are case-sensitive. */
  method: z.string().regex(/^[A-Za-z]{1,20}$/, { error: "expected the method of a request" }),
  body: z.unknown().optional().transform((body) => body === undefined || body === null ? null : textOf(body)),
  bodySha256: sha256Hex.optional(),
  jobId: z.string().min(1).max(100),
  labels: labels.default([]),
  /** After this without a decision it is expired; the policy may say less. */
  timeoutMinutes: z.number().int().min(1).max(TIMEOUT_MAX_MINUTES).optional(),
});
export type ApprovalRequestInput = z.input<typeof approvalRequest>;

/** `POST .../approval-requests/{id}`: a user decides; its runner takes it back, or takes the approval into use. */
export const approvalAction = z.object({
  action: z.enum(["approve", "deny", "withdraw", "consume"]),
  reason: reason.default(""),
});

export const approvalStatus = z.enum(["pending", "approved", "denied", "expired"]);
export type ApprovalStatus = z.output<typeof approvalStatus>;

/** How it stands. `reason` also says why it is `expired`. Times are ISO-8601. */
export const approvalAnswer = z.object({
  id: z.string(),
  status: approvalStatus,
  /** What the decision is bound to: {@link approvalDigest}. */
  digest: sha256Hex,
  reason: z.string(),
  decidedBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
  expiresAt: z.string().nullable(),
  /** The approval was taken into use at this time, and is spent. */
  consumedAt: z.string().nullable(),
});
export type ApprovalAnswer = z.output<typeof approvalAnswer>;

/** The part of a request that a decision is bound to. */
export interface BoundRequest {
  readonly method: string;
  readonly url: string;
  /** Hex. */
  readonly bodySha256: string;
}

/**
 * Hex of SHA-256 over method, URL and body hash, each on its line; none of them can hold a line break.
 *
 * @example
 * ```ts
 * approvalDigest({ method: "POST", url: "https://example.org/pay", bodySha256: bodySha256Of(null) });
 * ```
 */
export function approvalDigest({ method, url, bodySha256 }: BoundRequest): string {
  return bytesToHex(sha256(utf8ToBytes(`${method}\n${url}\n${bodySha256}`)));
}

/** Hex of SHA-256 of a body; of none it is that of no bytes. */
export function bodySha256Of(body: string | Uint8Array | null): string {
  return bytesToHex(sha256(typeof body === "string" ? utf8ToBytes(body) : body ?? new Uint8Array()));
}

/** Runners that send what they parsed are understood as well. */
function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}
