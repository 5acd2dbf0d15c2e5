/**
 * What a probe of an agent CLI has found (Runtime 4.1 item 8), and what it means for runs with that version. Pure.
 *
 * 1. A version that does not boot can run nothing.
 * 2. One whose tools, hooks or pastes do not come through as they should is driven without a terminal (`structured`).
 * 3. Anything else that it lacks is said, and goes without.
 * 4. What was not tried is not known to hold.
 */
import type { SessionHarnessName } from "../../agent_ports.ts";

export const CAPABILITY_CHECKS = [
  /** It says its version. */
  "version",
  /** It comes past its first-run questions to the list of its tools. */
  "boot",
  /** Tools are listed before the first prompt, and one of them is called. */
  "mcp",
  /** Session start, prompt, tool and turn end are told. */
  "hooks",
  /** A large bracketed paste arrives as it was sent. */
  "paste",
  /** A turn can be ended, and the next message is taken. */
  "interrupt",
  /** A session goes on by its id. */
  "resume_exact",
  /** The latest session goes on; tried where the id does not do. */
  "resume_latest",
  /** The tokens of a turn are told. */
  "usage",
] as const;
export type CapabilityCheckName = typeof CAPABILITY_CHECKS[number];

export interface CapabilityCheck {
  readonly name: CapabilityCheckName;
  readonly outcome: "ok" | "failed" | "skipped";
  readonly expected: string;
  readonly seen: string;
  /** How long it took. */
  readonly ms: number;
}

/** What one version of a CLI can do, with one version of our adapter. */
export interface CapabilityRecord {
  readonly harness: SessionHarnessName;
  readonly cliVersion: string;
  /** Of our adapter (`probe/adapter_version.ts`): with another one the version is probed again. */
  readonly adapter: string;
  /** Name of the image that it was booted in. */
  readonly image: string;
  readonly probedAtMs: number;
  readonly checks: readonly CapabilityCheck[];
}

/** What a run needs, and what goes without it, in words for people. */
export type Lack = "tools" | "hooks" | "large pastes" | "interrupt" | "resume" | "token counts";

export type CapabilityVerdict =
  /** It lives in a terminal; `lacks` is empty when all is well. */
  | { readonly kind: "session"; readonly lacks: readonly Lack[] }
  | { readonly kind: "structured"; readonly lacks: readonly Lack[] }
  | { readonly kind: "unavailable"; readonly why: string };

/** Decides by invariants 1 to 4. */
export function judgeCapability({ checks }: Pick<CapabilityRecord, "checks">): CapabilityVerdict {
  const holds = (name: CapabilityCheckName) =>
    checks.some((check) => check.name === name && check.outcome === "ok");
  for (const name of ["version", "boot"] as const) {
    if (holds(name)) continue;
    const seen = checks.find((check) => check.name === name)?.seen ?? "was not tried";
    return { kind: "unavailable", why: `${name}: ${seen}` };
  }
  const lacking = (pairs: readonly (readonly [Lack, boolean])[]) =>
    pairs.filter(([, isThere]) => !isThere).map(([lack]) => lack);
  const basic = lacking([
    ["tools", holds("mcp")],
    ["hooks", holds("hooks")],
    ["large pastes", holds("paste")],
  ]);
  const more = lacking([
    ["interrupt", holds("interrupt")],
    ["resume", holds("resume_exact") || holds("resume_latest")],
    ["token counts", holds("usage")],
  ]);
  return basic.length > 0
    ? { kind: "structured", lacks: [...basic, ...more] }
    : { kind: "session", lacks: more };
}

/** Whether everything holds that an agent in a terminal needs: what the probe's exit code says. */
export function isWhole(verdict: CapabilityVerdict): boolean {
  return verdict.kind === "session" && verdict.lacks.length === 0;
}

/** What it means, in one line for people. */
export function verdictText(verdict: CapabilityVerdict): string {
  switch (verdict.kind) {
    case "session":
      return verdict.lacks.length === 0
        ? "works in a terminal"
        : `works in a terminal, without ${verdict.lacks.join(", ")}`;
    case "structured":
      return `is run without a terminal (transport 'structured'), as it lacks ${verdict.lacks.join(", ")}`;
    case "unavailable":
      return `cannot be used: ${verdict.why}`;
  }
}

/** `1.2.3`, with what is joined to it, of what a CLI says of its version; null where there is none. */
export function versionIn(text: string): string | null {
  return /(?:^|[^\w.]|\bv)(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.-]{1,40})?)/.exec(text)?.[1] ?? null;
}
