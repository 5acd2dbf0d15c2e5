/**
 * A router that remembers where the newest paths of the API lead: runners and submitters send the same few again and again,
 * and walking through all routes for each costs more than authorising it. What a path leads to never changes, as routes
 * are added before the first request.
 *
 * Only paths of projects are remembered: those that people open may hold the secret of a link.
 */
import type { Result, Router } from "hono/router";
import { SmartRouter } from "hono/router/smart-router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { TrieRouter } from "hono/router/trie-router";
import { REPEATED_PATH_MAX_CHARS, REPEATED_PATHS_MAX } from "./limits.ts";

/** To be given to Hono: its own choice of routers, with a memory. */
export function createRouter<T>(): Router<T> {
  const inner = new SmartRouter<T>({ routers: [new RegExpRouter(), new TrieRouter()] });
  const known = new Map<string, Map<string, Result<T>>>();
  return {
    name: "repeated paths",
    add: (method, path, handler) => inner.add(method, path, handler),
    match(method, path) {
      let ofMethod = known.get(method);
      const remembered = ofMethod?.get(path);
      if (remembered !== undefined) return remembered;
      const result = inner.match(method, path);
      if (!path.startsWith("/api/owners/") || path.length > REPEATED_PATH_MAX_CHARS) return result;
      if (ofMethod === undefined) known.set(method, ofMethod = new Map());
      if (ofMethod.size >= REPEATED_PATHS_MAX) ofMethod.clear();
      ofMethod.set(path, result);
      return result;
    },
  };
}
