/** Percentiles in SQL, by nearest rank. No I/O. */
import { type SQL, sql } from "drizzle-orm";

/** How long something took in one group: of `count`, the one in the middle and the ninth of ten. */
export interface Spread {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
}

/** `values` is a select of columns `label` and `ms`; one row of `label`, `count`, `p50Ms`, `p90Ms` for each label. */
export function spreadOf(values: SQL): SQL {
  return sql`select label, c as "count", max(case when n = (c + 1) / 2 then ms end) as "p50Ms",
      max(case when n = (c * 9 + 9) / 10 then ms end) as "p90Ms"
    from (select label, ms, row_number() over (partition by label order by ms) as n,
        count(*) over (partition by label) as c from (${values}))
    group by label, c`;
}
