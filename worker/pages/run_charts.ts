/** From looks at a sandbox to charts over the run's time. Pure. */
import type { SandboxFacts, UsagePoint } from "../../protocol/line/usage.ts";
import { inWords } from "./chart_scale.ts";
import type { ChartSpec } from "./chart_spec.ts";

/** Round steps of time between marks of an axis, and how many marks a narrow chart has room for. */
const STEPS_MS = [1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600].map((seconds) =>
  seconds * 1_000
);
const MARKS_MAX = 5;

/** None with fewer than two points: there is no course yet. */
export function usageCharts(
  points: readonly UsagePoint[],
  sandbox: SandboxFacts | null,
): readonly ChartSpec[] {
  if (points.length < 2) return [];
  const times = points.map(({ atMs }) => atMs);
  const lastMs = times.at(-1)!;
  const step = STEPS_MS.find((ms) => lastMs / ms <= MARKS_MAX) ?? lastMs / MARKS_MAX;
  const overTime = {
    kind: "lines",
    labelName: "After",
    labels: times.map(elapsed),
    places: { values: times, step, inWords: elapsed },
  } as const;
  const rate = (of: (point: UsagePoint) => number) => ratesOf(points, of);
  return [
    {
      ...overTime,
      id: "cpu",
      title: "Processor",
      note: limited(
        "Cores in use since the look before",
        sandbox?.cpus == null ? null : `${sandbox.cpus} cores`,
      ),
      unit: "cores",
      series: [{ name: "Cores", tone: "accent", values: rate(({ cpuMs }) => cpuMs) }],
    },
    {
      ...overTime,
      id: "memory",
      title: "Memory",
      note: limited(
        "Of all processes together",
        sandbox?.memoryBytes == null ? null : inWords("bytes", sandbox.memoryBytes),
      ),
      unit: "bytes",
      series: [{ name: "Memory", tone: "accent", values: points.map(({ memoryBytes }) => memoryBytes) }],
    },
    {
      ...overTime,
      id: "disk",
      title: "Disk",
      note: "Read from and written to devices, by second.",
      unit: "bytes_per_s",
      series: [
        { name: "Read", tone: "accent", values: rate(({ readBytes }) => readBytes * 1_000) },
        { name: "Written", tone: "wait", values: rate(({ writeBytes }) => writeBytes * 1_000) },
      ],
    },
    {
      ...overTime,
      id: "pids",
      title: "Processes",
      note: limited("At the moment of the look", sandbox?.pids == null ? null : String(sandbox.pids)),
      unit: "count",
      series: [{ name: "Processes", tone: "soft", values: points.map(({ pids }) => pids) }],
    },
  ];
}

/** How much a counter grew per millisecond; null where it fell, as it began anew, and at the beginning. */
function ratesOf(points: readonly UsagePoint[], of: (point: UsagePoint) => number): (number | null)[] {
  return points.map((point, at) => {
    const before = points[at - 1];
    if (before === undefined) return null;
    const grown = of(point) - of(before);
    return grown < 0 ? null : grown / (point.atMs - before.atMs);
  });
}

/** `75_000` becomes "1:15". */
export function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

function limited(text: string, limit: string | null): string {
  return limit === null ? `${text}.` : `${text}, of ${limit} at most.`;
}
