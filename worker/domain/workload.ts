/**
 * Workflows of GitHub that act by themselves, without a token of ours (Line 4.1, 4.2): GitHub vouches for each run of one
 * by a token of OpenID Connect. It is for a project, or for one line, as its audience says; which repositories may is
 * `SHOPFLOOR_OIDC_TRUST`. Read at each request.
 *
 * Pure; the signature is looked at by `middleware/workload.ts`.
 */
import type { LineId } from "../../protocol/ids.ts";
import { isName } from "../../protocol/ids.ts";
import type { Scope } from "../../protocol/line/token.ts";

export interface WorkloadVariables {
  readonly SHOPFLOOR_OIDC_TRUST?: string;
  readonly SHOPFLOOR_OIDC_ISSUER?: string;
}

/** Whom to believe. */
export interface WorkloadWay {
  /** Without a trailing slash. */
  readonly issuer: string;
  readonly rules: readonly TrustRule[];
}

/** Workflows of a repository, on a ref or on any, may act in a project. */
interface TrustRule {
  readonly repository: string;
  readonly ref: string | null;
  readonly project: string;
}

/** A workflow that may, and what. */
export interface Workload {
  /** `oidc:{repository}`, as the audit has it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly lineId: LineId | null;
  readonly expiresAtMs: number;
}

const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";
/** Clocks of two machines differ by less. */
const SKEW_MS = 60_000;
const RULE =
  /^([a-z0-9_.-]+\/(?:\*|[a-z0-9_.-]+))(?:@(refs\/[^\s,=*]+\*?))?=([a-z0-9_.-]+\/(?:\*|[a-z0-9_.-]+))$/i;
const OF_LINE: readonly Scope[] = ["tasks:read", "tasks:write", "runs:dispatch"];
const OF_PROJECT: readonly Scope[] = [...OF_LINE, "runners:write"];

/**
 * Reads `octo/app=acme/site, octo/app@refs/heads/main=acme/*`. Null: off, as nobody is trusted. One entry that cannot be
 * read refuses them all, as with roles.
 */
export function readWorkloads(variables: WorkloadVariables): WorkloadWay | null {
  const entries = (variables.SHOPFLOOR_OIDC_TRUST ?? "").split(",").map((part) => part.trim())
    .filter((part) => part !== "");
  const rules: TrustRule[] = [];
  for (const entry of entries) {
    const match = RULE.exec(entry);
    if (match === null) return null;
    const [, repository = "", ref, project = ""] = match;
    rules.push({ repository: repository.toLowerCase(), ref: ref ?? null, project });
  }
  const given = (variables.SHOPFLOOR_OIDC_ISSUER ?? "").trim().replace(/\/+$/, "");
  const issuer = given === "" ? GITHUB_ISSUER : given;
  const isHere = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|$)/.test(issuer);
  return rules.length > 0 && (issuer.startsWith("https://") || isHere) ? { issuer, rules } : null;
}

/** What the claims of a token that the issuer signed let their workflow do in a project; null: nothing. */
export function workloadOf(
  claims: unknown,
  way: WorkloadWay,
  at: {
    readonly baseUrl: string;
    readonly owner: string;
    readonly project: string;
    readonly nowMs: number;
  },
): Workload | null {
  if (typeof claims !== "object" || claims === null) return null;
  const { iss, aud, exp, nbf, repository, ref } = claims as Readonly<Record<string, unknown>>;
  const { nowMs } = at;
  if (iss !== way.issuer || typeof aud !== "string" || typeof repository !== "string") return null;
  if (typeof exp !== "number" || nowMs >= exp * 1_000 + SKEW_MS) return null;
  if (nbf !== undefined && (typeof nbf !== "number" || nowMs < nbf * 1_000 - SKEW_MS)) return null;
  const place = `${at.owner}/${at.project}`;
  const isTrusted = way.rules.some((rule) =>
    covers(rule.repository, repository.toLowerCase()) && covers(rule.project, place) &&
    (rule.ref === null || (typeof ref === "string" && covers(rule.ref, ref)))
  );
  if (!isTrusted) return null;
  const common = { name: `oidc:${repository}`, expiresAtMs: exp * 1_000 + SKEW_MS };
  const audience = `${at.baseUrl}/p/${place}`;
  if (aud === audience) return { ...common, scopes: OF_PROJECT, lineId: null };
  const lineId = aud.startsWith(`${audience}/`)
    ? /^(?:assembly-lines|lines)\/([^/]+)$/.exec(aud.slice(audience.length + 1))?.[1]
    : undefined;
  if (lineId === undefined || !isName(lineId)) return null;
  return { ...common, scopes: OF_LINE, lineId: lineId as LineId };
}

/** A pattern may end with `*`. */
function covers(pattern: string, text: string): boolean {
  return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
