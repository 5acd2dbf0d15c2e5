/** How a probe reads, for people. Pure. */
import {
  type CapabilityCheck,
  type CapabilityRecord,
  judgeCapability,
  verdictText,
} from "../domain/agent/capability.ts";

const SIGNS = { ok: "ok  ", failed: "FAIL", skipped: "-   " } as const;

/** One line, and what was expected where it did not hold. */
export function checkLine({ name, outcome, expected, seen, ms }: CapabilityCheck): string {
  const took = outcome === "skipped" ? "" : `${(ms / 1_000).toFixed(1)} s`;
  const line = `${SIGNS[outcome]} ${name.padEnd(13)} ${took.padStart(7)}  `;
  const indent = `\n${" ".repeat(line.length)}`;
  const text = outcome === "failed" ? `expected ${expected}\nseen: ${seen}` : seen;
  return line + text.split("\n").join(indent);
}

export function conclusionLine(record: CapabilityRecord): string {
  return `${record.harness} ${record.cliVersion} ${verdictText(judgeCapability(record))}`;
}
