/**
 * Whom a target means at an instant, with those who are away replaced (Autonomy 19.6, 19.7). Pure.
 *
 * 1. Each principal comes once, in the order of the targets.
 * 2. An unknown target is nobody: who escalates sees that and goes on.
 * 3. Who is away is replaced by their delegate, and that one by theirs, until somebody is there. A circle has nobody who
 *    is: then the first of them is told all the same, as silence would be worse.
 */
import type { PersonIdentity } from "../gate/action.ts";
import type { ResolvedTarget } from "../people_api.ts";
import type { PeopleDocuments, PersonDocument } from "./documents.ts";
import { onCall } from "./schedule.ts";

/** Everybody whom the targets mean. */
export function resolveTargets(
  documents: PeopleDocuments,
  targets: readonly string[],
  atMs: number,
): readonly ResolvedTarget[] {
  const found = new Map<string, ResolvedTarget>();
  const add = (principal: string, because: string) => {
    if (!found.has(principal)) found.set(principal, { principal, because });
  };
  const addPerson = (name: string, because: string) => {
    const { person, path } = presentFor(documents, name, atMs);
    const away = path.map((one) => `user:${one} is away`).join(", ");
    add(`user:${person}`, away === "" ? because : `${because}; ${away}`);
  };
  for (const target of targets) {
    const colon = target.indexOf(":");
    const kind = target.slice(0, colon);
    const name = target.slice(colon + 1);
    switch (kind) {
      case "user":
        addPerson(name, "named");
        break;
      case "group":
        for (const person of documents.people) {
          if (person.groups.includes(name)) addPerson(person.name, `group:${name}`);
        }
        break;
      case "schedule": {
        const schedule = documents.schedules.find((one) => one.name === name);
        const person = schedule === undefined ? null : onCall(schedule, atMs);
        if (person !== null) addPerson(person, `schedule:${name} on call`);
        break;
      }
      case "mail": {
        const person = personOf(documents, target);
        if (person === null) add(`mail:${name}`, "named by address");
        else addPerson(person.name, `named by address`);
        break;
      }
    }
  }
  return [...found.values()];
}

/** The person of a principal or an identity; null: nobody of these documents. */
export function personOf(documents: PeopleDocuments, identity: string): PersonDocument | null {
  if (identity.startsWith("user:")) {
    const name = identity.slice("user:".length);
    return documents.people.find((person) => person.name === name) ?? null;
  }
  // Logins and mail addresses are the same in any case, and chat ids have one case only.
  const wanted = identity.toLowerCase();
  return documents.people.find(({ identities }) => identities.some((one) => one.toLowerCase() === wanted)) ??
    null;
}

/** What a person is in this project: null for who is in no document, whatever they can prove. */
export function identityOf(documents: PeopleDocuments, identity: string): PersonIdentity | null {
  const person = personOf(documents, identity);
  if (person === null) return null;
  const { name, roles, groups, isSimulator } = person;
  return { principal: `user:${name}`, roles, groups, isSimulator: isSimulator === true };
}

function presentFor(
  documents: PeopleDocuments,
  name: string,
  atMs: number,
): { readonly person: string; readonly path: readonly string[] } {
  const path: string[] = [];
  for (let at = name;;) {
    const away = documents.people.find((person) => person.name === at)?.away;
    if (away === undefined || atMs >= away.untilMs) return { person: at, path };
    if (path.includes(away.to) || away.to === at) return { person: name, path: [] };
    path.push(at);
    at = away.to;
  }
}
