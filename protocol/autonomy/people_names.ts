/** Do the names that documents use exist, and is each defined once? Every fault with its path. Pure. */
import type { z } from "zod";

interface Named {
  readonly name: string;
}

/** What the check reads of the documents. */
export interface NamedDocuments {
  readonly people: readonly (Named & {
    readonly groups: readonly string[];
    readonly identities: readonly string[];
    readonly away?: { readonly to: string };
  })[];
  readonly schedules: readonly (Named & {
    readonly layers: readonly { readonly people: readonly string[] }[];
    readonly overrides: readonly { readonly person: string }[];
  })[];
  readonly policies: readonly (Named & {
    readonly candidates?: { readonly users?: readonly string[]; readonly groups?: readonly string[] };
    readonly exclude?: readonly string[];
    readonly owner?: string | null;
    readonly levels?: readonly { readonly to: readonly string[] }[];
    readonly delegableTo?: readonly string[];
  })[];
  readonly gates: readonly { readonly policy: string }[];
}

type Path = readonly (string | number)[];

/** The admin is a person of every project. */
const ADMIN = "admin";

/** A zod refinement: adds an issue for each fault. */
export function checkNames(documents: NamedDocuments, context: z.core.$RefinementCtx<unknown>): void {
  const complain = (path: Path, message: string) =>
    context.addIssue({ code: "custom", path: [...path], message });
  const { people, schedules, policies, gates } = documents;
  const names = { people, schedules, policies };
  for (const [part, list] of Object.entries(names)) {
    once(
      list.map(({ name }) => name),
      (at, name) => complain([part, at, "name"], `expected a name that no other has, came '${name}' twice`),
    );
  }
  const taken = new Map<string, string>();
  for (const [i, { name, identities }] of people.entries()) {
    for (const [j, identity] of identities.entries()) {
      const other = taken.get(identity.toLowerCase());
      if (other !== undefined) {
        complain(
          ["people", i, "identities", j],
          `expected an identity of one person only, '${identity}' is that of '${other}'`,
        );
      }
      taken.set(identity.toLowerCase(), name);
    }
  }

  const known = {
    user: new Set([...people.map(({ name }) => name), ADMIN]),
    group: new Set(people.flatMap(({ groups }) => groups)),
    schedule: new Set(schedules.map(({ name }) => name)),
    policy: new Set(policies.map(({ name }) => name)),
  };
  const demand = (kind: keyof typeof known, name: string, path: Path) => {
    if (known[kind].has(name)) return;
    const word = kind === "user" ? "person" : kind;
    complain(path, `expected a ${word} of these documents, came '${name}'`);
  };
  /** Kinds that these documents do not define pass: a runner, an address of mail. */
  const demandTarget = (text: string, path: Path) => {
    const colon = text.indexOf(":");
    const kind = text.slice(0, colon);
    if (kind === "user" || kind === "group" || kind === "schedule") demand(kind, text.slice(colon + 1), path);
  };

  for (const [i, { name, away }] of people.entries()) {
    if (away === undefined) continue;
    demand("user", away.to, ["people", i, "away", "to"]);
    if (away.to === name) complain(["people", i, "away", "to"], `expected somebody else, came '${name}'`);
  }
  for (const [i, { layers, overrides }] of schedules.entries()) {
    for (const [j, { people }] of layers.entries()) {
      for (const [k, name] of people.entries()) {
        demand("user", name, ["schedules", i, "layers", j, "people", k]);
      }
    }
    for (const [j, { person }] of overrides.entries()) {
      demand("user", person, ["schedules", i, "overrides", j, "person"]);
    }
  }
  for (const [i, policy] of policies.entries()) {
    const at = (...rest: Path) => ["policies", i, ...rest];
    for (const [j, to] of (policy.candidates?.users ?? []).entries()) {
      demandTarget(to, at("candidates", "users", j));
    }
    for (const [j, name] of (policy.candidates?.groups ?? []).entries()) {
      demand("group", name, at("candidates", "groups", j));
    }
    for (const [j, to] of (policy.exclude ?? []).entries()) demandTarget(to, at("exclude", j));
    for (const [j, to] of (policy.delegableTo ?? []).entries()) demandTarget(to, at("delegableTo", j));
    if (policy.owner !== undefined && policy.owner !== null) demandTarget(policy.owner, at("owner"));
    for (const [j, level] of (policy.levels ?? []).entries()) {
      for (const [k, to] of level.to.entries()) demandTarget(to, at("levels", j, "to", k));
    }
  }
  for (const [i, { policy }] of gates.entries()) demand("policy", policy, ["gates", i, "policy"]);
}

function once(names: readonly string[], twice: (at: number, name: string) => void): void {
  for (const [at, name] of names.entries()) if (names.indexOf(name) < at) twice(at, name);
}
