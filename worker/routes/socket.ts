/** The socket of a runner, or of a client that submits in bulk. What goes over it: `protocol/runner/socket.ts`. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { baseUrlOf } from "./input.ts";

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
