/**
 * Prints agents' output for people: whole lines, each behind the name of its station.
 *
 * 1. What an agent writes is no command to the person's terminal: of its control sequences only colours are left, and
 *    they end with their line.
 * 2. Memory is bounded: a line that does not end is printed in pieces.
 */
import { PRINTED_LINE_MAX_CHARS } from "../limits.ts";

export interface StationPrinter {
  push(bytes: Uint8Array): void;
  /** Prints a last line that has no end. */
  end(): void;
}

// deno-lint-ignore no-control-regex
const CONTROL = /\x1b\[[0-9;:]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const COLOURS_OFF = "\x1b[0m";

/** @param write Takes text as it should appear. */
export function createStationPrinter(station: string, write: (text: string) => void): StationPrinter {
  const decoder = new TextDecoder();
  let rest = "";
  return {
    push(bytes) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > PRINTED_LINE_MAX_CHARS) {
        lines.push(rest);
        rest = "";
      }
      if (lines.length > 0) write(lines.map((line) => `[${station}] ${plain(line)}\n`).join(""));
    },
    end() {
      rest += decoder.decode();
      if (rest !== "") write(`[${station}] ${plain(rest)}\n`);
      rest = "";
    },
  };
}

function plain(line: string): string {
  let hasColours = false;
  const text = line.replace(CONTROL, (found) => {
    if (found.length === 1) return "";
    hasColours = true;
    return found;
  });
  return hasColours ? text + COLOURS_OFF : text;
}
