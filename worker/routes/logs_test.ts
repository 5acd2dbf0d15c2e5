/// <reference lib="deno.ns" />
/** What the routes of a task's output say once it was deleted. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { OutputPage, OutputShape } from "../domain/task_log_api.ts";
import { createLogRoutes } from "./logs.ts";

const facts = { totalBytes: 5, hasEnded: true, expiredAtMs: 1_700_000_000_000 };

Deno.test("output that has expired is 410 for readers and for viewers, and the timeline is still there", async () => {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("at", { owner: "acme", project: "site" });
    c.set(
      "queue",
      { authorizeTask: () => Promise.resolve({ ok: true, value: { taskId: "t1", askId: null } }) } as never,
    );
    await next();
  });
  app.route("/", createLogRoutes());
  const log = {
    shape: (): Promise<OutputShape> => Promise.resolve({ spans: [{ offset: 0, bytes: 5 }], ...facts }),
    read: (): Promise<OutputPage> => Promise.resolve({ offset: 0, bytes: new Uint8Array(), ...facts }),
    pace: () => Promise.resolve({ runs: [], moments: [] }),
    timeline: () => Promise.resolve([]),
  };
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const url = `/api/owners/acme/projects/site/tasks/t1/${path}`;
    const response = await app.request(url, { headers }, { TASK_LOG: { getByName: () => log } });
    const body = await response.json() as { error?: { code: string; expiredAtMs: number } };
    return [response.status, body.error?.code, body.error?.expiredAtMs];
  };
  const gone = [410, "output_expired", facts.expiredAtMs];
  assert.deepEqual(await ask("log"), gone);
  assert.deepEqual(await ask("log", { range: "bytes=0-1" }), gone);
  assert.deepEqual(await ask("log/pace"), gone);
  assert.deepEqual(await ask("log/ws", { upgrade: "websocket" }), gone);
  assert.deepEqual((await ask("timeline"))[0], 200);
});
