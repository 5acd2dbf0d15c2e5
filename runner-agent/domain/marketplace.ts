/**
 * By which token a plugin of a job is fetched (Line 2.7, `marketplaceTokens`). Pure.
 *
 * 1. A token is for one authority, `host` or `host:port`, and where it has an `upstreamPrefix` for what is below that path, by
 *    whole segments; the longest prefix counts.
 * 2. A server of the reference's sends the token itself (`bearer`; an empty one means none); a line of ours names a credential
 *    of the runner's. Either is sent over https, or to a loopback address.
 */
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { authorizationOf, coversAddress, isSafeForToken } from "./credential.ts";

/** As it is sent. */
export interface MarketplaceAccess {
  readonly authority: string;
  readonly upstreamPrefix?: string | undefined;
  readonly credential?: string | undefined;
  readonly bearer?: string | undefined;
}

export type PluginAccess =
  | { readonly kind: "authorization"; readonly authorization: string }
  | { readonly kind: "credential"; readonly credential: string };

/** Null: no token is for this source, and it is fetched as any other repository. The error is for people. */
export function pluginAccess(work: AgentDefinition, sourceUrl: string): Result<PluginAccess | null, string> {
  const url = URL.parse(sourceUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) return ok(null);
  const tokens: readonly MarketplaceAccess[] = work.marketplaceTokens ?? [];
  const [found] = tokens.filter((one) => isFor(one, url))
    .sort((a, b) => (b.upstreamPrefix ?? "").length - (a.upstreamPrefix ?? "").length);
  if (found === undefined) return ok(null);
  const { bearer = "", credential = "" } = found;
  if (bearer === "" && credential === "") return ok(null);
  if (!isSafeForToken(url)) return err("its address must be an https one: a token is not sent in clear");
  if (bearer === "") return ok({ kind: "credential", credential });
  if (!coversAddress(url.origin, sourceUrl) || !/^[\x21-\x7e]+$/.test(bearer)) {
    return err("its marketplace's token cannot be sent there");
  }
  return ok({ kind: "authorization", authorization: authorizationOf("bearer", bearer) });
}

function isFor({ authority, upstreamPrefix = "" }: MarketplaceAccess, url: URL): boolean {
  const named = URL.parse(/^https?:\/\//i.test(authority) ? authority : `${url.protocol}//${authority}`);
  if (named === null || named.host !== url.host) return false;
  if (upstreamPrefix === "") return true;
  const prefix = URL.parse(upstreamPrefix, `${url.origin}/`);
  if (prefix === null || prefix.host !== url.host) return false;
  const wanted = prefix.pathname.split("/").filter((part) => part !== "");
  const parts = url.pathname.split("/").filter((part) => part !== "");
  return wanted.every((part, n) => parts[n] === part);
}
