/** An ask in memory, for tests: applies decisions as the object does. */
import { GENESIS_HASH, linkEntry } from "../../../protocol/autonomy/audit_chain.ts";
import { err, type Result } from "../../../protocol/result.ts";
import type { GateResolution, HistoryRecord } from "../event.ts";
import type { GrantScope } from "../human_gate_api.ts";
import type { ResolvedTarget } from "../people_api.ts";
import type { GateAction, PersonIdentity, Responder } from "./action.ts";
import type { Ask } from "./ask.ts";
import type { AuditContent, AuditEntry } from "./audit_entry.ts";
import { decideDue } from "./clock.ts";
import { attemptOf, decideAct, type Decision } from "./decide.ts";
import { targetsToResolve } from "./escalation.ts";
import type { EventContent, GateDraft } from "./gate_draft.ts";
import type { GateError } from "./gate_error.ts";
import type { Grant, OpenedGate, Receipt, Timer } from "./gate_state.ts";
import { decideIssue, matchGrant } from "./grants.ts";
import { decideArm, decideOpen } from "./lifecycle.ts";
import { DEFAULT_POLICY, type GatePolicy } from "./policy.ts";
import { actorOf, type Known, namesToLook, partiesToLook } from "./recognise.ts";
import { dueTimer } from "./timers.ts";

export const MINUTE_MS = 60_000;
export const START_MS = 1_700_000_000_000;

export const askWith = (policy: Partial<GatePolicy> = {}, ask: Partial<Ask> = {}): Ask => ({
  askId: "01jbrc9nf6m6sc7n75yr3hga9t",
  owner: "acme",
  project: "web",
  askType: "approve",
  origin: { kind: "api", actor: null, bodyDigest: "" },
  title: "Ship it?",
  in: { what: "web" },
  inDigest: "d".repeat(64),
  decisionSchema: null,
  subject: { ref: "web", rev: "r1" },
  completion: { ac: "shipped", via: [], check: "deterministic" },
  requestedBy: "runner:r",
  proposers: [],
  policy: { ...DEFAULT_POLICY, ...policy },
  createdAtMs: START_MS,
  expiresAtMs: null,
  ...ask,
});

export const personOf = (principal: string, more: Partial<PersonIdentity> = {}): PersonIdentity => ({
  principal,
  roles: [],
  groups: [],
  isSimulator: false,
  ...more,
});
export const by = (principal: string, isAdmin = false): Responder => ({
  kind: "person",
  person: personOf(principal),
  isAdmin,
});
export const program = (principal: string): Responder => ({ kind: "program", principal });

export class GateRig {
  nowMs = START_MS;
  gate: OpenedGate;
  grants: Grant[] = [];
  receipts: Receipt[] = [];
  entries: AuditEntry[] = [];
  events: EventContent[] = [];
  records: HistoryRecord[] = [];
  resolutions: GateResolution[] = [];
  /** Timers that fired, in order. */
  rung: Timer[] = [];
  isPeopleDown = false;
  /** What the documents say, by name. */
  people = new Map<string, PersonIdentity>();
  /** Whom a target means; itself where nothing is said. */
  onCall = new Map<string, readonly string[]>();

  constructor(ask: Ask) {
    const armed = decideArm({ kind: "absent" }, ask, this.nowMs)!;
    this.gate = armed.gate;
    this.apply(armed);
    this.apply(decideOpen(this.gate, this.nowMs));
    this.ring();
  }

  apply(draft: GateDraft | null): void {
    if (draft === null) return;
    const change = draft.end();
    this.gate = change.gate;
    this.#append(change.entries);
    this.events.push(...change.events);
    this.records.push(...change.records);
    if (change.resolution !== null) this.resolutions.push(change.resolution);
    if (change.newGrant !== null) this.grants.push(change.newGrant);
    if (change.receipt !== null) this.receipts.push(change.receipt);
    this.grants = this.grants.map((grant) => ({
      ...grant,
      usedAtMs: grant.grantId === change.usedGrantId ? draft.nowMs : grant.usedAtMs,
      revokedAtMs: change.revokedGrantIds.includes(grant.grantId) ? draft.nowMs : grant.revokedAtMs,
    }));
  }

