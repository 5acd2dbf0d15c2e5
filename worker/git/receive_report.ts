/** The answer to a push: `report-status`, on side band 1 if the client asked for side bands. Pure. */
import { concatBytes } from "./bytes.ts";
import { FLUSH, pktLine } from "./pkt_line.ts";
import type { CommandOutcome } from "./receive_command.ts";
import { sideBand } from "./side_band.ts";

/**
 * Encodes what became of a push.
 *
 * @param unpackError null if the pack was taken, else one line for the person who pushes.
 */
export function encodeReceiveReport(
  unpackError: string | null,
  outcomes: readonly CommandOutcome[],
  capabilities: ReadonlySet<string>,
): Uint8Array {
  if (!capabilities.has("report-status")) return new Uint8Array(0);
  const lines = [pktLine(`unpack ${unpackError ?? "ok"}\n`)];
  for (const { command, refusal } of outcomes) {
    lines.push(pktLine(refusal === null ? `ok ${command.ref}\n` : `ng ${command.ref} ${refusal}\n`));
  }
  const report = concatBytes([...lines, FLUSH]);
  return capabilities.has("side-band-64k") ? concatBytes([sideBand(1, report), FLUSH]) : report;
}
