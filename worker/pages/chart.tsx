/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** A chart on a page: its drawing, what its colours mean, and the same numbers as a table. */
import { raw } from "hono/html";
import { inWords } from "./chart_scale.ts";
import { type ChartSpec, emptyWords, hasValues } from "./chart_spec.ts";

/** A figure; where there is nothing to draw, it says so. */
export async function Chart({ spec }: { readonly spec: ChartSpec }) {
  if (!hasValues(spec)) {
    return (
      <figure class="panel plot">
        <figcaption>{spec.title}</figcaption>
        <p class="small soft">{spec.note}</p>
        <p class="empty">{emptyWords(spec)}</p>
      </figure>
    );
  }
  const { chartSvg } = await import("./chart_svg.ts");
  return (
    <figure class="panel plot">
      <figcaption>{spec.title}</figcaption>
      <p class="small soft">{spec.note}</p>
      {spec.series.length > 1
        ? (
          <ul class="legend" aria-hidden="true">
            {spec.series.map(({ name, tone }) => (
              <li key={name}>
                <i class={`swatch ${tone}`}></i>
                {name}
              </li>
            ))}
          </ul>
        )
        : null}
      {raw(chartSvg(spec))}
      <details class="numbers">
        <summary>
          Numbers<span class="unseen">{` of ${spec.title}`}</span>
        </summary>
        <ChartTable spec={spec} />
      </details>
    </figure>
  );
}

function ChartTable({ spec }: { readonly spec: ChartSpec }) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={`${spec.title}: numbers`}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{spec.labelName}</th>
            {spec.series.map(({ name }) => <th key={name} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {spec.labels.map((label, at) => (
            <tr key={String(at)}>
              <th scope="row">{label}</th>
              {spec.series.map(({ name, values }) => (
                <td key={name}>{inWords(spec.unit, values[at] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
