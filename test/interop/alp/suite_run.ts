/** Runs checks in order, and says for each how it went. */
import { type Check, CheckFailure, type Level } from "./check.ts";

export type Verdict = "pass" | "fail" | "not_claimed" | "skipped";

export interface CheckResult {
  readonly id: string;
  readonly section: string;
  readonly level: Level;
  readonly says: string;
  readonly verdict: Verdict;
  /** What was expected and came, why it was skipped; empty for a pass. */
  readonly detail: string;
  readonly ms: number;
}

export interface Selection {
  readonly claims: ReadonlySet<string>;
  readonly isSlow: boolean;
  /** Beginnings of ids; empty for all. */
  readonly only: readonly string[];
}

/** What one check may take, longest waits included. */
const CHECK_MAX_MS = 300_000;

export function isSelected(check: Check<never>, only: readonly string[]): boolean {
  return only.length === 0 || only.some((name) => check.id.startsWith(name));
}

export async function runCheck<Bench>(
  check: Check<Bench>,
  bench: Bench,
  selection: Selection,
): Promise<CheckResult> {
  const { id, section, level, says } = check;
  const result = (verdict: Verdict, detail: string, ms = 0): CheckResult => ({
    id,
    section,
    level,
    says,
    verdict,
    detail,
    ms,
  });
  if (check.claim !== undefined && !selection.claims.has(check.claim)) {
    return result("not_claimed", `claims no '${check.claim}'`);
  }
  if (check.isSlow === true && !selection.isSlow) return result("skipped", "waits for a timeout: --slow");
  const startedMs = performance.now();
  const took = () => Math.round(performance.now() - startedMs);
  try {
    await within(check.run(bench), CHECK_MAX_MS);
    return result("pass", "", took());
  } catch (error) {
    const detail = error instanceof CheckFailure
      ? error.message
      : `the check itself broke: ${error instanceof Error ? error.stack ?? error.message : error}`;
    return result("fail", detail, took());
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CheckFailure(`an end within ${ms} ms`, "none")), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One line per check. */
export function resultLine(r: CheckResult): string {
  const verdict = { pass: "ok  ", fail: "FAIL", not_claimed: "n/c ", skipped: "skip" }[r.verdict];
  const head = `${verdict} ${r.id.padEnd(34)} ${r.section.padEnd(16)} ${r.level.padEnd(9)} ${r.says}`;
  return r.detail === "" ? head : `${head} -- ${r.detail}`;
}

export function summaryLine(results: readonly CheckResult[]): string {
  const count = (verdict: Verdict) => results.filter((r) => r.verdict === verdict).length;
  return `${count("pass")} passed, ${count("fail")} failed, ${count("not_claimed")} not claimed, ${
    count("skipped")
  } skipped`;
}
