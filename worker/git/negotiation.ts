/**
 * Negotiation: answering what the client says it has, until both know enough to make a small pack. Pure. Requests
 * are stateless: each carries everything that was agreed before.
 */
import { concatBytes } from "./bytes.ts";
import type { FetchRequest } from "./fetch_request.ts";
import { pktLine } from "./pkt_line.ts";

export interface Negotiated {
  /** The lines to send before the pack, or instead of it. */
  readonly answer: Uint8Array;
  readonly sendsPack: boolean;
}

/** What is known about the repository; `isReady` says whether these common ids cover every want. */
export interface NegotiationView {
  has(id: string): boolean;
  isReady(common: ReadonlySet<string>): boolean;
}

/** The ids that both sides have. */
export function commonIds(request: FetchRequest, view: NegotiationView): string[] {
  return request.haves.flatMap((have) => have.kind === "have" && view.has(have.id) ? [have.id] : []);
}

/** Protocol 2: the `acknowledgments` section, empty if the client does not negotiate (any more). */
export function negotiateProtocol2(request: FetchRequest, view: NegotiationView): Negotiated {
  const asks = request.haves.some((have) => have.kind === "have");
  if (request.isDone || !asks) return { answer: new Uint8Array(0), sendsPack: true };
  const common = new Set(commonIds(request, view));
  const lines = ["acknowledgments\n"];
  for (const id of common) lines.push(`ACK ${id}\n`);
  if (common.size === 0) lines.push("NAK\n");
  const sendsPack = common.size > 0 && view.isReady(common);
  if (sendsPack) lines.push("ready\n");
  return { answer: concatBytes(lines.map((line) => pktLine(line))), sendsPack };
}

/** Protocol 0, as git's own upload-pack answers: batch by batch, with or without `multi_ack_detailed`. */
export function negotiateProtocol0(request: FetchRequest, view: NegotiationView): Negotiated {
  const common = new Set<string>();
  const lines: string[] = [];
  const detailed = request.multiAckDetailed;
  let last = "";
  let batchHasCommon = false;
  let batchHasOther = false;
  let sentReady = false;
  for (const have of request.haves) {
    if (have.kind === "have") {
      if (view.has(have.id)) {
        batchHasCommon = true;
        last = have.id;
        if (detailed) lines.push(`ACK ${have.id} common\n`);
        else if (common.size === 0) lines.push(`ACK ${have.id}\n`);
        common.add(have.id);
        continue;
      }
      batchHasOther = true;
      if (detailed && common.size > 0 && view.isReady(common)) {
        sentReady = true;
        lines.push(`ACK ${have.id} ready\n`);
      }
      continue;
    }
    if (detailed && batchHasCommon && !batchHasOther && view.isReady(common)) {
      sentReady = true;
      lines.push(`ACK ${last} ready\n`);
    }
    if (common.size === 0 || detailed) lines.push("NAK\n");
    if (request.noDone && sentReady) {
      lines.push(`ACK ${last}\n`);
      return { answer: concatBytes(lines.map((line) => pktLine(line))), sendsPack: true };
    }
    batchHasCommon = false;
    batchHasOther = false;
  }
  if (request.isDone) {
    if (common.size === 0) lines.push("NAK\n");
    else if (detailed) lines.push(`ACK ${last}\n`);
  }
  return { answer: concatBytes(lines.map((line) => pktLine(line))), sendsPack: request.isDone };
}
