/** What an ask has to know from outside before it decides: policies, who somebody is, who is on call. */
import type { PersonIdentity } from "../domain/gate/action.ts";
import { DEFAULT_POLICY, type GatePolicy } from "../domain/gate/policy.ts";
import type { PeopleApi, ResolvedTarget } from "../domain/people_api.ts";
import type { Env } from "../env.ts";

/** Who somebody is right now; `isDown`: nobody could say. */
export interface Looked {
  readonly isDown: boolean;
  readonly person: PersonIdentity | null;
}

export interface GatePeople {
  /** Rejects while `People` do not answer. */
  policyOf(where: { readonly lineId: string; readonly gateId: string }): Promise<GatePolicy>;
  /** Never rejects: an outage is an answer, and what it means is for the decider to say (19.3, `role_unknown`). */
  look(identity: string): Promise<Looked>;
  /** Rejects while `People` do not answer. */
  resolve(targets: readonly string[], nowMs: number): Promise<readonly ResolvedTarget[]>;
  api(): PeopleApi;
}

/** The people of one project. */
export function createGatePeople(env: Pick<Env, "PEOPLE">, owner: string, project: string): GatePeople {
  const api = () => env.PEOPLE.getByName(`${owner}/${project}`) as unknown as PeopleApi;
  return {
    api,
    policyOf: async (where) => await api().policyFor(where) ?? DEFAULT_POLICY,
    look: async (identity) => {
      try {
        return { isDown: false, person: await api().identify(identity) };
      } catch {
        return { isDown: true, person: null };
      }
    },
    resolve: (targets, nowMs) => api().resolve(targets, nowMs),
  };
}
