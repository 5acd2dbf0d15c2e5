/** `/assets/*`: the style sheet, the scripts and the terminal's files. All are ours; pages load nothing else. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { SCRIPTS } from "../pages/assets/scripts.ts";
import { ICON, STYLE } from "../pages/assets/style.ts";
import { TERMINAL_SCRIPTS } from "../pages/assets/terminal_scripts.ts";
import { terminalFile } from "./asset_files.ts";

const FILES: ReadonlyMap<string, { readonly text: string; readonly type: string }> = new Map([
  ["style.css", { text: STYLE, type: "text/css; charset=utf-8" }],
  ["icon.svg", { text: ICON, type: "image/svg+xml" }],
  ...Object.entries({ ...SCRIPTS, ...TERMINAL_SCRIPTS }).map(([name, text]) =>
    [name, { text, type: "text/javascript; charset=utf-8" }] as const
  ),
]);

/** `GET /assets/{name}`. */
export function createAssetRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/assets/:name", (c) => {
    const name = c.req.param("name");
    const hashed = terminalFile(name);
    const known = hashed ?? FILES.get(name);
    if (known === undefined) return new Response("not found\n", { status: 404 });
    return new Response(known.text, {
      headers: {
        "content-type": known.type,
        "cache-control": hashed === undefined ? "no-cache" : "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
      },
    });
  });
  return app;
}
