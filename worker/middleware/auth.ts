/**
 * Says who calls (design S1). The admin token is compared here, in constant time over hashes; the token of a run is
 * proven here by its MAC, and whether the run is still active is the queue's to say; any other bearer is passed on as
 * its hash, for the project's queue to look up in the same turn as it decides. Git clients may send
 * the token as a Basic password with any user name (pick A18); browsers keep such a password and send it along, so
 * what another site starts with it changes nothing.
 */
import { timingSafeEqual } from "node:crypto";
import type { Caller } from "../domain/caller.ts";
import { deriveRunKey, isRunTokenText, readRunToken } from "../domain/run_token.ts";
import { isTokenText, namesOtherProject, tokenHash } from "../domain/token.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { guard } from "./guard.ts";
import { isGateBearer } from "./session.ts";
import { isChange, pageOf, refuseCrossSite } from "./own_page.ts";

const OWNER_PROJECT = /^\/api\/(?:owners\/([^/]+)\/projects\/([^/]+)|git\/([^/]+)\/([^/]+))/;

/** Sets `c.var.caller`. Never refuses a missing token: public pages have none; a malformed one is refused. */
export function auth() {
  return guard((c) => {
    const header = c.req.header("authorization");
    // A gate's link says what may be answered; who is signed in beside it stays who they are.
    if (header === undefined || (isGateBearer(header) && c.get("caller") !== undefined)) {
      if (c.get("caller") === undefined) c.set("caller", { kind: "nobody" });
      return null;
    }
    const token = bearerOf(header);
    if (token === null) {
      return refusalResponse(
        refusal(
          401,
          "malformed_authorization",
          "Cannot read the Authorization header: expected 'Bearer TOKEN', or 'Basic' with the token as password",
        ),
      );
    }
    // A browser that was once given a Basic password sends it along with what any site starts.
    if (!/^\s*bearer\s/i.test(header) && isChange(c) && pageOf(c) === "other") return refuseCrossSite();
    c.set("caller", callerOf(token, c.env.SHOPFLOOR_ADMIN_TOKEN, projectIn(c.req.path)));
    return null;
  });
}

/** The token in an Authorization header; null if there is none. */
export function bearerOf(header: string): string | null {
  const [scheme, value, ...rest] = header.trim().split(/\s+/);
  if (scheme === undefined || value === undefined || rest.length > 0) return null;
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return null;
  try {
    const text = atob(value);
    const colon = text.indexOf(":");
    return colon < 0 || colon === text.length - 1 ? null : text.slice(colon + 1);
  } catch {
    return null;
  }
}

/** A project, as a path or somebody else names it. */
interface NamedProject {
  readonly owner: string | undefined;
  readonly project: string | undefined;
}

/** The project that a path is below, as far as it says. */
export function projectIn(path: string): NamedProject {
  const match = OWNER_PROJECT.exec(path);
  return { owner: match?.[1] ?? match?.[3], project: match?.[2] ?? match?.[4] };
}

/** Who calls with a token, about a project that is known; without one only the admin is proven. */
export function callerOf(
  token: string,
  adminToken: string | undefined,
  { owner, project }: NamedProject,
): Caller {
  const hash = tokenHash(token);
  const isAdmin = adminToken !== undefined && timingSafeEqual(ENCODER.encode(hash), adminHashOf(adminToken));
  if (isAdmin) return { kind: "admin", via: "token" };
  if (!isTokenText(token)) return { kind: "nobody" };
  const isOtherProject = owner !== undefined && project !== undefined &&
    namesOtherProject(token, owner, project);
  if (isOtherProject || !isRunTokenText(token)) return { kind: "token", hash, isOtherProject };
  if (owner === undefined || project === undefined || !adminToken) return { kind: "nobody" };
  const proven = readRunToken(token, runKeyOf(adminToken), owner, project);
  return proven === null
    ? { kind: "nobody" }
    : { kind: "run_token", token: proven.kind, runId: proven.runId };
}

const ENCODER = new TextEncoder();
let adminHash: { readonly of: string; readonly hash: Uint8Array } | null = null;

/** Hashed once, as {@link runKeyOf} is derived once. */
function adminHashOf(adminToken: string): Uint8Array {
  if (adminHash?.of !== adminToken) {
    adminHash = { of: adminToken, hash: ENCODER.encode(tokenHash(adminToken)) };
  }
  return adminHash.hash;
}

let runKey: { readonly of: string; readonly key: Uint8Array } | null = null;

/** Derived once: the admin token is the same for every request. */
function runKeyOf(adminToken: string): Uint8Array {
  if (runKey?.of !== adminToken) runKey = { of: adminToken, key: deriveRunKey(adminToken) };
  return runKey.key;
}
