/** Who knows of an ask, drawn from its record: whom it was told, by which channel and with what result, and who looked. Pure. */
import type { AuditEntry } from "../domain/human_gate_api.ts";

export interface Knower {
  readonly principal: string;
  readonly toldAtMs: number | null;
  /** Such as `on call`; "" when nobody said. */
  readonly why: string;
  /** Channel and result of each attempt, e.g. `mail: sent`. */
  readonly deliveries: readonly string[];
  readonly seenAtMs: number | null;
  readonly ackedAtMs: number | null;
}

/** In the order in which they first appear. */
export function knowersOf(audit: readonly AuditEntry[]): readonly Knower[] {
  const knowers = new Map<string, Knower>();
  const note = (principal: string, change: (known: Knower) => Partial<Knower>) => {
    const known = knowers.get(principal) ??
      { principal, toldAtMs: null, why: "", deliveries: [], seenAtMs: null, ackedAtMs: null };
    knowers.set(principal, { ...known, ...change(known) });
  };
  for (const { type, at, by, channel, detail } of audit) {
    const atMs = Date.parse(at);
    for (const { principal, why } of toldIn(detail?.["notify"])) {
      note(principal, () => ({ toldAtMs: atMs, why }));
    }
    if (type === "gate.delivery" && typeof detail?.["target"] === "string") {
      const result = String(detail["result"] ?? "");
      const said = channel === undefined || channel === "none"
        ? "no channel is set up"
        : `${channel}: ${result}`;
      note(detail["target"], ({ deliveries }) => ({
        deliveries: deliveries.includes(said) ? deliveries : [...deliveries, said],
      }));
    }
    if (type === "gate.viewed") note(by, () => ({ seenAtMs: atMs }));
    if (type === "gate.acked") note(by, () => ({ ackedAtMs: atMs }));
  }
  return [...knowers.values()];
}

function toldIn(notify: unknown): readonly { readonly principal: string; readonly why: string }[] {
  if (!Array.isArray(notify)) return [];
  return notify.flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null) return [];
    const { principal, why } = one as { readonly principal?: unknown; readonly why?: unknown };
    return typeof principal === "string" ? [{ principal, why: typeof why === "string" ? why : "" }] : [];
  });
}