  /** Hands out a link; gives who comes with it. */
  link(holder: string, scope: GrantScope = "redeem", person: PersonIdentity | null = null, channel = "link") {
    const claim = { grantId: `g${this.grants.length}`, secretHash: "h" };
    const issued = decideIssue(this.gate, this.grants, {
      ...claim,
      holder,
      channel,
      scope,
      by: "system",
      nowMs: this.nowMs,
    });
    if (!issued.ok) return issued;
    this.apply(issued.value);
    return { ok: true, value: { kind: "token", token: claim.grantId, person } as Responder } as const;
  }

  /** The same, which must succeed. */
  mustLink(holder: string, scope: GrantScope = "redeem", person: PersonIdentity | null = null): Responder {
    const made = this.link(holder, scope, person);
    if (!made.ok) throw new Error(`Cannot test as a link must be made: ${made.error.reason}`);
    return made.value;
  }

  act(responder: Responder, action: GateAction, key: string | null = null): Result<Decision, GateError> {
    const claim = responder.kind === "token" ? { grantId: responder.token, secretHash: "h" } : null;
    const grant = claim === null ? null : matchGrant(this.grants, claim);
    if (claim !== null && grant === null) return err({ reason: "token_unknown" });
    const parties = partiesToLook(this.gate.ask);
    const known = new Map(
      [...namesToLook(responder, grant), ...parties].map((name): [string, Known] => [name, {
        isDown: this.isPeopleDown,
        person: this.isPeopleDown ? null : this.people.get(name) ?? null,
      }]),
    );
    this.apply(decideDue(this.gate, null, this.nowMs));
    const actor = actorOf(responder, grant, known, parties);
    const input = { actor, action, key, nowMs: this.nowMs, receiptId: `r${this.receipts.length}` };
    const decided = decideAct(this.gate, { grants: this.grants, receipts: this.receipts }, input);
    if (!decided.ok) {
      const attempt = attemptOf(this.gate, input, decided.error);
      if (attempt !== null) this.#append([attempt]);
    } else if (decided.value.kind === "change") this.apply(decided.value.draft);
    return decided;
  }

  /** What it said: `ok`, `same`, `replay`, or the reason of its refusal. */
  said(responder: Responder, action: GateAction, key: string | null = null): string {
    const done = this.act(responder, action, key);
    if (!done.ok) return done.error.reason;
    return done.value.kind === "change" ? "ok" : done.value.kind;
  }

  /** The alarm rings: everything that is due happens. */
  ring(): void {
    for (;;) {
      const timer = dueTimer(this.gate, this.nowMs, this.isPeopleDown ? ["enter"] : []);
      if (timer === null) return;
      const targets = targetsToResolve(this.gate);
      const resolved = targets === null || this.isPeopleDown
        ? null
        : targets.flatMap((target): ResolvedTarget[] =>
          (this.onCall.get(target) ?? [target]).map((principal) => ({ principal, because: target }))
        );
      const before = this.gate;
      this.apply(decideDue(before, resolved, this.nowMs));
      const left = new Set(this.gate.timers.map((one) => one.key));
      const gone = before.timers.filter((one) => !left.has(one.key) && one.dueMs <= this.nowMs);
      this.rung.push(...gone.sort((a, b) => a.dueMs - b.dueMs));
    }
  }

  pass(minutes: number): void {
    this.nowMs += minutes * MINUTE_MS;
    this.ring();
  }

  get kind(): string {
    return this.gate.state.kind;
  }

  eventTypes(): readonly string[] {
    return this.events.map((event) => event.type);
  }

  /** Whom the newest event of this type told. */
  toldBy(type: string): readonly string[] {
    return this.events.findLast((event) => event.type === type)?.notify.map((one) => one.principal) ?? [];
  }

  #append(contents: readonly AuditContent[]): void {
    for (const content of contents) {
      const plain = JSON.parse(JSON.stringify(content)) as AuditContent;
      this.entries.push(linkEntry(this.entries.at(-1)?.hash ?? GENESIS_HASH, plain));
    }
  }
}
