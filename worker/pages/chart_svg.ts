/**
 * Draws a chart as SVG text: a function of its spec, by echarts on the server. Nothing of echarts reaches a browser.
 *
 * - The page's content policy forbids style attributes and elements: {@link cleanSvg} turns them into attributes.
 * - Colours are the style sheet's variables, so that one drawing serves light and dark.
 * - The drawing says its title and note; the numbers are in a table beside it (`chart.tsx`).
 *
 * This module is half of the Worker's code: import it when a chart is drawn (`await import`), so that objects that
 * wake up do not pay for it.
 */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { scaleOf } from "./chart_scale.ts";
import { type ChartSeries, type ChartSpec, maxOf } from "./chart_spec.ts";

use([BarChart, LineChart, GridComponent, SVGRenderer]);

/** A phone shows it one to one; a card of a wide page a little larger. */
const WIDTH = 340;
const HEIGHT = 190;
/** Of lying bars each needs a line of text. */
const ROW_HEIGHT = 26;
const ROWS_FRAME = 34;
const NAME_WIDTH = 120;
const FONT_PX = 11;
/** Above that the points of a line would touch. */
const MANY_POINTS = 40;
/** Lines and bars differ in more than their colour. */
const DASHES = ["solid", "dashed", "dotted"] as const;
const SYMBOLS = ["circle", "diamond", "rect"] as const;

/** The drawing, as one `svg` element. */
export function chartSvg(spec: ChartSpec): string {
  const height = spec.kind === "rows" ? ROWS_FRAME + ROW_HEIGHT * spec.labels.length : HEIGHT;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption(optionOf(spec));
    return cleanSvg(chart.renderToSVGString(), spec, height);
  } finally {
    chart.dispose();
  }
}

function optionOf(spec: ChartSpec) {
  const max = maxOf(spec);
  const { divisor, suffix } = scaleOf(spec.unit, max);
  const text = { color: "var(--soft)", fontSize: FONT_PX };
  const rule = { lineStyle: { color: "var(--line)" } };
  const isLying = spec.kind === "rows";
  const { places } = spec;
  const along = places === undefined ? null : {
    type: "value" as const,
    min: 0,
    max: places.values.at(-1),
    interval: places.step,
    splitLine: { show: false },
    axisLine: { ...rule, show: true },
    axisLabel: { ...text, hideOverlap: true, showMaxLabel: false, formatter: places.inWords },
  };
  const names = along ?? {
    type: "category" as const,
    data: [...spec.labels],
    inverse: isLying,
    boundaryGap: spec.kind !== "lines",
    axisTick: { show: false },
    axisLine: rule,
    axisLabel: {
      ...text,
      hideOverlap: true,
      // Else half of it would stand beside the drawing.
      alignMaxLabel: isLying ? undefined : "right" as const,
      ...(isLying ? { width: NAME_WIDTH, overflow: "truncate" as const, interval: 0 } : {}),
    },
  };
  const values = {
    type: "value" as const,
    min: 0,
    ...(spec.unit === "share" ? { max: 100, interval: 25 } : max === 0 ? { max: 1 } : {}),
    ...(spec.unit === "count" ? { minInterval: 1 } : {}),
    splitNumber: 3,
    axisLabel: { ...text, hideOverlap: true, formatter: (value: number) => `${value}${suffix}` },
    splitLine: rule,
  };
  return {
    animation: false,
    grid: { left: 2, right: 14, top: 10, bottom: 2, outerBoundsMode: "same" as const },
    xAxis: isLying ? values : names,
    yAxis: isLying ? names : values,
    series: spec.series.map((series, at) => seriesOf(spec, series, at, divisor)),
  };
}

function seriesOf(spec: ChartSpec, series: ChartSeries, at: number, divisor: number) {
  const color = `var(--${series.tone})`;
  const common = {
    name: series.name,
    silent: true,
    data: series.values.map((value, point) => {
      const scaled = value === null ? null : value / divisor;
      return spec.places === undefined ? scaled : [spec.places.values[point]!, scaled];
    }),
  };
  if (spec.kind === "lines") {
    return {
      ...common,
      type: "line" as const,
      // A value without neighbours has no line.
      showSymbol: true,
      showAllSymbol: true,
      symbol: SYMBOLS[at % SYMBOLS.length]!,
      symbolSize: spec.labels.length > MANY_POINTS ? 2 : 6,
      itemStyle: { color },
      lineStyle: { color, width: 2, type: DASHES[at % DASHES.length]! },
    };
  }
  return {
    ...common,
    type: "bar" as const,
    barMaxWidth: 28,
    ...(spec.isStacked ? { stack: "all" } : {}),
    itemStyle: { color, borderColor: "var(--surface)", borderWidth: 1 },
  };
}

/**
 * Makes echarts' drawing one for our pages: no style element, no style attribute, ids of its own, a title and a
 * description. echarts escapes every quote in a text, so an attribute's pattern occurs in attributes only.
 */
export function cleanSvg(drawn: string, spec: ChartSpec, height: number): string {
  const inner = drawn
    .replace(/<style[\s\S]*?<\/style>/g, "")
    .replace(/^<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/ style="([^"]*)"/g, (_, rules: string) => attributesOf(rules))
    .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replace(/\bzr\d+-/g, `${spec.id}-`)
    .replace(/\n+/g, "");
  const { id } = spec;
  return `<svg class="chart" role="img" aria-labelledby="${id}-title ${id}-note" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" focusable="false">` +
    `<title id="${id}-title">${escaped(spec.title)}</title><desc id="${id}-note">${
      escaped(spec.note)
    }</desc>` +
    `${inner}</svg>`;
}

/** The rules of a style attribute as attributes; the font is the page's. */
function attributesOf(rules: string): string {
  return rules.split(";").map((rule) => {
    const [name = "", value = ""] = rule.split(":");
    return name === "" || name === "font-family" ? "" : ` ${name.trim()}="${value.trim()}"`;
  }).join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
