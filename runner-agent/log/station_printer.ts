/** Prints agents' output for people: whole lines, each behind the name of its station. */

export interface StationPrinter {
  push(bytes: Uint8Array): void;
  /** Prints a last line that has no end. */
  end(): void;
}

/** @param write Takes text as it should appear. */
export function createStationPrinter(station: string, write: (text: string) => void): StationPrinter {
  const decoder = new TextDecoder();
  let rest = "";
  return {
    push(bytes) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (lines.length > 0) write(lines.map((line) => `[${station}] ${line}\n`).join(""));
    },
    end() {
      rest += decoder.decode();
      if (rest !== "") write(`[${station}] ${rest}\n`);
      rest = "";
    },
  };
}
