/**
 * Our Worker with meters: what its objects write and read, and what wakes them, as the platform would bill it. The code
 * that runs is that of `worker/main.ts`; the meters sit on the platform's own calls. `GET /__meter` tells.
 *
 * Counted are rows of SQL (with those of indexes), writes of the key-value part, and alarms that are set, a row each.
 */
import * as main from "../../worker/main.ts";
import type { Env } from "../../worker/env.ts";
import type { ClassMeter } from "./meter.ts";

export * from "../../worker/main.ts";

const meters: Record<string, ClassMeter> = {};
const classOfStorage = new WeakMap<object, string>();
const patched = new WeakSet<object>();
let workerRequests = 0;

export class JobQueue extends main.JobQueue {
  static {
    countWakeUps("JobQueue", main.JobQueue.prototype, JobQueue.prototype);
  }
  constructor(ctx: DurableObjectState, env: Env) {
    meterStorage("JobQueue", ctx);
    super(ctx, env);
  }
}

export class TaskLog extends main.TaskLog {
  static {
    countWakeUps("TaskLog", main.TaskLog.prototype, TaskLog.prototype);
  }
  constructor(ctx: DurableObjectState, env: Env) {
    meterStorage("TaskLog", ctx);
    super(ctx, env);
  }
}

export class HumanGate extends main.HumanGate {
  static {
    countWakeUps("HumanGate", main.HumanGate.prototype, HumanGate.prototype);
  }
  constructor(ctx: DurableObjectState, env: Env) {
    meterStorage("HumanGate", ctx);
    super(ctx, env);
  }
}

export class People extends main.People {
  static {
    countWakeUps("People", main.People.prototype, People.prototype);
  }
  constructor(ctx: DurableObjectState, env: Env) {
    meterStorage("People", ctx);
    super(ctx, env);
  }
}

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    if (new URL(request.url).pathname === "/__meter") {
      return Response.json({ workerRequests, classes: meters });
    }
    workerRequests++;
    return main.default.fetch(request, env, ctx);
  },
};

function meterOf(name: string): ClassMeter {
  return meters[name] ??= {
    rowsWritten: 0,
    rowsRead: 0,
    alarmsSet: 0,
    objects: 0,
    wakeUps: {},
    activeMs: 0,
  };
}

function meterStorage(name: string, ctx: DurableObjectState): void {
  const { storage } = ctx;
  meterOf(name).objects++;
  classOfStorage.set(storage, name);
  classOfStorage.set(storage.sql, name);
  patch(Object.getPrototypeOf(storage.sql), {
    exec: (meter, cursor) => {
      const { rowsWritten, rowsRead } = cursor as SqlStorageCursor<Record<string, SqlStorageValue>>;
      meter.rowsWritten += rowsWritten;
      meter.rowsRead += rowsRead;
      // What the caller reads from the cursor comes after this.
      queueMicrotask(() => {
        const later = cursor as SqlStorageCursor<Record<string, SqlStorageValue>>;
        meter.rowsWritten += later.rowsWritten - rowsWritten;
        meter.rowsRead += later.rowsRead - rowsRead;
      });
    },
  });
  patch(Object.getPrototypeOf(storage), {
    setAlarm: (meter) => {
      meter.alarmsSet++;
      meter.rowsWritten++;
    },
    put: (meter) => meter.rowsWritten++,
    delete: (meter) => meter.rowsWritten++,
  });
}

/** Calls `count` after each call of a method, with the meter of the class whose object called it. */
function patch(
  prototype: Record<string, unknown>,
  counts: Readonly<Record<string, (meter: ClassMeter, result: unknown) => void>>,
): void {
  if (patched.has(prototype)) return;
  patched.add(prototype);
  for (const [method, count] of Object.entries(counts)) {
    const original = prototype[method] as (...args: unknown[]) => unknown;
    prototype[method] = function (this: object, ...args: unknown[]) {
      const result = original.apply(this, args);
      const name = classOfStorage.get(this);
      if (name !== undefined) count(meterOf(name), result);
      return result;
    };
  }
}

/** Puts methods in front of those of `prototype` that count each call and add up how long the object was at it. */
function countWakeUps(name: string, prototype: object, metered: object): void {
  for (const method of Object.getOwnPropertyNames(prototype)) {
    const original = (prototype as Record<string, unknown>)[method];
    if (method === "constructor" || typeof original !== "function") continue;
    const value = async function (this: unknown, ...args: unknown[]) {
      const meter = meterOf(name);
      meter.wakeUps[method] = (meter.wakeUps[method] ?? 0) + 1;
      const startedAt = Date.now();
      try {
        return await original.apply(this, args);
      } finally {
        meter.activeMs += Date.now() - startedAt;
      }
    };
    Object.defineProperty(metered, method, { value });
  }
}
