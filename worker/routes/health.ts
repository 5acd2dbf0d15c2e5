/** Is the control plane up? Says nothing about the history, which is never on a job's path (O5). */
import { Hono } from "hono";
import { PROTOCOL_VERSION, SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import type { AppEnv } from "../app_env.ts";
import { healthAnswer } from "../../protocol/line/answers.ts";
import type { Operation } from "./operation.ts";

export function createHealthRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.on(
    "GET",
    ["/healthz", "/api/healthz"],
    (c) => c.json({ ok: true, version: SHOPFLOOR_VERSION, protocol: PROTOCOL_VERSION }),
  );
  return app;
}

export const HEALTH_OPERATIONS: readonly Operation[] = [{
  tag: "Health",
  method: "get",
  paths: ["/healthz", "/api/healthz"],
  summary: "Is the control plane up?",
  tokens: [],
  answers: { 200: healthAnswer },
}];
