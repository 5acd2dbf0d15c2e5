/** Starts the fixture worker of the gate and log objects in real workerd. */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import type { HumanGateApi } from "../../worker/domain/human_gate_api.ts";
import type { OutputChunk, TaskLogApi } from "../../worker/domain/task_log_api.ts";
import type { GateAuditHead, GateResolution } from "../../worker/domain/event.ts";
import type { GatePolicy } from "../../worker/domain/gate/policy.ts";
import type { GateEvent, PersonIdentity } from "../../worker/domain/people_api.ts";
import { bundledMain } from "./bundled_worker.ts";
import { fetchWorker } from "./fetch_worker.ts";

export interface FakeQueue {
  refuse(isRefusing: boolean): Promise<void>;
  got(): Promise<readonly { eventId: string; resolution: GateResolution }[]>;
  /** From now on it says that no answer took effect. */
  moveOn(): Promise<void>;
  heads(): Promise<readonly GateAuditHead[]>;
}

export interface FakePeople {
  be(state: {
    isDown?: boolean;
    policy?: Partial<GatePolicy>;
    people?: Record<string, PersonIdentity>;
  }): Promise<void>;
  events(): Promise<readonly GateEvent[]>;
}

export interface GateUnderTest extends HumanGateApi {
  advanceClock(ms: number): Promise<void>;
  /** Several calls of `act` at once. */
  actTogether(
    ...acts: readonly Parameters<HumanGateApi["act"]>[]
  ): Promise<Awaited<ReturnType<HumanGateApi["act"]>>[]>;
}

export interface LogUnderTest extends TaskLogApi {
  appendAll(...chunks: readonly OutputChunk[]): Promise<{ nextOffset: number }[]>;
  advanceClock(ms: number): Promise<void>;
  /** From now on the bucket fails, or works again. */
  breakBucket(isBroken: boolean): Promise<void>;
  /** The chunk comes while the next call of the bucket is under way. */
  appendWithinBucketCall(chunk: OutputChunk): Promise<void>;
  /** Makes its storage what the first version would have left, with these statements. */
  becomeOld(statements: readonly string[]): Promise<void>;
  /** In the platform's time; null when none is set. */
  alarmAtMs(): Promise<number | null>;
}

export interface GateLogHarness {
  gate(askId: string): GateUnderTest;
  /** Bytes that it gives come back as text. */
  log(name: string): LogUnderTest;
  /** The text of an object in the bucket; null when there is none. With `text` it is put first. */
  blob(key: string, text?: string): Promise<string | null>;
  queue(name: string): FakeQueue;
  people(name: string): FakePeople;
  /** The address at which a viewer joins. */
  viewerUrl(name: string, offset: number, acks?: boolean): string;
  /** Forgets an object's memory, as the platform may at any time; sockets hibernate. */
  evict(binding: "HUMAN_GATE" | "TASK_LOG", name: string): Promise<void>;
  /** Reads an object's tables. */
  rows(binding: "HUMAN_GATE" | "TASK_LOG", name: string, query: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

const objects = { HUMAN_GATE: "HumanGate", TASK_LOG: "TaskLog", JOB_QUEUE: "JobQueue", PEOPLE: "People" };

/** Boots once per test file; name objects apart. */
export async function startGateLogHarness(): Promise<GateLogHarness> {
  const server = createTestHarness({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    workers: [{
      config: {
        name: "gate-log-fixture",
        ...await bundledMain("test/fake/gate_log_worker.ts"),
        compatibility_date: "2026-04-01",
        compatibility_flags: ["nodejs_compat"],
        send_metrics: false,
        vars: { SHOPFLOOR_ADMIN_TOKEN: "admin-token-of-the-fixture", SHOPFLOOR_CLOCK: "fake" },
        durable_objects: {
          bindings: Object.entries(objects).map(([name, class_name]) => ({ name, class_name })),
        },
        r2_buckets: [{ binding: "BLOBS", bucket_name: "blobs" }],
        migrations: [{ tag: "v1", new_sqlite_classes: Object.values(objects) }],
        rules: [{ type: "Text", globs: ["**/*.sql"], fallthrough: true }, {
          type: "ESModule",
          globs: ["*.mjs"],
        }],
      },
    }],
  });
  const { url } = await server.listen();
  const worker = server.getWorker();

  /** Calls an object through the fixture: an object called from here directly could not be evicted afterwards. */
  function stub<T>(binding: string, name: string): T {
    const call = (method: string) => async (...args: unknown[]) => {
      const toWire = (_: string, value: unknown) =>
        value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString("base64") } : value;
      const path = [binding, name, method].map(encodeURIComponent).join("/");
      const { response, text } = await fetchWorker(`${url.origin}/${path}`, {
        method: "POST",
        body: JSON.stringify(args, toWire),
      });
      if (!response.ok) throw new Error(`${binding} ${method}: ${text.slice(0, 200)}`);
      return (JSON.parse(text) as { result?: unknown }).result;
    };
    return new Proxy({}, { get: (_, method) => method === "then" ? undefined : call(String(method)) }) as T;
  }

  return {
    gate: (askId) => stub("HUMAN_GATE", askId),
    log: (name) => stub("TASK_LOG", name),
    queue: (name) => stub("JOB_QUEUE", name),
    people: (name) => stub("PEOPLE", name),
    viewerUrl: (name, offset, acks = false) =>
      `${url.origin.replace("http", "ws")}/log/${encodeURIComponent(name)}?offset=${offset}&acks=${acks}`,
    blob: async (key, text) => {
      const response = await fetch(`${url.origin}/blobs/${encodeURIComponent(key)}`, {
        method: text === undefined ? "GET" : "PUT",
        ...(text === undefined ? {} : { body: text }),
      });
      const found = await response.text();
      return response.ok ? found : null;
    },
    evict: (binding, name) => worker.evictDurableObject(binding, { name, webSockets: "hibernate" }),
    rows: async (binding, name, query) => {
      const storage = await worker.getDurableObjectStorage(binding, { name });
      return await storage.exec(query) as unknown as readonly unknown[];
    },
    close: () => server.close(),
  };
}
