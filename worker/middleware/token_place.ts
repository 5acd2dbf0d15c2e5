/**
 * Which project a token is of, where the path names none: its text has the project's tag, and R2 has under that tag which
 * project it is (`objects/project_place.ts`). A tag proves nothing: what a token may is asked of the project.
 */
import type { MiddlewareHandler } from "hono";
import type { AppEnv, PlacedCaller } from "../app_env.ts";
import type { Env } from "../env.ts";
import { projectOfPlaceKey, projectPlacesPrefix, tagOfToken } from "../domain/token.ts";
import { TOKEN_PLACE_AGAIN_MS, TOKEN_PLACES_KNOWN_MAX } from "../limits.ts";
import { bearerOf, callerOf } from "./auth.ts";
import { guard } from "./guard.ts";

type TokenPlace = Pick<PlacedCaller, "owner" | "project">;

interface Known {
  readonly places: readonly TokenPlace[];
  readonly askedAtMs: number;
}

/** What is found once stays so; in memory, another instance asks for itself. */
const known = new Map<string, Known>();
/** Two projects with one tag are one in four thousand millions. */
const PLACES_MAX = 8;

/** Sets `c.var.callersOf`. Expects that a header which cannot be read was refused before. */
export function tokenPlace(nowMs: () => number = Date.now): MiddlewareHandler<AppEnv> {
  return guard((c) => {
    const header = c.req.header("authorization");
    c.set("callersOf", async (tokenOfQuery) => {
      const token = header === undefined ? tokenOfQuery ?? null : bearerOf(header);
      if (token === null) return [];
      const places = await placesOfToken(c.env, token, nowMs());
      return places.map((at) => ({ ...at, caller: callerOf(token, c.env.SHOPFLOOR_ADMIN_TOKEN, at) }));
    });
    return null;
  });
}

/** The projects that the token may be of: one, as a rule. Empty: it is none of ours. */
async function placesOfToken(
  env: Pick<Env, "BLOBS">,
  token: string,
  nowMs: number,
): Promise<readonly TokenPlace[]> {
  const tag = tagOfToken(token);
  if (tag === null) return [];
  const before = known.get(tag);
  // A made-up tag must not make a request of ours for each of theirs.
  const isFresh = before !== undefined &&
    (before.places.length > 0 || nowMs - before.askedAtMs < TOKEN_PLACE_AGAIN_MS);
  if (isFresh) return before.places;
  const { objects } = await env.BLOBS.list({ prefix: projectPlacesPrefix(tag), limit: PLACES_MAX });
  const places = objects.map(({ key }) => projectOfPlaceKey(key)).filter((place) => place !== null);
  if (known.size >= TOKEN_PLACES_KNOWN_MAX) known.delete(known.keys().next().value!);
  known.set(tag, { places, askedAtMs: nowMs });
  return places;
}
