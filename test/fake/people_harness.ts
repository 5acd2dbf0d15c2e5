/** Starts the fixture worker of the people objects in real workerd. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";
import type { PeopleApi } from "../../worker/domain/people_api.ts";
import { bundledOnce } from "./bundled_worker.ts";

export interface GateUnderTest {
  refuse(isRefusing: boolean): Promise<void>;
  notes(): Promise<readonly { eventId: string; channel: string; target: string; result: string }[]>;
}

export interface PeopleHarness {
  people(name: string): PeopleApi & { advanceClock(ms: number): Promise<void> };
  gate(askId: string): GateUnderTest;
  /** Forgets an object's memory, as the platform may at any time. */
  evict(name: string): Promise<void>;
  rows(name: string, query: string): Promise<readonly Record<string, unknown>[]>;
  /** Every row of every table, as one text. */
  dump(name: string): Promise<string>;
  close(): Promise<void>;
}

const objects = { PEOPLE: "People", HUMAN_GATE: "HumanGate" };
export const ADMIN_TOKEN = "admin-token-of-the-people-fixture";

/**
 * Boots once per test file; name objects apart. Without wrangler, whose way out into the network follows redirects by itself.
 */
export async function startPeopleHarness(
  vars: Readonly<Record<string, string>> = {},
): Promise<PeopleHarness> {
  const entry = fileURLToPath(new URL("people_worker.ts", import.meta.url));
  const contents = await bundledOnce(entry);
  const miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: join(dirname(entry), "people_worker.mjs"), contents }],
    modulesRoot: dirname(entry),
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_compat"],
    host: "127.0.0.1",
    port: 0,
    cf: false,
    bindings: { SHOPFLOOR_ADMIN_TOKEN: ADMIN_TOKEN, SHOPFLOOR_CLOCK: "fake", ...vars },
    durableObjects: Object.fromEntries(
      Object.entries(objects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
    ),
  });
  const url = await miniflare.ready;

  /** Calls an object through the fixture: an object called from here directly could not be evicted afterwards. */
  function stub<T>(binding: string, name: string): T {
    const call = (method: string) => async (...args: unknown[]) => {
      const path = [binding, name, method].map(encodeURIComponent).join("/");
      const response = await fetch(`${url.origin}/${path}`, { method: "POST", body: JSON.stringify(args) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${binding} ${method}: ${text.slice(0, 300)}`);
      return (JSON.parse(text) as { result?: unknown }).result;
    };
    return new Proxy({}, { get: (_, method) => method === "then" ? undefined : call(String(method)) }) as T;
  }
  const rows = (name: string, query: string) =>
    stub<{ rows(query: string): Promise<readonly Record<string, unknown>[]> }>("PEOPLE", name).rows(query);

  return {
    people: (name) => stub("PEOPLE", name),
    gate: (askId) => stub("HUMAN_GATE", askId),
    evict: async (name) => {
      // The call itself ends with the object.
      await assert.rejects(stub<{ forget(): Promise<void> }>("PEOPLE", name).forget());
    },
    rows,
    dump: async (name) => {
      const tables = await rows(
        name,
        "select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\'",
      );
      const all = await Promise.all(tables.map((table) => rows(name, `select * from "${table["name"]}"`)));
      return JSON.stringify(all);
    },
    close: () => miniflare.dispose(),
  };
}
