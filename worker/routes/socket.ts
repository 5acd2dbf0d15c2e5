/** The socket of a runner, or of a client that submits in bulk. What goes over it: `protocol/runner/socket.ts`. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { baseUrlOf } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

/**
 * `GET .../runners/socket`. The queue authorises it, so that an upgrade costs one call; without an upgrade the answer is
 * 426, which tells a client that there is a socket and that its token is accepted.
 */
export function createSocketRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/api/owners/:owner/projects/:project/runners/socket", (c) => {
    const upgrade = c.req.header("upgrade");
    return c.var.queue.fetch(
      new Request("https://queue/socket", {
        headers: {
          "x-shopfloor-caller": JSON.stringify(c.var.caller),
          "x-shopfloor-base-url": baseUrlOf(c),
          ...(upgrade === undefined ? {} : { upgrade }),
        },
      }),
    );
  });
  return app;
}

export const SOCKET_OPERATIONS: readonly Operation[] = [{
  tag: "Runners at work",
  method: "get",
  paths: [`${PROJECT_PATH}/runners/socket`],
  summary: "The socket of a runner, or of a client that submits in bulk",
  tokens: ["runner", "user"],
  answers: {
    101: { contentType: "application/json", description: "Frames as in `protocol/runner/socket.ts`." },
  },
  refusals: ["426 upgrade_required"],
}];
