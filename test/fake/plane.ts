/**
 * The whole Worker as `wrangler.toml` says, in real workerd, with a clock that tests move. Boots once per test file;
 * tests keep apart by fresh project names, which costs nothing.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import type { RunnerRegistered } from "../../protocol/line/runner.ts";
import { workerConfigPath } from "./bundled_worker.ts";
import { fetchWorker } from "./fetch_worker.ts";

export const ADMIN_TOKEN = "admin-token-of-the-test-plane-0123456789";

export type ObjectBinding =
  | "JOB_QUEUE"
  | "TASK_LOG"
  | "TASK_REPOSITORY"
  | "HUMAN_GATE"
  | "PEOPLE"
  | "LIVE_SESSION"
  | "LIBRARY"
  | "CHAT_CHANNEL";

/** What came back. `json` is null when the body is none. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- tests reach into answers of every shape
  readonly json: any;
  readonly text: string;
  readonly headers: Headers;
}

export interface CallOptions {
  /** Null: no Authorization header. Absent: the admin's. */
  readonly token?: string | null;
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** One project of the plane; its names were never used before. */
export interface TestProject {
  readonly owner: string;
  readonly project: string;
  /** `/api/owners/{owner}/projects/{project}`. */
  readonly base: string;
  /** The name of its queue object. */
  readonly queueName: string;
  /** Calls a path below {@link base}. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** The same, and the status must be this one. */
  must(status: number, method: string, path: string, options?: CallOptions): Promise<Answer["json"]>;
  register(name: string, labels?: readonly string[]): Promise<RunnerRegistered>;
  /** Moves the queue's clock, and does what is due then. */
  advance(ms: number): Promise<void>;
  /** What is stored in the queue object. */
  dump(): Promise<Readonly<Record<string, string>>>;
}

export interface TestPlane extends AsyncDisposable {
  readonly url: string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  project(): TestProject;
  /** Calls an object's method past the HTTP routes. */
  rpc<T>(binding: ObjectBinding, name: string, method: string, ...args: unknown[]): Promise<T>;
  /** Forgets an object's memory, as the platform may at any time; sockets hibernate. */
  evict(binding: ObjectBinding, name: string): Promise<void>;
  /** Runs SQL inside an object. */
  sql(binding: ObjectBinding, name: string, query: string): Promise<readonly Record<string, unknown>[]>;
  /** Every row of every table of an object, as JSON by table. */
  dump(binding: ObjectBinding, name: string): Promise<Readonly<Record<string, string>>>;
}

let projectsMade = 0;

// A body that its receiver does not want any more is closed twice by miniflare, in a microtask of nobody's: no fault of ours.
globalThis.addEventListener("error", (event) => {
  const stack = event.error instanceof Error ? event.error.stack ?? "" : "";
  if (/stream controller cannot close/.test(stack) && /node_modules\/miniflare/.test(stack)) {
    event.preventDefault();
  }
});

/** Starts workerd with the Worker of this repository. `variables` are more of the Worker's, such as those of signing in. */
export async function startPlane(variables: Readonly<Record<string, string>> = {}): Promise<TestPlane> {
  // Offline, asking Cloudflare for a sample of `request.cf` only warns.
  Deno.env.set("CLOUDFLARE_CF_FETCH_ENABLED", "false");
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const bindings = Object.entries({
    JOB_QUEUE: "JobQueue",
    TASK_LOG: "TaskLog",
    TASK_REPOSITORY: "TaskRepository",
    HUMAN_GATE: "HumanGate",
    PEOPLE: "People",
    LIVE_SESSION: "LiveSession",
    LIBRARY: "Library",
    CHAT_CHANNEL: "ChatChannel",
  }).map(([name, class_name]) => ({ name, class_name, script_name: "shopfloor" }));
  const server = createTestHarness({
    root,
    workers: [
      {
        configPath: await workerConfigPath(),
        vars: {
          SHOPFLOOR_CLOCK: "fake",
          SHOPFLOOR_ADMIN_TOKEN: ADMIN_TOKEN,
          HISTORY_URL: "",
          PUBLIC_URL: "",
          SHOPFLOOR_IMPORT_HOSTS: "127.0.0.1",
          ...variables,
        },
      },
      {
        config: {
          name: "door",
          main: "test/fake/door_worker.ts",
          compatibility_date: "2026-04-01",
          send_metrics: false,
          durable_objects: { bindings },
        },
      },
    ],
  });
  const listening = await server.listen();
  const url = listening.url.origin;
  const worker = server.getWorker();
  const door = server.getWorker("door");

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { token = ADMIN_TOKEN, body } = options;
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const { response, text } = await fetchWorker(url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || isRaw ? {} : { "content-type": "application/json" }),
        ...options.headers,
      },
      ...(body === undefined
        ? {}
        : { body: isRaw ? body as string | Uint8Array<ArrayBuffer> : JSON.stringify(body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    return {
      status: response.status,
      text,
      json: isJson ? JSON.parse(text) : null,
      headers: response.headers,
    };
  }

  /** The columns of each object's tables: objects migrate when they are first called, and are dumped after that. */
  const tables = new Map<string, readonly Record<string, unknown>[]>();
  const plane: TestPlane = {
    url,
    call,
    project: () => createProject(plane, `o${++projectsMade}`, "p"),
    rpc: async <T>(binding: ObjectBinding, name: string, method: string, ...args: unknown[]) => {
      const path = [binding, name, method].map(encodeURIComponent).join("/");
      const response = await door.fetch(`http://door/${path}`, {
        method: "POST",
        body: JSON.stringify(args),
      });
      const text = await response.text();
      assert.equal(response.status, 200, `${binding} ${method}: ${text.slice(0, 300)}`);
      return (JSON.parse(text) as { result: T }).result;
    },
    evict: async (binding, name) => {
      try {
        await worker.evictDurableObject(binding, { name, webSockets: "hibernate" });
      } catch (cause) {
        // The platform was faster.
        if (!(cause instanceof Error) || !cause.message.includes("not currently running")) throw cause;
      }
    },
    sql: async (binding, name, query) => {
      const storage = await worker.getDurableObjectStorage(binding, { name });
      return await storage.exec(query) as unknown as readonly Record<string, unknown>[];
    },
    dump: async (binding, name) => {
      const columns = tables.get(`${binding} ${name}`) ?? await plane.sql(
        binding,
        name,
        `select t.name as "table", group_concat('quote("' || c.name || '")') as columns
         from sqlite_master t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like '\\_cf%' escape '\\' group by t.name order by t.name`,
      );
      tables.set(`${binding} ${name}`, columns);
      const whole = columns.map(({ table, columns }) =>
        `(select json_group_array(json_array(${columns})) from "${table}") as "${table}"`
      );
      return (await plane.sql(binding, name, `select ${whole.join(", ")}`))[0] as Record<string, string>;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return plane;
}

function createProject(plane: TestPlane, owner: string, project: string): TestProject {
  const base = `/api/owners/${owner}/projects/${project}`;
  const queueName = `${owner}/${project}`;
  const at: TestProject = {
    owner,
    project,
    base,
    queueName,
    call: (method, path, options) => plane.call(method, base + path, options),
    must: async (status, method, path, options) => {
      const answer = await at.call(method, path, options);
      assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json;
    },
    register: (name, labels = []) => at.must(201, "POST", "/runners/register", { body: { name, labels } }),
    advance: (ms) => plane.rpc("JOB_QUEUE", queueName, "advanceClock", ms),
    dump: () => plane.dump("JOB_QUEUE", queueName),
  };
  return at;
}
