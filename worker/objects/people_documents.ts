/** The documents of a project in its `People` object: versions, and what follows from a new one. */
import { documentsBody, peopleDocuments } from "../../protocol/autonomy/people.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { PeopleDocuments } from "../domain/people/documents.ts";
import type { DocumentsVersion, PeopleApi, PeopleError } from "../domain/people_api.ts";
import { publicUrl } from "../domain/public_url.ts";
import { documentsOf, type PeopleContext } from "./people_context.ts";
import { newEndpoint } from "./people_endpoints.ts";
import { failWaiting } from "./people_queue.ts";

type Issue = { readonly path: string; readonly message: string };

/** The newest documents, and which version they are. */
export function readDocuments(at: PeopleContext): DocumentsVersion & { readonly documents: PeopleDocuments } {
  const newest = at.store.documents.newest();
  const { version = 0, by = null, atMs = null } = newest ?? {};
  return { version, by, atMs, documents: documentsOf(at) };
}

/** Replaces them. */
export function putDocuments(
  at: PeopleContext,
  { documents, expectedVersion, by }: Parameters<PeopleApi["putDocuments"]>[0],
): Result<{ readonly version: number }, PeopleError> {
  const issues = faultsOf(documents);
  if (issues.length > 0) return err({ reason: "documents_invalid", issues });
  return at.store.atomically(() => {
    const before = at.store.documents.newest()?.version ?? 0;
    if (expectedVersion !== undefined && expectedVersion !== before) {
      return err({ reason: "version_conflict", version: before });
    }
    const version = before + 1;
    at.store.documents.add({ version, body: documents, by, atMs: at.clock.nowMs() });
    matchEndpoints(at, documents);
    return ok({ version });
  });
}

/** What a caller that is no route may have left out is checked here too; and addresses, which need the hosts. */
function faultsOf(documents: PeopleDocuments): readonly Issue[] {
  const checked = peopleDocuments.safeParse(documentsBody(documents));
  const faults: Issue[] = (checked.error?.issues ?? []).map(({ path, message }) => ({
    path: path.join("."),
    message,
  }));
  for (const [i, { channels }] of documents.people.entries()) {
    for (const [j, { kind, address }] of channels.entries()) {
      const url = kind === "webhook" ? publicUrl(address, documents.hosts) : null;
      if (url === null || url.ok) continue;
      const message = `expected a public address over HTTPS, or a host of 'hosts': ${url.error.reason}`;
      faults.push({ path: `people.${i}.channels.${j}.address`, message });
    }
  }
  return faults;
}

/** Each webhook of a person is an endpoint with keys of its own; those that no document names any more go. */
function matchEndpoints(at: PeopleContext, { people }: PeopleDocuments): void {
  const { endpoints } = at.store;
  const wanted = new Map(
    people.flatMap(({ name, channels }) =>
      channels.filter(({ kind }) => kind === "webhook")
        .map(({ address }) => [`${name} ${address}`, { person: name, url: address }] as const)
    ),
  );
  for (const { id, person, url } of endpoints.list()) {
    if (person === null || wanted.delete(`${person} ${url}`)) continue;
    failWaiting(at, id, "no document names this address any more");
    endpoints.remove(id);
  }
  for (const { person, url } of wanted.values()) {
    const given = {
      id: at.newId(),
      url,
      description: `channel of ${person}`,
      types: [],
      person,
      disabledWhy: null,
    };
    endpoints.add(newEndpoint(at, given));
  }
}
