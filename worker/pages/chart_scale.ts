/** How a quantity is written on a chart: a scale that keeps its axis in small round numbers, and words for its table. */
import { lasted } from "./parts.tsx";
import { size } from "./repository_parts.tsx";

/** What the values of a chart are. `share` is 0 to 1; `ms` a duration; `cores` processors in use. */
export type ChartUnit = "count" | "tokens" | "ms" | "share" | "bytes" | "bytes_per_s" | "cores" | "usd";

export interface ChartScale {
  /** One step of the axis's numbers, in the unit of the values. */
  readonly divisor: number;
  /** Behind each number of the axis, with its space. */
  readonly suffix: string;
}

const DURATIONS: readonly ChartScale[] = [
  { divisor: 86_400_000, suffix: " d" },
  { divisor: 3_600_000, suffix: " h" },
  { divisor: 60_000, suffix: " min" },
  { divisor: 1_000, suffix: " s" },
];
const SIZES: readonly ChartScale[] = [
  { divisor: 1e9, suffix: " GB" },
  { divisor: 1e6, suffix: " MB" },
  { divisor: 1e3, suffix: " kB" },
];

const COUNTS: readonly ChartScale[] = [
  { divisor: 1e9, suffix: " G" },
  { divisor: 1e6, suffix: " M" },
  { divisor: 1e3, suffix: " k" },
];

/** The scale of an axis whose largest value is `max`. */
export function scaleOf(unit: ChartUnit, max: number): ChartScale {
  switch (unit) {
    case "share":
      return { divisor: 0.01, suffix: " %" };
    case "ms":
      return DURATIONS.find(({ divisor }) => max >= 2 * divisor) ?? { divisor: 1, suffix: " ms" };
    case "bytes":
      return SIZES.find(({ divisor }) => max >= divisor) ?? { divisor: 1, suffix: " B" };
    case "bytes_per_s": {
      const { divisor, suffix } = scaleOf("bytes", max);
      return { divisor, suffix: `${suffix}/s` };
    }
    case "usd":
      // Jobs cost the control plane small parts of a cent.
      return max >= 1 ? { divisor: 1, suffix: " $" } : { divisor: 0.01, suffix: " ¢" };
    case "tokens":
      return COUNTS.find(({ divisor }) => max >= divisor) ?? { divisor: 1, suffix: "" };
    case "count":
    case "cores":
      return { divisor: 1, suffix: "" };
  }
}

/** A value in words, as tables and tiles have it. */
export function inWords(unit: ChartUnit, value: number | null): string {
  if (value === null) return "none";
  switch (unit) {
    case "share":
      return `${trimmed(value * 100, 1)} %`;
    case "ms":
      return value < 1_000 ? `${Math.round(value)} ms` : lasted(value);
    case "bytes":
      return bytesInWords(value);
    case "bytes_per_s":
      return `${bytesInWords(value)}/s`;
    case "count":
      return trimmed(value, 0);
    case "tokens":
      return tokensInWords(value);
    case "cores":
      return trimmed(value, 2);
    case "usd":
      return dollars(value);
  }
}

/** Cents always, and of small amounts as much as there is to see: "$14.00", "$0.70", "$0.4211", "$0.00011". */
function dollars(value: number): string {
  if (value >= 1) return `$${value.toFixed(2)}`;
  const text = trimmed(value, 5);
  return `$${value >= 0.1 && text.length < 4 ? value.toFixed(2) : text}`;
}

/** Three digits, as harnesses themselves write them: "12.3 k", "1.05 M". */
function tokensInWords(tokens: number): string {
  const { divisor, suffix } = scaleOf("tokens", tokens);
  return divisor === 1 ? String(tokens) : `${Number((tokens / divisor).toPrecision(3))}${suffix}`;
}

function bytesInWords(bytes: number): string {
  return bytes >= 1e9 ? `${trimmed(bytes / 1e9, 1)} GB` : size(Math.round(bytes));
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
