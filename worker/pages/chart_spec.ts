/** What a chart shows, before it is drawn. Types and sums only. */
import type { ChartUnit } from "./chart_scale.ts";

/** A colour by what it means, the same names as the style sheet's. */
export type ChartTone = "accent" | "good" | "bad" | "wait" | "soft";

export interface ChartSeries {
  readonly name: string;
  readonly tone: ChartTone;
  /** One for each label; null: nothing is known there. */
  readonly values: readonly (number | null)[];
}

export interface ChartSpec {
  /** Unique on its page: names inside the drawing begin with it. Letters, digits and `-`. */
  readonly id: string;
  /** `bars` upright, `rows` lying (for names that are long), `lines` over time. */
  readonly kind: "bars" | "rows" | "lines";
  /** Bars and rows on top of each other. */
  readonly isStacked?: boolean;
  readonly title: string;
  /** One sentence: what is counted, and how. */
  readonly note: string;
  readonly unit: ChartUnit;
  /** What the labels are, as the head of their column in the table, e.g. "Day". */
  readonly labelName: string;
  readonly labels: readonly string[];
  /** Of lines whose labels are not evenly apart: where each of them is. */
  readonly places?: {
    readonly values: readonly number[];
    /** Between two marks of the axis. */
    readonly step: number;
    readonly inWords: (value: number) => string;
  };
  readonly series: readonly ChartSeries[];
  /** What to say where every value is zero; absent: that there is nothing. */
  readonly allZero?: string;
}

/** Is there anything to draw? Zeros only are nothing. */
export function hasValues(spec: ChartSpec): boolean {
  return spec.series.some(({ values }) => values.some((value) => value !== null && value !== 0));
}

/** What to say instead of a drawing: zeros are known, and not the same as nothing. */
export function emptyWords(spec: ChartSpec): string {
  const isKnown = spec.series.some(({ values }) => values.some((value) => value !== null));
  return isKnown && spec.allZero !== undefined ? spec.allZero : "Nothing in this time.";
}

/** The end of the value axis: of what is stacked the highest pile. */
export function maxOf(spec: ChartSpec): number {
  const of = (at: number) => spec.series.map(({ values }) => values[at] ?? 0);
  const piles = spec.labels.map((_, at) =>
    spec.isStacked ? of(at).reduce((sum, value) => sum + value, 0) : Math.max(0, ...of(at))
  );
  return Math.max(0, ...piles);
}
