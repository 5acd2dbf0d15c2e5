/**
 * The port of what comes in from outside: a channel checks that a message is its own and says what it wants; nothing here
 * decides. The route behind it finds the ask and the person, and the ask's own rules say yes or no.
 *
 * 1. Nothing of a message is believed before its signature was checked over its raw bytes, in constant time.
 * 2. A signature alone is not enough: a message has a time, or an id that is remembered, so that it counts once.
 * 3. The identity is what the channel knows of its user (`github:LOGIN`, `slack:ID`), never what a text claims.
 */
import { err, type Result } from "../../protocol/result.ts";
import type { Setting } from "./config.ts";

export type ChannelKind = "webhook" | "slack" | "github";

/** A message as it came. */
export interface InboundRequest {
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Which ask is meant: its id, or what it is about, e.g. `github:acme/site#12`. */
export type AskRef =
  | { readonly kind: "ask"; readonly askId: string }
  | { readonly kind: "subject"; readonly ref: string };

/** Somebody's answer. */
export interface ChannelDecision {
  readonly kind: "decision";
  /** Unique per message of the channel, and the same when the message comes again. */
  readonly messageId: string;
  /** `github:LOGIN`, `slack:ID`, `mail:ADDRESS`, or `user:NAME` from an adapter that knows our people. */
  readonly identity: string;
  /** The answer counts with this role and no other; null: with all that the person has. */
  readonly role: string | null;
  readonly askRef: AskRef;
  readonly action: "approve" | "reject";
  readonly comment: string;
  /** When it was said, as the signed message has it; null: its signature is of just now. */
  readonly saidAtMs: number | null;
  /** What the person saw; null: the channel does not know. */
  readonly expectedSeq: number | null;
  readonly subjectRev: string | null;
  /** Says to the person how it went; null: the HTTP answer is all there is. */
  readonly reply: Reply | null;
}

/** How an answer went, for the person who gave it. */
export interface Told {
  readonly isDone: boolean;
  /** The same answer to what the ask is now may be taken: something has happened since the person looked. */
  readonly isStale: boolean;
  /** One or two sentences. */
  readonly text: string;
  /** How the ask stands; null: it was not found. */
  readonly ask: {
    readonly askId: string;
    readonly title: string;
    readonly seq: number;
    readonly rev: string | null;
    readonly isOpen: boolean;
  } | null;
}

export interface Reply {
  /** What the HTTP answer must be, for a channel that has a form of its own; null: our JSON. */
  answer(told: Told): Response | null;
  /** Sent after the answer. Rejects when the channel did not take it. */
  after(told: Told, signal: AbortSignal): Promise<void>;
}

export type Inbound =
  | ChannelDecision
  /** The channel wants something that decides nothing, such as a form for a reason. `after` is done behind the answer. */
  | {
    readonly kind: "step";
    readonly answer: Response;
    readonly after: ((signal: AbortSignal) => Promise<void>) | null;
  }
  /** A true message that is no answer to anything. */
  | { readonly kind: "nothing"; readonly why: string };

export type ChannelFault =
  /** `setup`: what turns the channel on. */
  | { readonly reason: "channel_off"; readonly setup: string }
  | { readonly reason: "signature_missing"; readonly header: string }
  | { readonly reason: "signature_wrong" }
  | { readonly reason: "message_too_old"; readonly toleranceSeconds: number }
  | { readonly reason: "message_malformed"; readonly what: string };

export interface InboundChannel {
  readonly kind: ChannelKind;
  /** Null: it is on. */
  readonly offBecause: string | null;
  verify(request: InboundRequest): Promise<Result<Inbound, ChannelFault>>;
}

/** A channel as its setting has it: off, and saying what turns it on, or checked by `verify` with its keys. */
export function channelOf<T>(
  kind: ChannelKind,
  setting: Setting<T>,
  verify: (request: InboundRequest, keys: T) => Result<Inbound, ChannelFault>,
): InboundChannel {
  const offBecause = "off" in setting ? setting.off : null;
  return {
    kind,
    offBecause,
    verify: (request) =>
      Promise.resolve(
        "off" in setting ? err({ reason: "channel_off", setup: setting.off }) : verify(request, setting.on),
      ),
  };
}
