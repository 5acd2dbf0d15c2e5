/** Opens a `HumanGate`: storage, clock, key, outbox, and who comes. */
import { grantText, secretHash } from "../../protocol/autonomy/gate_token.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { GateAction, Responder } from "../domain/gate/action.ts";
import type { Actor } from "../domain/gate/actor.ts";
import { foldedEntries } from "../domain/gate/audit_fold.ts";
import { convertFormer, isFormer } from "../domain/gate/former.ts";
import type { GateError } from "../domain/gate/gate_error.ts";
import { type GrantClaim, matchGrant } from "../domain/gate/grants.ts";
import { actorOf, namesToLook, partiesToLook } from "../domain/gate/recognise.ts";
import { deriveGateKey, readGateToken } from "../domain/gate_key.ts";
import type { Env } from "../env.ts";
import { createGateStore, type GateStore } from "../store/gate/store.ts";
import { makeGateTables, upgradeGateTables } from "../store/gate/tables.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { createGateCore, type GateCore } from "./gate_core.ts";
import { createGatePeople, type GatePeople } from "./gate_people.ts";
import { createGateWaiters, type GateWaiters } from "./gate_waiters.ts";
import { objectName } from "./object_name.ts";

/** Everything that the object's methods work with. */
export interface OpenGate {
  readonly askId: string;
  /** Signs the ask's links. */
  readonly key: Uint8Array;
  readonly clock: ObjectClock;
  readonly core: GateCore;
  readonly waiters: GateWaiters;
  readonly people: (owner: string, project: string) => GatePeople;
  /** Says who comes, as known right now; the link of a token is to be read again before anything is decided (O1). */
  recognise(responder: Responder): Promise<Result<Actor, GateError>>;
  /** The action with the people that it names as the project's documents call them. */
  named(action: GateAction): Promise<GateAction>;
}

/** To be called in the constructor. */
export function openGate(ctx: DurableObjectState, env: Env): OpenGate {
  if (!env.SHOPFLOOR_ADMIN_TOKEN) {
    throw new Error("Cannot open gate as SHOPFLOOR_ADMIN_TOKEN must be set: current value is empty");
  }
  // An alarm may wake it without its name; what has an alarm has an ask.
  const askId = () => {
    const record = store.load();
    return ctx.id.name ?? (record.kind === "opened" ? record.ask.askId : objectName(ctx));
  };
  const key = deriveGateKey(env.SHOPFLOOR_ADMIN_TOKEN);
  const clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
  const store = createGateStore(ctx.storage, {
    makeTables: makeGateTables,
    eventPrefix: () => `gate:${askId()}`,
    linksOf: foldedEntries,
  });
  const waiters = createGateWaiters();
  const people = (owner: string, project: string) => createGatePeople(env, owner, project);
  const core = createGateCore({ ctx, env, store, clock, waiters, people });
  ctx.blockConcurrencyWhile(async () => {
    // Nothing is to be done, or known, of one that was never asked.
    if (!await upgradeGateTables(ctx.storage)) return;
    core.knowAlarm(await ctx.storage.getAlarm());
    upgrade(store, core, clock.nowMs());
    core.rearm();
  });

  async function recognise(responder: Responder): Promise<Result<Actor, GateError>> {
    let claim: GrantClaim | null = null;
    if (responder.kind === "token") {
      const token = readGateToken(responder.token, key);
      if (!token.ok) return token;
      if (token.value.gateId !== askId()) return err({ reason: "token_unknown" });
      claim = { grantId: grantText(token.value.grant), secretHash: secretHash(token.value.secret) };
    }
    const place = core.place();
    if (place === null) return err({ reason: "gate_not_found" });
    const before = claim === null ? null : matchGrant(store.grants(), claim);
    if (claim !== null && before === null) return err({ reason: "token_unknown" });
    const { look } = people(place.owner, place.project);
    const parties = partiesToLook(core.opened().ask);
    const names = [...new Set([...namesToLook(responder, before), ...parties])];
    const known = new Map(await Promise.all(names.map(async (name) => [name, await look(name)] as const)));
    return ok(actorOf(responder, before, known, parties));
  }

  async function named(action: GateAction): Promise<GateAction> {
    const place = core.place();
    if (place === null || (action.kind !== "delegate" && action.kind !== "reassign")) return action;
    const { person } = await people(place.owner, place.project).look(action.to);
    return person === null ? action : { ...action, to: person.principal };
  }

  return {
    get askId() {
      return askId();
    },
    ...{ key, clock, core, waiters, people, recognise, named },
  };
}

/** Reads an ask of the former shape anew. Its links are one holder's, so that only the newest counts, as before. */
function upgrade(store: GateStore, core: GateCore, nowMs: number): void {
  const record = store.load();
  if (!isFormer(record)) return;
  store.commit({ allGrantsHolder: "link" }, nowMs);
  core.apply(convertFormer(record, store.grants(), nowMs));
}
