/** What the parts of a `People` object share. */
import { NO_DOCUMENTS, type PeopleDocuments } from "../domain/people/documents.ts";
import type { Env } from "../env.ts";
import type { Clock, NotificationChannel } from "../ports.ts";
import type { PeopleStore } from "../store/people/store.ts";

export interface PeopleContext {
  /** `{owner}/{project}`. */
  readonly name: string;
  readonly owner: string;
  readonly project: string;
  readonly env: Env;
  readonly clock: Clock;
  readonly store: PeopleStore;
  readonly channels: readonly NotificationChannel[];
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  /** A fresh id, in the order of time. */
  readonly newId: () => string;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Where people reach the control plane, without a trailing slash; null: nobody said it yet. */
  readonly baseUrl: () => string | null;
}

/** The documents that count now. */
export function documentsOf({ store }: Pick<PeopleContext, "store">): PeopleDocuments {
  return store.documents.newest()?.body ?? NO_DOCUMENTS;
}

/** The lane of an endpoint, and back; null: a channel's. */
export function laneOf(endpointId: string): string {
  return `endpoint:${endpointId}`;
}

export function endpointOfLane(lane: string): string | null {
  return lane.startsWith("endpoint:") ? lane.slice("endpoint:".length) : null;
}
